#include "core/vnode/vnode_time.h"

#include <doctest/doctest.h>

using vordb::Hlc;
using vordb::Instant;
using vordb::vnode::VnodeTime;

namespace {

constexpr Hlc kNone{UINT64_MAX};

Instant at_ms(uint64_t ms) { return {ms, ms * 1000}; }

}  // namespace

TEST_CASE("vnode time: what is announced stays below what is pending and below the ceiling") {
  VnodeTime time;
  CHECK(time.announce(kNone, kNone, at_ms(1000)) == Hlc::from_ms(1000));
  CHECK(time.announce(kNone, Hlc::from_ms(900), at_ms(1000)) == Hlc::from_ms(900));
  CHECK(time.announce(Hlc::from_ms(800), kNone, at_ms(1000)).word == Hlc::from_ms(800).word - 1);
}

TEST_CASE("E: no mutation gets a time that was announced, though the wall clock steps back") {
  VnodeTime time;
  const Hlc told = time.announce(kNone, kNone, at_ms(5000));
  CHECK(time.tick({10, 5'000'000}) > told);
}

TEST_CASE("vnode time: a mutation comes after all that was observed") {
  VnodeTime time;
  time.observe(Hlc::from_ms(9000), at_ms(1000));
  CHECK(time.tick(at_ms(1000)) > Hlc::from_ms(9000));
  CHECK(VnodeTime(Hlc::from_ms(7000)).tick(at_ms(1)) > Hlc::from_ms(7000));
}
