// Registers: what a put, a delete and a read do, and when nothing need be kept.
#include "core/crdt/register.h"

#include <doctest/doctest.h>

#include "core/crdt/merge.h"

using namespace vordb::crdt;
using vordb::Hlc;

namespace {

constexpr ReplicaId kA{1, 16, 1};
constexpr ReplicaId kB{2, 16, 1};
const VersionVector kNothing;

Entry apply(const Entry& state, const Entry& delta) {
  return merge(EntryKind::kRegister, {state, kNothing}, {delta, kNothing});
}

}  // namespace

TEST_CASE("register: a put replaces what it has seen") {
  const Entry first = register_put({}, {kA, 1}, Hlc{5}, "one", 0);
  const Entry second = apply(first, register_put(first, {kB, 1}, Hlc{6}, "two", 0));
  REQUIRE(register_read(second, 0));
  CHECK(register_read(second, 0)->value == "two");
  CHECK(second.live.size() == 1);
  CHECK(second.context.covers(Dot{kA, 1}));
  // The old state adds nothing when it comes back.
  CHECK(apply(second, first).live == second.live);
}

TEST_CASE("register: of two concurrent puts the later wins, also when it is the older dot") {
  const Entry a = register_put({}, {kA, 1}, Hlc{9}, "a", 0);
  const Entry b = register_put({}, {kB, 7}, Hlc{8}, "b", 0);
  CHECK(register_read(apply(a, b), 0)->value == "a");
  CHECK(register_read(apply(b, a), 0)->value == "a");
}

TEST_CASE("register: a read of a state with several dots finds the winner") {
  Entry both;
  both.live.push_back({{kA, 1}, {.hlc = Hlc{9}, .value = "a"}});
  both.live.push_back({{kB, 1}, {.hlc = Hlc{9}, .value = "b"}});
  CHECK(register_read(both, 0)->value == "b");
  both.live[0].payload.hlc = Hlc{10};
  CHECK(register_read(both, 0)->value == "a");
}

TEST_CASE("register: absent, deleted and expired all read as nothing") {
  CHECK_FALSE(register_read({}, 0));
  CHECK_FALSE(register_read(register_delete({}, {kA, 1}, Hlc{5}), 0));
  const Entry expiring = register_put({}, {kA, 1}, Hlc{5}, "v", 1000);
  CHECK(register_read(expiring, 999));
  CHECK_FALSE(register_read(expiring, 1000));
  CHECK_FALSE(register_read(expiring, UINT64_MAX));
  CHECK(register_read(register_put({}, {kA, 1}, Hlc{5}, "", 0), UINT64_MAX));
}

TEST_CASE("register: an older put does not undo a deletion") {
  const Entry deleted = register_delete({}, {kA, 1}, Hlc{9});
  const Entry older = register_put({}, {kB, 1}, Hlc{8}, "old", 0);
  CHECK_FALSE(register_read(apply(deleted, older), 0));
  CHECK(register_read(apply(deleted, register_put({}, {kB, 1}, Hlc{10}, "new", 0)), 0));
}

TEST_CASE("register: a tombstone is kept until it is stable, a value for ever") {
  const Entry deleted = register_delete({}, {kA, 1}, Hlc{9});
  CHECK_FALSE(register_spent(deleted, Hlc{9}));
  CHECK(register_spent(deleted, Hlc{10}));
  CHECK_FALSE(register_spent(register_put({}, {kA, 1}, Hlc{1}, "v", 0), Hlc{UINT64_MAX}));
  CHECK_FALSE(register_spent({}, Hlc{UINT64_MAX}));
}

TEST_CASE("register: an expired value is kept until its write and its deadline are stable") {
  const Entry expiring = register_put({}, {kA, 1}, Hlc::from_ms(500), "v", 1000);
  CHECK_FALSE(register_spent(expiring, Hlc::from_ms(1000)));
  CHECK(register_spent(expiring, Hlc{Hlc::from_ms(1000).word + 1}));
  const Entry late = register_put({}, {kA, 1}, Hlc::from_ms(2000), "v", 1000);
  CHECK_FALSE(register_spent(late, Hlc::from_ms(2000)));
}
