// Random sequences of everything that the Disk door offers, on both of its sides: whatever is read
// is explained by a plain model of what was committed and what can be durable.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "properties/disk_model.h"
#include "properties/disk_side.h"
#include "sim/chooser.h"

namespace vordb::properties {
namespace {

// One shard's share of the random case: it alone writes its keys, so what may be read of them is
// one of the states that its batches lead through, between what was durable when the read began and
// what could be when it ended.
struct Lane {
  std::vector<DiskModel> states{DiskModel(DiskSide::kFamilies)};
  size_t handed_over = 0;                            // batches whose turn has ended
  size_t durable = 0;                                // batches that a read or an event has shown
  std::vector<std::pair<SnapshotId, size_t>> views;  // with what was durable at least
};

struct RandomRun {
  DiskSide& side;
  sim::Chooser chooser;
  Lane lanes[DiskSide::kShards];
  size_t under_way = 0;

  static std::string prefix(uint16_t shard) { return shard == 0 ? "a" : "b"; }

  void commit(uint16_t shard) {
    Lane& lane = lanes[shard];
    const Batch batch = random_batch(chooser, DiskSide::kFamilies, prefix(shard));
    lane.states.push_back(lane.states.back());
    lane.states.back().apply(batch);
    side.disk(shard).commit(ActorId{}, lane.states.size() - 1, batch);
  }

  void end_turn(uint16_t shard) {
    Lane& lane = lanes[shard];
    side.disk(shard).end_turn();
    under_way += lane.states.size() - 1 - lane.handed_over;
    lane.handed_over = lane.states.size() - 1;
  }

  void take_event() {
    const DiskSide::Event event = side.next_event();
    Lane& lane = lanes[event.shard];
    CHECK(event.event.op <= lane.handed_over);
    lane.durable = std::max<size_t>(lane.durable, event.event.op);
    --under_way;
  }

  void read(uint16_t reader, uint16_t shard) {
    Lane& lane = lanes[shard];
    const ReadRequest request = random_read(chooser, DiskSide::kFamilies, prefix(shard));
    const ReadResult result = side.read(reader, request);
    size_t at = lane.durable;
    while (at <= lane.handed_over && !equal(lane.states[at].read(request), result)) ++at;
    CHECK(at <= lane.handed_over);
    lane.durable = std::min(at, lane.handed_over);
  }

  void open_view(uint16_t shard) {
    lanes[shard].views.emplace_back(side.disk(shard).open_snapshot(), lanes[shard].durable);
  }

  // The same view, read twice in different ways, shows one state.
  void close_view(uint16_t shard) {
    Lane& lane = lanes[shard];
    if (lane.views.empty()) return;
    const auto [view, durable] = lane.views.back();
    lane.views.pop_back();
    std::vector<std::pair<ReadRequest, ReadResult>> reads;
    for (int i = 0; i < 4; ++i) {
      ReadRequest request = random_read(chooser, DiskSide::kFamilies, prefix(shard));
      request.snapshot = view;
      reads.emplace_back(request, side.read(shard, request));
    }
    bool explained = false;
    for (size_t at = durable; at <= lane.handed_over && !explained; ++at) {
      explained = std::all_of(reads.begin(), reads.end(), [&](const auto& read) {
        return equal(lane.states[at].read(read.first), read.second);
      });
    }
    CHECK(explained);
    side.disk(shard).close_snapshot(view);
  }

  void settle() {
    for (uint16_t shard = 0; shard < DiskSide::kShards; ++shard) end_turn(shard);
    while (under_way != 0) take_event();
    for (Lane& lane : lanes) CHECK(lane.durable == lane.handed_over);
  }

  void step() {
    const uint16_t shard = uint16_t(chooser.below(DiskSide::kShards));
    switch (chooser.below(12)) {
      case 0:
      case 1:
      case 2:
        return commit(shard);
      case 3:
      case 4:
        return end_turn(shard);
      case 5:
        if (under_way != 0) take_event();
        return;
      case 6:
        return open_view(shard);
      case 7:
        return close_view(shard);
      case 8:
        if (chooser.below(20) != 0) return;
        settle();
        for (Lane& lane : lanes) lane.views.clear();
        return side.reopen();
      default:
        return read(uint16_t(chooser.below(DiskSide::kShards)), shard);
    }
  }
};

TEST_CASE("disk: random sequences of everything agree with a plain model") {
  uint64_t seed = 0;
  for (const auto& each : make_all_sides()) {
    DiskSide& side = *each;
    INFO("side: " << side.name());
    RandomRun run{side, sim::Chooser(++seed), {}, 0};
    for (int i = 0; i < 1500; ++i) run.step();
    run.settle();
    for (Family family = 0; family < DiskSide::kFamilies; ++family) {
      std::vector<Record> expected;
      for (const Lane& lane : run.lanes) {
        const std::vector<Record> records = lane.states.back().all(family);
        expected.insert(expected.end(), records.begin(), records.end());
      }
      CHECK(side.all(0, family) == expected);
    }
  }
}

}  // namespace
}  // namespace vordb::properties
