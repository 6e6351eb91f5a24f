// The bytes of a record: what is written is read again, and what was cut, changed or is something
// else is refused with its place.
#include "sim/record.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sim/record_frame.h"

namespace vordb::sim {
namespace {

constexpr Stream kStreams[] = {
    {StreamKind::kClient, 3}, {StreamKind::kWorld, 0}, {StreamKind::kLink, 4'000'000}};

struct Written {
  std::vector<Drawn> drawn;
  std::vector<size_t> ends;  // of each call of `out`, in bytes
  std::string bytes;
};

// `decisions` of three streams, a mark, and an end.
Written written(uint64_t decisions) {
  Written written;
  RecordWriter writer({R"({"name": "x"})", UINT64_MAX}, [&](std::string_view frame) {
    written.bytes += frame;
    written.ends.push_back(written.bytes.size());
  });
  Chooser chooser(1);
  for (uint64_t number = 0; number < decisions; ++number) {
    Drawn drawn{number, number / 3, kStreams[number % 3], Decision::kNodeRandom, 0, chooser.bits()};
    if (number % 3 != 0) {
      drawn.bound = 1 + chooser.below(1000);
      drawn.value = chooser.below(drawn.bound);
      drawn.decision = Decision::kOperatorDelay;
    }
    written.drawn.push_back(drawn);
    writer.drawn(drawn);
  }
  writer.mark({1000, {5, UINT64_MAX}});
  writer.finish({1234, decisions, {UINT64_MAX, 7}, RunOutcome::kUnderTested});
  return written;
}

std::string why_not(std::string_view bytes) {
  const auto record = read_record(bytes);
  return record.ok() ? "" : std::string(record.status().message());
}

bool says(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

TEST_CASE("record: what is written is read again") {
  for (const uint64_t decisions : {0, 1, 20, 100'000}) {
    const Written run = written(decisions);
    const auto record = read_record(run.bytes);
    REQUIRE_MESSAGE(record.ok(), record.status().ToString());
    CHECK(record->run.scenario == R"({"name": "x"})");
    CHECK(record->run.seed == UINT64_MAX);
    CHECK(record->marks == std::vector<RecordedMark>{{1000, {5, UINT64_MAX}}});
    CHECK(record->end == RecordedEnd{1234, decisions, {UINT64_MAX, 7}, RunOutcome::kUnderTested});
    CHECK(record->script->whole);
    uint64_t found = 0;
    for (const auto& [stream, drawn] : record->script->streams) {
      for (const Drawn& one : drawn) {
        REQUIRE(one == run.drawn[size_t(one.number)]);
        ++found;
      }
    }
    CHECK(found == decisions);
    CHECK(write_record(*record) == run.bytes);
  }
}

TEST_CASE("record: cut anywhere it is refused, or between frames is a run that was broken off") {
  const Written run = written(20);
  REQUIRE(run.ends.size() == 3);
  for (size_t size = 0; size < run.bytes.size(); ++size) {
    CAPTURE(size);
    const std::string_view cut = std::string_view(run.bytes).substr(0, size);
    if (size == run.ends[0] || size == run.ends[1]) {
      const auto record = read_record(cut);
      REQUIRE(record.ok());
      CHECK_FALSE(record->end.has_value());
      CHECK_FALSE(record->script->whole);
      CHECK(record->script->streams.size() == (size == run.ends[0] ? 0 : 3));
      CHECK(write_record(*record) == cut);
      continue;
    }
    const std::string why = why_not(cut);
    if (size < 8) {
      CHECK_MESSAGE(says(why, "is no record of a run"), why);
    } else {
      CHECK_MESSAGE(says(why, "is cut off"), why);
      if (size > 12) CHECK_MESSAGE(says(why, "at byte " + std::to_string(size)), why);
    }
  }
}

TEST_CASE("record: no flipped bit goes unseen") {
  const Written run = written(20);
  for (size_t at = 0; at < run.bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = run.bytes;
      damaged[at] = char(uint8_t(damaged[at]) ^ (1u << bit));
      const std::string why = why_not(damaged);
      CAPTURE(at);
      CAPTURE(why);
      if (at < 8) {
        CHECK(says(why, "is no record of a run"));
      } else if (at < 12) {
        CHECK(says(why, "is a record of format "));
      } else {
        CHECK((says(why, "is damaged in the frame that begins at byte ") ||
               says(why, "is cut off at byte ")));
      }
    }
  }
}

TEST_CASE("record: what is foreign or makes no sense is refused, whatever its checksums say") {
  CHECK(says(why_not(""), "is no record of a run"));
  CHECK(says(why_not("1 n0/0 boot life=0\n"), "is no record of a run"));
  const std::string head = record_head();
  CHECK(says(why_not(head), "is cut off before it says which run it records"));
  const Written run = written(4);
  const std::string begun = run.bytes.substr(0, run.ends[0]);
  const std::string end = run.bytes.substr(run.ends[1]);
  const auto content = [](std::vector<uint64_t> numbers) {
    std::string content;
    for (const uint64_t number : numbers) append_number(content, number);
    return content;
  };
  const auto block = [&](std::vector<uint64_t> numbers) {
    return why_not(begun + pack_frame(FrameKind::kBlock, content(std::move(numbers))));
  };
  // No stream, no decision, event 0, no mark.
  CHECK(block({0, 0, 0, 0}).empty());
  CHECK(says(block({0, 0, 0}), "another length"));
  CHECK(says(block({0, 0, 0, 0, 0}), "another length"));
  CHECK(says(block({1, 999, 0, 0, 0, 0}), "a stream that there is not"));
  CHECK(says(block({0, 1, 0, 0, 0, 0, 0, 0, 0}), "a stream that there is not"));
  CHECK(says(block({1, 1, 0, 1, 0, 0, 9999, 0, 0, 0, 0}), "a decision that there is not"));
  CHECK(says(block({1, 1, 0, 1, 0, 0, 3, 6, 6, 0, 0}), "decision 0 is not below its bound"));
  CHECK(block({1, 1, 0, 1, 0, 0, 3, 6, 5, 0, 0}).empty());
  CHECK(says(why_not(begun + end), "there were other decisions than it says"));
  CHECK(says(why_not(run.bytes + end), "the record has ended before it"));
  CHECK(says(why_not(begun + begun.substr(head.size())), "it is not where it belongs"));
  CHECK(says(why_not(head + end), "it is not where it belongs"));
  CHECK(says(why_not(begun + pack_frame(FrameKind(9), "")), "nobody knows its kind"));

  // A program that has other decisions.
  std::string other;
  append_text(other, "{}");
  for (const uint64_t number : {1, 1}) append_number(other, number);
  append_text(other, "luck");
  CHECK(
      says(why_not(head + pack_frame(FrameKind::kRun, other)), "no kind of stream is called luck"));
}

TEST_CASE("record: kinds and decisions are found by their names, whatever their numbers were") {
  std::string run;
  append_text(run, "{}");
  append_number(run, 1);
  append_number(run, 1);
  append_text(run, "disk");
  append_number(run, 2);
  append_text(run, "key");
  append_text(run, "rots");
  std::string block;
  for (const uint64_t number : {1, 0, 7, 1, 40, 0, 1, 2, 1, 0, 0}) append_number(block, number);
  const auto record = read_record(record_head() + pack_frame(FrameKind::kRun, run) +
                                  pack_frame(FrameKind::kBlock, block));
  REQUIRE_MESSAGE(record.ok(), record.status().ToString());
  const Stream disk{StreamKind::kDisk, 7};
  CHECK(record->script->streams.at(disk) ==
        std::vector<Drawn>{{0, 40, disk, Decision::kRots, 2, 1}});
}

}  // namespace
}  // namespace vordb::sim
