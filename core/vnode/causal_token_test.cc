// The causal token: small, and only what answers of ours have held.
#include "core/vnode/causal_token.h"

#include <doctest/doctest.h>

using namespace vordb;
using namespace vordb::crdt;

namespace {

constexpr ReplicaId kA{1, 16, 1};
constexpr ReplicaId kB{2, 16, 1};

}  // namespace

TEST_CASE("causal context: comes back as it was given") {
  VnodeClock clock;
  clock.raise_base(kA, 5);
  clock.add({kA, 7});
  clock.add({kB, 3});
  CausalPast past(clock);
  past.fill_below({1, 16, 1});
  past.fill_below({4, 20, 7});
  past.fill_below({5, UINT64_MAX, UINT64_MAX});  // a node that is gone
  const auto back = decode_token(encode_token({{3, 0xffff}, Hlc{99}, past}));
  REQUIRE(back.ok());
  CHECK(back->placement == PlacementId{3, 0xffff});
  CHECK(back->hlc == Hlc{99});
  CHECK(back->past == past);
}

TEST_CASE("causal context: dots above the base that do not fit are left out, never invented") {
  VnodeClock clock;
  for (uint64_t c = 2; c <= 200; c += 2) clock.add({kA, c});
  for (uint64_t c = 2; c <= 200; c += 2) clock.add({kB, c});
  const auto back = decode_token(encode_token({{3, 1}, Hlc{1}, CausalPast(clock)}));
  REQUIRE(back.ok());
  CHECK(clock.covers(back->past.clock()));
  size_t above = 0;
  for (const VnodeClock::Replica& r : back->past.clock().replicas()) above += r.above.size();
  CHECK(above == kTokenDotsMax);
  CHECK(back->past.contains({kA, 200}));
  CHECK_FALSE(back->past.contains({kA, 2}));
}

TEST_CASE("causal context: bytes that no answer held are refused") {
  CHECK_FALSE(decode_token("").ok());
  CHECK_FALSE(decode_token("garbage").ok());
  CHECK_FALSE(decode_token(std::string(100, '\xff')).ok());
  CHECK_FALSE(decode_token(encode_token({{0, 1}, Hlc{1}, {}})).ok());
  const std::string good = encode_token({{3, 1}, Hlc{1}, {}});
  CHECK(decode_token(good).ok());
  CHECK_FALSE(decode_token(good.substr(0, good.size() - 1)).ok());
}
