// Histories of one set element, good and bad: the bad ones must be refused and the good ones never.
#include "sim/presence.h"

#include <doctest/doctest.h>

#include "sim/chooser.h"

namespace vordb::sim {
namespace {

void write(Presence& presence, uint64_t call, bool present, Span span) {
  presence.began(call, present, span.begin);
  presence.acknowledged(call, span);
}

TEST_CASE("presence: what was never added is not there") {
  Presence presence;
  CHECK(presence.observe(false, {1, 2}));
  CHECK_FALSE(presence.observe(true, {3, 4}));
}

TEST_CASE("presence: an acknowledged add is there and does not get lost") {
  Presence presence;
  write(presence, 1, true, {1, 2});
  CHECK(presence.last_known(true));
  CHECK(presence.observe(true, {3, 4}));
  CHECK_FALSE(presence.observe(false, {5, 6}));
}

TEST_CASE("presence: a removed element does not come back") {
  Presence presence;
  write(presence, 1, true, {1, 2});
  write(presence, 2, false, {3, 4});
  CHECK(presence.last_known(false));
  CHECK(presence.observe(false, {5, 6}));
  CHECK_FALSE(presence.observe(true, {7, 8}));
}

TEST_CASE("presence: concurrent add and remove end either way, but one way") {
  for (const bool end : {false, true}) {
    Presence presence;
    write(presence, 1, true, {1, 4});
    write(presence, 2, false, {2, 5});
    CHECK(presence.observe(end, {6, 7}));
    // Once it was seen, nothing can turn it round any more.
    CHECK(presence.observe(end, {8, 9}));
    CHECK_FALSE(presence.observe(!end, {10, 11}));
  }
}

TEST_CASE("presence: a read during an add sees it or not") {
  Presence presence;
  presence.began(1, true, 1);
  CHECK(presence.observe(false, {2, 3}));
  CHECK(presence.observe(true, {4, 5}));
  CHECK_FALSE(presence.observe(false, {6, 7}));
}

TEST_CASE("presence: an add of unknown outcome took effect before its end or never") {
  Presence presence;
  presence.began(1, true, 1);
  presence.lost_sight(1, 5);
  Presence other = presence;
  CHECK(presence.observe(true, {6, 7}));
  CHECK_FALSE(presence.observe(false, {8, 9}));
  CHECK(other.observe(false, {6, 7}));
  CHECK_FALSE(other.observe(true, {8, 9}));
}

TEST_CASE("presence: a remove of unknown outcome explains an absence, once") {
  Presence presence;
  write(presence, 1, true, {1, 2});
  presence.began(2, false, 3);
  presence.lost_sight(2, 6);
  write(presence, 3, true, {7, 8});
  CHECK_FALSE(presence.observe(false, {9, 10}));
}

TEST_CASE("presence: a refused add leaves nothing") {
  Presence presence;
  presence.began(1, true, 1);
  presence.refused(1);
  CHECK_FALSE(presence.observe(true, {3, 4}));
}

TEST_CASE("presence: a remove with a context spares what is newer than the context") {
  Presence presence;
  write(presence, 1, true, {1, 2});
  const Span origin{3, 4};
  write(presence, 2, true, {5, 6});
  presence.began(3, false, 7);
  presence.acknowledged(3, {7, 8}, origin);
  CHECK_FALSE(presence.explains(false, {9, 10}));
  CHECK(presence.observe(true, {9, 10}));
}

TEST_CASE("presence: a remove with a context removes what the context covers") {
  Presence presence;
  write(presence, 1, true, {1, 2});
  presence.began(2, false, 5);
  presence.acknowledged(2, {5, 6}, {3, 4});
  CHECK_FALSE(presence.explains(true, {7, 8}));
  CHECK(presence.observe(false, {7, 8}));
}

TEST_CASE("presence: an expiry explains an absence, and a sure one forbids the return") {
  Presence presence;
  write(presence, 1, true, {1, 2});
  presence.vanished({2, 5}, false);
  CHECK(presence.explains(false, {6, 7}));
  CHECK(presence.explains(true, {6, 7}));
  presence.vanished({3, 8}, true);
  CHECK_FALSE(presence.explains(true, {9, 10}));
}

// A register of one bit that really is linearizable: whatever happens, no observation may be
// refused, also while old knowledge is forgotten.
TEST_CASE("presence: 2,000 histories of a real element are never refused") {
  uint64_t observations = 0;
  size_t largest = 0;
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    Chooser chooser(seed);
    Presence presence;
    struct Open {
      uint64_t call;
      int kind;  // 0 remove, 1 add, 2 read
      Step begin;
      bool done;
      bool seen;
    };
    std::vector<Open> open;
    bool truth = false;
    uint64_t next_call = 1;
    for (Step step = 1; step <= 200; ++step) {
      const uint64_t what = chooser.below(3);
      if (what == 0 && open.size() < 4) {
        open.push_back({next_call++, int(chooser.below(3)), step, false, false});
        if (open.back().kind < 2) presence.began(open.back().call, open.back().kind == 1, step);
      } else if (!open.empty()) {
        const size_t at = size_t(chooser.below(open.size()));
        Open& one = open[at];
        if (!one.done) {
          one.done = true;  // it takes effect now
          if (one.kind < 2) truth = one.kind == 1;
          one.seen = truth;
        } else {
          if (one.kind == 2) {
            ++observations;
            REQUIRE(presence.observe(one.seen, {one.begin, step}));
          } else if (chooser.chance(200'000)) {
            presence.lost_sight(one.call, step);
          } else {
            presence.acknowledged(one.call, {one.begin, step});
          }
          open.erase(open.begin() + long(at));
        }
      }
      Step horizon = step;
      for (const Open& one : open) horizon = std::min(horizon, one.begin);
      presence.forget_before(horizon);
      largest = std::max(largest, presence.size());
    }
  }
  CHECK(observations > 10'000);
  CHECK(largest < 64);
}

}  // namespace
}  // namespace vordb::sim
