#include "core/vnode/ceiling.h"

#include <doctest/doctest.h>

using vordb::Hlc;
using vordb::HlcClock;
using vordb::Instant;
using vordb::vnode::Ceiling;

namespace {

constexpr uint64_t kNow = 1'700'000'000'000;

Instant at_ms(uint64_t ms) { return {ms, ms * 1000}; }
Hlc ms(uint64_t at) { return Hlc::from_ms(at); }

}  // namespace

TEST_CASE("ceiling: covers what a batch holds and leads the clock") {
  Ceiling ceiling;
  const std::optional<Hlc> raised =
      ceiling.raise(ms(kNow), ms(kNow), at_ms(kNow), vordb::kDefaultKnobs);
  REQUIRE(raised);
  CHECK(*raised >= ms(kNow + 1000));
  CHECK(ceiling.written() == *raised);
  CHECK(ceiling.durable() == Hlc{});
  ceiling.note_durable(*raised);
  CHECK(ceiling.durable() == *raised);
}

TEST_CASE("ceiling: is written again only when half of its lead is used up") {
  Ceiling ceiling;
  uint64_t rows = 0;
  for (uint64_t now = kNow; now < kNow + 10'000; now += 10) {
    rows += ceiling.raise(ms(now), ms(now), at_ms(now), vordb::kDefaultKnobs).has_value();
    CHECK(ceiling.written() >= ms(now + 900));
  }
  CHECK(rows <= 11);
}

TEST_CASE("ceiling: a time above it is covered at once") {
  Ceiling ceiling(ms(kNow));
  const Hlc far = ms(kNow + 60'000);
  const std::optional<Hlc> raised = ceiling.raise(far, far, at_ms(kNow), vordb::kDefaultKnobs);
  REQUIRE(raised);
  CHECK(*raised >= far);
}

TEST_CASE("ceiling: is renewed for a time that somebody waits for, and no further") {
  Ceiling ceiling;
  ceiling.raise(ms(kNow), ms(kNow), at_ms(kNow), vordb::kDefaultKnobs);
  const auto renewals_until = [&](uint64_t from, uint64_t until) {
    uint64_t renewals = 0;
    for (uint64_t now = from; now < until; now += 100) {
      if (!ceiling.begin_renewal(ms(now), at_ms(now), vordb::kDefaultKnobs)) continue;
      ++renewals;
      CHECK(ceiling.raise(ms(now), ms(now), at_ms(now), vordb::kDefaultKnobs));
    }
    return renewals;
  };
  CHECK(renewals_until(kNow, kNow + 60'000) == 0);
  ceiling.want(ms(kNow + 30'000));
  CHECK(renewals_until(kNow + 60'000, kNow + 120'000) == 1);
  CHECK(ceiling.written() >= ms(kNow + 60'000));
  // A time that is yet to come: the lead is kept until then.
  ceiling.want(ms(kNow + 180'000));
  const uint64_t kept = renewals_until(kNow + 120'000, kNow + 240'000);
  CHECK(kept >= 30);
  CHECK(kept <= 70);
}

TEST_CASE("ceiling: one vnode of a turn renews it") {
  Ceiling ceiling;
  ceiling.want(ms(kNow));
  CHECK(ceiling.begin_renewal(ms(kNow), at_ms(kNow), vordb::kDefaultKnobs));
  CHECK_FALSE(ceiling.begin_renewal(ms(kNow), at_ms(kNow), vordb::kDefaultKnobs));
  CHECK(ceiling.raise(ms(kNow), ms(kNow), at_ms(kNow), vordb::kDefaultKnobs));
}

TEST_CASE("ceiling: what is durable never sinks") {
  Ceiling ceiling;
  ceiling.note_durable(ms(20));
  ceiling.note_durable(ms(10));
  CHECK(ceiling.durable() == ms(20));
}

// Each life starts above the ceiling of the one before, writes at once, and dies.
TEST_CASE("ceiling: a hundred restarts in a row do not run away from the wall clock") {
  Hlc row;
  for (uint64_t life = 0; life < 100; ++life) {
    const Instant now = at_ms(kNow + life * 10);
    Ceiling ceiling(row);
    HlcClock clock(ceiling.start());
    const Hlc first = clock.tick(now);
    CHECK(first > row);
    if (const auto raised = ceiling.raise(clock.last(), clock.at(now), now, vordb::kDefaultKnobs))
      row = *raised;
    CHECK(row >= first);
  }
  CHECK(row < ms(kNow + 1000 + 2000 + 100 * 251));
}

TEST_CASE("ceiling: at the end of all times there is nothing to raise") {
  const Hlc last{Hlc::kWordMax};
  Ceiling ceiling(last);
  ceiling.want(last);
  CHECK_FALSE(ceiling.begin_renewal(last, at_ms(Hlc::kMsMax), vordb::kDefaultKnobs));
  CHECK_FALSE(ceiling.raise(last, last, at_ms(Hlc::kMsMax), vordb::kDefaultKnobs));
}
