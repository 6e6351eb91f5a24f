// Histories of one counter, good and bad.
#include "sim/counter_model.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "sim/chooser.h"

namespace vordb::sim {
namespace {

void add(CounterModel& model, uint64_t call, int64_t amount, Span span) {
  model.add_began(call, amount, span.begin);
  model.acknowledged(call, span);
}

void reset(CounterModel& model, uint64_t call, Span span) {
  model.reset_began(call, span.begin);
  model.acknowledged(call, span);
}

TEST_CASE("counter: an acknowledged increment counts once") {
  CounterModel model;
  add(model, 1, 5, {1, 2});
  CHECK(model.known_there());
  for (const int64_t wrong : {0, 10, 15, -5}) {
    CounterModel copy = model;
    CHECK_FALSE(copy.read(wrong, {3, 4}));
  }
  CHECK_FALSE(CounterModel(model).read_nothing({3, 4}));
  CHECK(model.read(5, {3, 4}));
}

TEST_CASE("counter: a reset under way may show in part, where several nodes answer") {
  CounterModel model;
  add(model, 1, 5, {1, 2});
  add(model, 2, 7, {3, 4});
  model.reset_began(3, 5);
  add(model, 4, 100, {6, 7});
  const auto explained = [&](int64_t value, Span span, bool by_shares) {
    return CounterModel(model).read(value, span, by_shares);
  };
  CHECK(explained(107, {8, 9}, true));
  CHECK_FALSE(explained(107, {8, 9}, false));
  CHECK_FALSE(explained(108, {8, 9}, true));
  model.acknowledged(3, {5, 10});
  CHECK(explained(107, {8, 11}, true));
  CHECK_FALSE(explained(107, {11, 12}, true));
  CHECK(explained(100, {11, 12}, true));
}

TEST_CASE("counter: an increment under way counts or does not, and a read settles nothing of it") {
  CounterModel model;
  add(model, 1, 5, {1, 2});
  model.add_began(2, 7, 3);
  CHECK(model.read(5, {4, 5}));
  CHECK(model.read(12, {6, 7}));
  CHECK_FALSE(model.read(19, {8, 9}));
}

TEST_CASE("counter: what a read has shown later reads show too, though nobody acknowledged it") {
  CounterModel model;
  add(model, 1, 5, {1, 2});
  model.add_began(2, 7, 3);
  model.add_began(3, 9, 3);
  CHECK(model.read(12, {4, 6}));
  CHECK(CounterModel(model).read(5, {5, 8}));
  for (const int64_t back : {5, 14}) CHECK_FALSE(CounterModel(model).read(back, {7, 8}));
  for (const int64_t on : {12, 21}) CHECK(CounterModel(model).read(on, {7, 8}));
  CHECK_FALSE(CounterModel(model).refused(2));
  CHECK(CounterModel(model).refused(3));
  model.lost_sight(2, 9);
  CHECK_FALSE(CounterModel(model).read(5, {10, 11}));
  reset(model, 4, {10, 11});
  CHECK(CounterModel(model).read_nothing({12, 13}));
  CHECK_FALSE(CounterModel(model).read(7, {12, 13}));
}

TEST_CASE("counter: a read that two subsets explain shows neither") {
  CounterModel model;
  add(model, 1, 5, {1, 2});
  model.add_began(2, 7, 3);
  model.add_began(3, 7, 3);
  CHECK(model.read(12, {4, 6}));
  CHECK(CounterModel(model).read(5, {7, 8}));
  CHECK(model.refused(2));
  model.reset_began(4, 9);
  model.add_began(5, 5, 9);
  CHECK(model.read(5, {10, 11}));
  CHECK(CounterModel(model).read_nothing({12, 13}));
}

TEST_CASE("counter: of unknown increments some subset counts, and a quiet read fixes it") {
  CounterModel model;
  add(model, 1, 100, {1, 2});
  for (uint64_t call = 2; call <= 4; ++call) {
    model.add_began(call, int64_t(1) << call, 3);
    model.lost_sight(call, 5);
  }
  CHECK(model.has_unknown());
  CHECK_FALSE(CounterModel(model).read(101, {6, 7}));
  CHECK(model.read(100 + 4 + 16, {6, 7}));
  CHECK_FALSE(CounterModel(model).read(100 + 4 + 8, {8, 9}));
  CHECK_FALSE(CounterModel(model).read(100, {8, 9}));
  CHECK(model.read(120, {8, 9}));
}

TEST_CASE("counter: decrements count against") {
  CounterModel model;
  add(model, 1, 5, {1, 2});
  add(model, 2, -8, {3, 4});
  CHECK_FALSE(CounterModel(model).read(13, {5, 6}));
  CHECK(model.read(-3, {5, 6}));
}

TEST_CASE("counter: a counter back at nought still exists") {
  CounterModel model;
  add(model, 1, 5, {1, 2});
  add(model, 2, -5, {3, 4});
  CHECK_FALSE(CounterModel(model).read_nothing({5, 6}));
  CHECK(model.read(0, {5, 6}));
}

TEST_CASE("counter: what a delete observed does not come back") {
  CounterModel model;
  add(model, 1, 5, {1, 2});
  reset(model, 2, {3, 4});
  CHECK(model.known_absent());
  CHECK_FALSE(CounterModel(model).read(5, {5, 6}));
  CHECK(CounterModel(model).read_nothing({5, 6}));
  add(model, 3, 3, {7, 8});
  CHECK_FALSE(CounterModel(model).read(8, {9, 10}));
  CHECK(model.read(3, {9, 10}));
}

TEST_CASE("counter: an increment concurrent with a delete survives it or not") {
  for (const int64_t seen : {0, 7}) {
    CounterModel model;
    add(model, 1, 5, {1, 2});
    model.reset_began(2, 3);
    model.add_began(3, 7, 4);
    model.acknowledged(2, {3, 5});
    model.acknowledged(3, {4, 6});
    CHECK_FALSE(CounterModel(model).read(12, {7, 8}));
    CHECK_FALSE(CounterModel(model).read(5, {7, 8}));
    if (seen == 0) {
      CHECK(model.read_nothing({7, 8}));
    } else {
      CHECK(model.read(seen, {7, 8}));
    }
  }
}

TEST_CASE("counter: a delete of unknown outcome happened or did not") {
  CounterModel model;
  add(model, 1, 5, {1, 2});
  model.reset_began(2, 3);
  model.lost_sight(2, 4);
  CHECK(CounterModel(model).read(5, {5, 6}));
  CHECK(model.read_nothing({5, 6}));
  CHECK_FALSE(model.read(5, {7, 8}));
}

TEST_CASE("counter: expired values stay away") {
  CounterModel model;
  add(model, 1, 5, {1, 2});
  model.vanished({3, 4}, true);
  CHECK_FALSE(CounterModel(model).read(5, {5, 6}));
  add(model, 2, 1, {7, 8});
  CHECK_FALSE(CounterModel(model).read(6, {9, 10}));
  CHECK(model.read(1, {9, 10}));
}

TEST_CASE("counter: an increment of unknown outcome may have cleared what had expired") {
  for (const bool called_off : {false, true}) {
    CounterModel model;
    add(model, 1, 100, {1, 2});
    model.purge_began(2, 3);
    model.add_began(2, 5, 3);
    if (called_off) model.purge_called_off(2);
    model.lost_sight(2, 4);
    CHECK(CounterModel(model).read(105, {6, 7}));
    CHECK(CounterModel(model).read(100, {6, 7}));
    CHECK(CounterModel(model).read(5, {6, 7}) != called_off);
  }
}

TEST_CASE("counter: a refused increment leaves nothing") {
  CounterModel model;
  add(model, 1, 5, {1, 2});
  model.add_began(2, 9, 3);
  model.refused(2);
  CHECK_FALSE(CounterModel(model).read(14, {4, 5}));
}

TEST_CASE("counter: a listing names what is there") {
  CounterModel model;
  CHECK_FALSE(model.may_be_there({1, 2}));
  add(model, 1, 5, {3, 4});
  CHECK(model.may_be_there({5, 6}));
  CHECK_FALSE(model.may_be_absent({5, 6}));
}

// Plays random calls against a real counter. `lie`: every tenth increment counts twice.
bool play(uint64_t seed, bool lie, size_t& largest) {
  Chooser chooser(seed);
  CounterModel model;
  struct Open {
    uint64_t call;
    int kind;  // 0 delete, 1 add, 2 read
    int64_t amount;
    Step begin;
    bool done;
    bool exists;
    int64_t seen;
  };
  std::vector<Open> open;
  int64_t truth = 0;
  bool exists = false;
  for (Step step = 1; step <= 300; ++step) {
    if (chooser.below(3) == 0 && open.size() < 4) {
      const int kind = chooser.chance(80'000) ? 0 : int(1 + chooser.below(2));
      const int64_t amount = int64_t(chooser.below(2'000'001)) - 1'000'000;
      open.push_back({step, kind, amount, step, false, false, 0});
      if (kind == 1) model.add_began(step, amount, step);
      if (kind == 0) model.reset_began(step, step);
    } else if (!open.empty()) {
      const size_t at = size_t(chooser.below(open.size()));
      Open& one = open[at];
      if (!one.done) {
        one.done = true;
        if (one.kind == 0) truth = 0, exists = false;
        if (one.kind == 1) truth += one.amount, exists = true;
        if (one.kind == 1 && lie && one.call % 10 == 0) truth += one.amount;
        one.seen = truth;
        one.exists = exists;
      } else {
        if (one.kind == 2) {
          const Span span{one.begin, step};
          if (!(one.exists ? model.read(one.seen, span) : model.read_nothing(span))) return false;
        } else if (chooser.chance(200'000)) {
          model.lost_sight(one.call, step);
        } else {
          model.acknowledged(one.call, {one.begin, step});
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
    "counter: 2,000 histories of a real counter are never refused, of one that counts twice nearly "
    "always") {
  size_t largest = 0;
  int caught = 0;
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    REQUIRE(play(seed, false, largest));
    caught += !play(seed, true, largest);
  }
  CHECK(largest < 80);
  CHECK(caught > 1'500);
}

}  // namespace
}  // namespace vordb::sim
