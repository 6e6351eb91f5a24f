// Histories of one register, good and bad.
#include "sim/register_model.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "sim/chooser.h"

namespace vordb::sim {
namespace {

using Verdict = RegisterModel::Verdict;
constexpr NowBounds kNow{1'000, 1'000};

void put(RegisterModel& model, uint64_t call, Span span, RegisterModel::Deadline deadline = {}) {
  model.put_began(call, span.begin, deadline);
  model.acknowledged(call, span, deadline);
}

void erase(RegisterModel& model, uint64_t call, Span span) {
  model.delete_began(call, span.begin);
  model.acknowledged(call, span, {});
}

TEST_CASE("register: values come from puts") {
  RegisterModel model;
  CHECK(model.read_nothing({1, 2}, kNow) == Verdict::kFits);
  CHECK(model.read_value(7, {3, 4}, kNow) == Verdict::kNeverWritten);
  put(model, 1, {5, 6});
  CHECK(model.read_value(1, {7, 8}, kNow) == Verdict::kFits);
}

TEST_CASE("register: an acknowledged value is not lost") {
  RegisterModel model;
  put(model, 1, {1, 2});
  CHECK(model.last_known(true));
  CHECK(model.read_nothing({3, 4}, kNow) == Verdict::kNoReason);
}

TEST_CASE("register: an overwritten value is stale") {
  RegisterModel model;
  put(model, 1, {1, 2});
  put(model, 2, {3, 4});
  CHECK(model.read_value(1, {5, 6}, kNow) == Verdict::kStale);
}

TEST_CASE("register: reads do not go back in time") {
  RegisterModel model;
  put(model, 1, {1, 2});
  model.put_began(2, 3, {});
  CHECK(model.read_value(2, {4, 5}, kNow) == Verdict::kFits);
  CHECK(model.read_value(1, {6, 7}, kNow) == Verdict::kStale);
}

TEST_CASE("register: concurrent puts end in one order for all readers") {
  RegisterModel model;
  put(model, 1, {1, 10});
  put(model, 2, {1, 10});
  CHECK(model.read_value(2, {11, 12}, kNow) == Verdict::kFits);
  CHECK(model.read_value(2, {13, 14}, kNow) == Verdict::kFits);
  CHECK(model.read_value(1, {15, 16}, kNow) == Verdict::kStale);
}

TEST_CASE("register: a deleted value stays deleted") {
  RegisterModel model;
  put(model, 1, {1, 2});
  erase(model, 2, {3, 4});
  CHECK(model.last_known(false));
  CHECK(model.read_nothing({5, 6}, kNow) == Verdict::kFits);
  CHECK(model.read_value(1, {7, 8}, kNow) == Verdict::kStale);
}

TEST_CASE("register: an absence that was seen forbids the return") {
  RegisterModel model;
  put(model, 1, {1, 2});
  model.delete_began(2, 3);
  CHECK(model.read_nothing({4, 5}, kNow) == Verdict::kFits);
  CHECK(model.read_value(1, {6, 7}, kNow) == Verdict::kStale);
}

TEST_CASE("register: a put of unknown outcome may settle late, but only once") {
  RegisterModel model;
  put(model, 1, {1, 2});
  model.put_began(2, 3, {});
  model.lost_sight(2, kNever, {});
  CHECK(model.has_unknown());
  CHECK(model.read_value(1, {4, 5}, kNow) == Verdict::kFits);
  CHECK(model.read_value(2, {6, 7}, kNow) == Verdict::kFits);
  CHECK(model.read_value(1, {8, 9}, kNow) == Verdict::kStale);
}

TEST_CASE("register: what was under way at a crash took effect before it or never") {
  RegisterModel model;
  put(model, 1, {1, 2});
  model.put_began(2, 3, {});
  model.lost_sight(2, 5, {});
  CHECK(model.read_value(1, {6, 7}, kNow) == Verdict::kFits);
  CHECK(model.read_value(2, {8, 9}, kNow) == Verdict::kStale);
}

TEST_CASE("register: an unknown put from before a later acknowledged one cannot win after it") {
  RegisterModel model;
  model.put_began(1, 1, {});
  model.lost_sight(1, 3, {});
  put(model, 2, {4, 5});
  CHECK(model.read_value(1, {6, 7}, kNow) == Verdict::kStale);
}

TEST_CASE("register: a refused value must not have been seen") {
  RegisterModel model;
  model.put_began(1, 1, {});
  CHECK(model.read_value(1, {2, 3}, kNow) == Verdict::kFits);
  CHECK_FALSE(model.refused(1));
  model.put_began(2, 4, {});
  CHECK(model.refused(2));
  CHECK(model.read_value(2, {5, 6}, kNow) == Verdict::kNeverWritten);
}

TEST_CASE("register: expired is hidden, and not before") {
  RegisterModel model;
  put(model, 1, {1, 2}, {2'000, 2'001});
  CHECK(model.read_nothing({3, 4}, {1'000, 1'000}) == Verdict::kNoReason);
  CHECK(model.read_value(1, {5, 6}, {1'990, 2'010}) == Verdict::kFits);
  CHECK(model.surely_expired({2'002, 2'010}));
  CHECK(RegisterModel(model).read_value(1, {7, 8}, {2'002, 2'010}) == Verdict::kExpired);
  CHECK(model.read_nothing({9, 10}, {2'002, 2'010}) == Verdict::kFits);
  CHECK(model.read_nothing({9, 10}, {2'002, 2'010}) == Verdict::kFits);
  // Whatever the clock shows now.
  CHECK(model.read_value(1, {11, 12}, {1'000, 2'010}) == Verdict::kStale);
}

TEST_CASE("register: data of a dropped bucket stays away") {
  RegisterModel model;
  put(model, 1, {1, 2});
  model.dropped({3, 4}, true);
  CHECK(RegisterModel(model).read_value(1, {5, 6}, kNow) == Verdict::kStale);
  CHECK(model.read_nothing({7, 8}, kNow) == Verdict::kFits);
}

TEST_CASE("register: a listing names what is there") {
  RegisterModel model;
  CHECK_FALSE(model.may_be_there({1, 2}, kNow));
  put(model, 1, {3, 4});
  CHECK(model.may_be_there({5, 6}, kNow));
  CHECK_FALSE(model.may_be_absent({5, 6}, kNow));
  erase(model, 2, {7, 8});
  CHECK_FALSE(model.may_be_there({9, 10}, kNow));
  CHECK(model.may_be_absent({9, 10}, kNow));
}

// Plays random calls against a real register. `lie`: reads now and then show an older value; it
// must be noticed.
bool play(uint64_t seed, bool lie, size_t& largest) {
  Chooser chooser(seed);
  RegisterModel model;
  struct Open {
    uint64_t call;
    int kind;  // 0 delete, 1 put, 2 read
    Step begin;
    bool done;
    uint64_t seen;
  };
  std::vector<Open> open;
  std::vector<uint64_t> past;
  uint64_t truth = 0;
  for (Step step = 1; step <= 300; ++step) {
    if (chooser.below(3) == 0 && open.size() < 5) {
      const int kind = chooser.chance(150'000) ? 0 : int(1 + chooser.below(2));
      open.push_back({step, kind, step, false, 0});
      if (kind == 1) model.put_began(step, step, {});
      if (kind == 0) model.delete_began(step, step);
    } else if (!open.empty()) {
      const size_t at = size_t(chooser.below(open.size()));
      Open& one = open[at];
      if (!one.done) {
        one.done = true;
        if (one.kind < 2) truth = one.kind == 1 ? one.call : 0;
        if (one.kind == 1) past.push_back(truth);
        one.seen = truth;
      } else {
        if (one.kind == 2) {
          // Two values back is surely overwritten only if the puts between ended: the model need
          // not see every lie.
          if (lie && past.size() > 12) one.seen = past[past.size() - 12];
          const Verdict verdict = one.seen == 0
                                      ? model.read_nothing({one.begin, step}, kNow)
                                      : model.read_value(one.seen, {one.begin, step}, kNow);
          if (verdict != Verdict::kFits) return false;
        } else if (chooser.chance(200'000)) {
          model.lost_sight(one.call, step, {});
        } else {
          model.acknowledged(one.call, {one.begin, step}, {});
        }
        open.erase(open.begin() + long(at));
      }
    }
    Step horizon = step;
    for (const Open& one : open) horizon = std::min(horizon, one.begin);
    model.forget_before(horizon);
    largest = std::max(largest, model.size());
  }
  return true;
}

TEST_CASE(
    "register: 2,000 histories of a real register are never refused, of a lying one nearly "
    "always") {
  size_t largest = 0;
  int caught = 0;
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    REQUIRE(play(seed, false, largest));
    caught += !play(seed, true, largest);
  }
  CHECK(largest < 80);
  CHECK(caught > 1'900);
}

}  // namespace
}  // namespace vordb::sim
