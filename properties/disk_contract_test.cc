// The contract of the Disk door (core/env/disk.h, core/env/batch.h), held against both of its
// sides: each case runs on the simulated disk with several seeds, and on RocksDB with both
// durabilities.
#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "properties/disk_model.h"
#include "properties/disk_side.h"
#include "sim/chooser.h"

namespace vordb::properties {
namespace {

constexpr Family kA = 1;
constexpr Family kB = 2;

void on_each_side(const std::function<void(DiskSide&)>& check) {
  for (const auto& side : make_all_sides()) {
    INFO("side: " << side->name());
    check(*side);
  }
}

Batch puts(Family family, const std::vector<Record>& records) {
  Batch batch;
  for (const Record& record : records) batch.put(family, record.key, record.value);
  return batch;
}

std::vector<Record> point(DiskSide& side, Family family, std::string key, SnapshotId view = 0) {
  const ReadResult result = side.read(0, DiskSide::point(family, std::move(key), view));
  CHECK(result.status.ok());
  CHECK_FALSE(result.more);
  return result.records;
}

TEST_CASE("disk: what was committed is read back after its event") {
  on_each_side([](DiskSide& side) {
    side.commit_and_wait(0, puts(kA, {{"k", "v"}}));
    CHECK(point(side, kA, "k") == std::vector<Record>{{"k", "v"}});
    CHECK(side.disk(0).read_at_start(DiskSide::point(kA, "k")).records.size() == 1);
  });
}

TEST_CASE("disk: an absent key has no record, an empty value has one") {
  on_each_side([](DiskSide& side) {
    side.commit_and_wait(0, puts(kA, {{"empty", ""}}));
    CHECK(point(side, kA, "absent").empty());
    CHECK(point(side, kA, "empty") == std::vector<Record>{{"empty", ""}});
  });
}

TEST_CASE("disk: a turn that has not ended is not written") {
  on_each_side([](DiskSide& side) {
    side.disk(0).commit(ActorId{}, 1, puts(kA, {{"held", "x"}}));
    side.commit_and_wait(1, puts(kA, {{"other", "y"}}));
    CHECK(point(side, kA, "held").empty());
    side.disk(0).end_turn();
    CHECK(side.next_event().event.op == 1);
    CHECK(point(side, kA, "held").size() == 1);
  });
}

TEST_CASE("disk: an event names its shard, actor and operation") {
  on_each_side([](DiskSide& side) {
    const ActorId vnode{ActorKind::kVnode, 0, {3, 77}};
    side.disk(1).commit(vnode, 42, puts(kA, {{"k", "v"}}));
    side.disk(1).end_turn();
    const DiskSide::Event event = side.next_event();
    CHECK(event.shard == 1);
    CHECK(event.event.kind == DiskEvent::Kind::kCommitted);
    CHECK(event.event.actor == vnode);
    CHECK(event.event.op == 42);
  });
}

TEST_CASE("disk: the batches of a shard become durable in order, with one event each") {
  on_each_side([](DiskSide& side) {
    for (OpId op = 1; op <= 60; ++op) {
      const Batch batch = puts(kA, {{"last", std::to_string(op)}});
      side.disk(0).commit(ActorId{}, op, batch);
      if (op % 3 == 0) side.disk(0).end_turn();
    }
    for (OpId op = 1; op <= 60; ++op) {
      CHECK(side.next_event().event.op == op);
      // Later ones may be there already, this one must be.
      CHECK(std::stoull(point(side, kA, "last").at(0).value) >= op);
    }
    CHECK(point(side, kA, "last").at(0).value == "60");
  });
}

TEST_CASE("disk: the writes of a batch take effect in their order") {
  on_each_side([](DiskSide& side) {
    Batch batch;
    batch.put(kA, "k", "first");
    batch.erase(kA, "k");
    batch.put(kA, "k", "second");
    batch.put(kA, "m", "gone");
    batch.erase_range(kA, "l", "n");
    batch.put(kA, "ma", "stays");
    side.commit_and_wait(0, batch);
    CHECK(side.all(0, kA) == std::vector<Record>{{"k", "second"}, {"ma", "stays"}});
  });
}

TEST_CASE("disk: a batch is shown as a whole, over families") {
  on_each_side([](DiskSide& side) {
    for (OpId op = 1; op <= 40; ++op) {
      Batch batch;
      for (const Family family : {kMetaFamily, kA, kB}) {
        batch.put(family, "n", std::to_string(op));
      }
      side.commit(0, op, batch);
      const SnapshotId view = side.disk(1).open_snapshot();
      std::vector<std::string> values;
      for (const Family family : {kMetaFamily, kA, kB}) {
        const ReadResult read = side.read(1, DiskSide::point(family, "n", view));
        values.push_back(read.records.empty() ? "" : read.records[0].value);
      }
      CHECK(values[0] == values[1]);
      CHECK(values[1] == values[2]);
      side.disk(1).close_snapshot(view);
      CHECK(side.next_event().event.op == op);
    }
  });
}

TEST_CASE("disk: families do not see each other's keys") {
  on_each_side([](DiskSide& side) {
    for (Family family = 0; family < DiskSide::kFamilies; ++family) {
      side.commit_and_wait(0, puts(family, {{"k", std::to_string(family)}}));
    }
    Batch batch;
    batch.erase_range(kB, "", "\xff");
    side.commit_and_wait(0, batch);
    CHECK(point(side, kMetaFamily, "k").at(0).value == "0");
    CHECK(point(side, kA, "k").at(0).value == "1");
    CHECK(point(side, kB, "k").empty());
  });
}

TEST_CASE("disk: a shard reads what another one committed") {
  on_each_side([](DiskSide& side) {
    side.commit_and_wait(1, puts(kA, {{"k", "of 1"}}));
    CHECK(side.read(0, DiskSide::point(kA, "k")).records.at(0).value == "of 1");
  });
}

TEST_CASE("disk: an empty batch gets its event") {
  on_each_side([](DiskSide& side) {
    side.commit(0, 1, Batch());
    side.commit(0, 2, puts(kA, {{"k", "v"}}));
    CHECK(side.next_event().event.op == 1);
    CHECK(side.next_event().event.op == 2);
    side.disk(0).end_turn();
  });
}

TEST_CASE("disk: a range is in byte order, from its begin to before its end") {
  on_each_side([](DiskSide& side) {
    using namespace std::string_literals;
    const std::vector<Record> records = {{"", "e"},   {"\0"s, "0"},  {"a", "1"},    {"a\0"s, "2"},
                                         {"aa", "3"}, {"\x7f", "4"}, {"\x80", "5"}, {"\xff", "6"}};
    std::vector<Record> mixed = records;
    std::reverse(mixed.begin(), mixed.end());
    side.commit_and_wait(0, puts(kA, mixed));
    CHECK(side.all(0, kA) == records);
    const auto keys = [&](std::string begin, std::string end) {
      std::string all;
      for (const Record& record : side.read(0, DiskSide::range(kA, begin, end)).records) {
        all += record.value;
      }
      return all;
    };
    CHECK(keys("a", "aa") == "12");
    CHECK(keys("a\0"s, "\x80") == "234");
    CHECK(keys("b", "c") == "");
    CHECK(keys("\x80", "a") == "");
    CHECK(keys("a", "a") == "");
  });
}

TEST_CASE("disk: a limit of records ends a range, and `more` says whether it had to") {
  on_each_side([](DiskSide& side) {
    side.commit_and_wait(0, puts(kA, {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}}));
    const auto read = [&](uint32_t limit) {
      ReadRequest request = DiskSide::range(kA, "a", "d");
      request.limit_records = limit;
      const ReadResult result = side.read(0, request);
      CHECK(result.status.ok());
      return std::make_pair(result.records.size(), result.more);
    };
    CHECK(read(0) == std::make_pair(size_t{0}, true));
    CHECK(read(2) == std::make_pair(size_t{2}, true));
    CHECK(read(3) == std::make_pair(size_t{3}, false));
    CHECK(read(4) == std::make_pair(size_t{3}, false));
  });
}

TEST_CASE("disk: a limit of bytes ends a range after the record that reaches it") {
  on_each_side([](DiskSide& side) {
    const std::string value(9, 'v');  // with a key of one byte: 10 a record
    side.commit_and_wait(0, puts(kA, {{"a", value}, {"b", value}, {"c", value}}));
    const auto read = [&](uint64_t limit) {
      ReadRequest request = DiskSide::range(kA, "a", "z");
      request.limit_bytes = limit;
      const ReadResult result = side.read(0, request);
      return std::make_pair(result.records.size(), result.more);
    };
    CHECK(read(1) == std::make_pair(size_t{1}, true));
    CHECK(read(10) == std::make_pair(size_t{1}, true));
    CHECK(read(11) == std::make_pair(size_t{2}, true));
    CHECK(read(30) == std::make_pair(size_t{3}, false));
  });
}

TEST_CASE("disk: an erased range ends before its end, and an inverted one erases nothing") {
  on_each_side([](DiskSide& side) {
    side.commit_and_wait(0, puts(kA, {{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}}));
    Batch batch;
    batch.erase_range(kA, "d", "a");
    batch.erase_range(kA, "c", "c");
    batch.erase_range(kA, "b", "d");
    side.commit_and_wait(0, batch);
    CHECK(side.all(0, kA) == std::vector<Record>{{"a", ""}, {"d", ""}});
    side.commit_and_wait(0, puts(kA, {{"bb", "new"}}));
    side.reopen();
    CHECK(side.all(0, kA) == std::vector<Record>{{"a", ""}, {"bb", "new"}, {"d", ""}});
  });
}

TEST_CASE("disk: a snapshot stays as it was, others and now move on") {
  on_each_side([](DiskSide& side) {
    side.commit_and_wait(0, puts(kA, {{"k", "1"}, {"x", "1"}}));
    const SnapshotId first = side.disk(0).open_snapshot();
    side.commit_and_wait(0, puts(kA, {{"k", "2"}}));
    const SnapshotId second = side.disk(0).open_snapshot();
    Batch batch;
    batch.erase_range(kA, "", "\xff");
    side.commit_and_wait(0, batch);
    CHECK(first != 0);
    CHECK(first != second);
    CHECK(point(side, kA, "k", first).at(0).value == "1");
    CHECK(point(side, kA, "k", second).at(0).value == "2");
    CHECK(side.read(0, DiskSide::range(kA, "", "z", first)).records.size() == 2);
    CHECK(side.all(0, kA).empty());
    side.disk(0).close_snapshot(first);
    CHECK(point(side, kA, "k", second).at(0).value == "2");
    side.disk(0).close_snapshot(second);
  });
}

TEST_CASE("disk: a snapshot shows nothing of what was not durable when it was opened") {
  on_each_side([](DiskSide& side) {
    side.disk(0).commit(ActorId{}, 1, puts(kA, {{"k", "held"}}));
    const SnapshotId view = side.disk(0).open_snapshot();
    side.disk(0).end_turn();
    CHECK(side.next_event().event.op == 1);
    CHECK(point(side, kA, "k", view).empty());
    CHECK(point(side, kA, "k").size() == 1);
    side.disk(0).close_snapshot(view);
  });
}

TEST_CASE("disk: what is durable is there after reopening, again and again") {
  on_each_side([](DiskSide& side) {
    sim::Chooser chooser(5);
    DiskModel model(DiskSide::kFamilies);
    for (int round = 0; round < 4; ++round) {
      for (int i = 0; i < 20; ++i) {
        const Batch batch = random_batch(chooser, DiskSide::kFamilies, "k");
        side.commit_and_wait(uint16_t(i % DiskSide::kShards), batch);
        model.apply(batch);
      }
      side.reopen();
      for (Family family = 0; family < DiskSide::kFamilies; ++family) {
        CHECK(side.all(1, family) == model.all(family));
      }
    }
  });
}

TEST_CASE("disk: what is committed at the start is durable at once") {
  on_each_side([](DiskSide& side) {
    CHECK(side.disk(0).commit_at_start(puts(kA, {{"boot", "1"}})).ok());
    CHECK(side.disk(0).read_at_start(DiskSide::point(kA, "boot")).records.size() == 1);
    side.reopen();
    CHECK(point(side, kA, "boot").at(0).value == "1");
  });
}

TEST_CASE("disk: large values and large batches") {
  on_each_side([](DiskSide& side) {
    const std::string large(3 << 20, 'L');
    side.commit_and_wait(0, puts(kA, {{"large", large}}));
    Batch batch;
    for (int i = 0; i < 5000; ++i) batch.put(kB, std::to_string(100'000 + i), "v");
    side.commit_and_wait(0, batch);
    side.reopen();
    CHECK(point(side, kA, "large").at(0).value == large);
    CHECK(side.all(0, kB).size() == 5000);
    ReadRequest page = DiskSide::range(kB, "100100", "2");
    page.limit_records = 1000;
    const ReadResult read = side.read(0, page);
    CHECK(read.records.size() == 1000);
    CHECK(read.records.front().key == "100100");
    CHECK(read.records.back().key == "101099");
    CHECK(read.more);
  });
}

TEST_CASE("disk: a read that must wait comes later, and both ways occur") {
  on_each_side([](DiskSide& side) {
    side.commit_and_wait(0, puts(kA, {{"k", "v"}}));
    uint64_t at_once = 0;
    for (int i = 0; i < 40; ++i) {
      // On RocksDB, reopening empties the block cache.
      if (i == 20) side.reopen();
      const uint64_t late = side.late_reads();
      CHECK(point(side, kA, "k") == std::vector<Record>{{"k", "v"}});
      if (side.late_reads() == late) ++at_once;
    }
    CHECK(side.late_reads() > 0);
    CHECK(at_once > 0);
  });
}

TEST_CASE("disk: there is space on a device that has space") {
  on_each_side([](DiskSide& side) { CHECK(side.disk(0).free_space() == FreeSpace::kEnough); });
}

}  // namespace
}  // namespace vordb::properties
