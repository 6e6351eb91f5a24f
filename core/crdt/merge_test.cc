// The merge: which dots stay, case by case. Its laws over arbitrary states are in
// properties/crdt_laws_test.cc.
#include "core/crdt/merge.h"

#include <doctest/doctest.h>

using namespace vordb::crdt;
using vordb::Hlc;

namespace {

constexpr ReplicaId kA{1, 16, 1};
constexpr ReplicaId kB{2, 16, 1};
const VersionVector kNothing;

VersionVector up_to(const Dot& dot) {
  VersionVector v;
  v.raise(dot);
  return v;
}

Entry live(std::initializer_list<LiveDot> dots) {
  Entry entry;
  for (const LiveDot& dot : dots) entry.live.push_back(dot);
  return entry;
}

Entry removed(const Dot& dot) {
  Entry entry;
  entry.context = up_to(dot);
  return entry;
}

}  // namespace

TEST_CASE("merge: a dot that the other side has not seen stays") {
  const Entry a = live({{{kA, 1}, {}}});
  const Entry b = live({{{kB, 1}, {}}});
  const Entry merged = merge(EntryKind::kElement, {a, kNothing}, {b, kNothing});
  CHECK(merged == live({{{kA, 1}, {}}, {{kB, 1}, {}}}));
  CHECK(merge(EntryKind::kElement, {b, kNothing}, {a, kNothing}) == merged);
}

TEST_CASE("merge: a dot that the other side saw and no longer holds goes") {
  const Entry a = live({{{kA, 1}, {}}});
  CHECK(merge(EntryKind::kElement, {a, kNothing}, {removed({kA, 1}), kNothing}).live.empty());
  CHECK(merge(EntryKind::kElement, {removed({kA, 1}), kNothing}, {a, kNothing}).live.empty());
  // The same when a clock says so instead of the entry's own context.
  const VersionVector base = up_to({kA, 1});
  CHECK(merge(EntryKind::kElement, {a, kNothing}, {Entry{}, base}).live.empty());
  CHECK(merge(EntryKind::kElement, {Entry{}, base}, {a, kNothing}).live.empty());
}

TEST_CASE("merge: exact dots decide, not their replicas") {
  // The other side holds a newer dot of the same replica; it has seen and replaced the older.
  const Entry older = live({{{kA, 1}, {}}});
  const Entry newer = live({{{kA, 2}, {}}});
  const VersionVector base = up_to({kA, 2});
  CHECK(merge(EntryKind::kElement, {older, kNothing}, {newer, base}) == [&] {
    Entry e = newer;
    e.context = base;
    return e;
  }());
  // Both hold the dot: it stays although both have seen it.
  CHECK(merge(EntryKind::kElement, {newer, base}, {newer, base}).live == newer.live);
}

TEST_CASE("merge: the context holds both entries' and the other clock's") {
  Entry a = removed({kA, 3});
  Entry b = removed({kB, 2});
  const VersionVector ours = up_to({kA, 9});
  const VersionVector theirs = up_to({kB, 5});
  const Entry merged = merge(EntryKind::kElement, {a, ours}, {b, theirs});
  CHECK(merged.context.get(kA) == 3);
  CHECK(merged.context.get(kB) == 5);
}

TEST_CASE("merge: a register keeps the highest hlc, then the highest dot") {
  const Entry late = live({{{kA, 1}, {.hlc = Hlc{9}, .value = "late"}}});
  const Entry early = live({{{kB, 1}, {.hlc = Hlc{8}, .value = "early"}}});
  const Entry tied = live({{{kB, 2}, {.hlc = Hlc{9}, .value = "tied"}}});
  CHECK(merge(EntryKind::kRegister, {early, kNothing}, {late, kNothing}) == late);
  CHECK(merge(EntryKind::kRegister, {late, kNothing}, {early, kNothing}) == late);
  CHECK(merge(EntryKind::kRegister, {late, kNothing}, {tied, kNothing}) == tied);
}

TEST_CASE("merge: a counter entry keeps its newest dot, whatever the totals") {
  const Entry older = live({{{kA, 1}, {.birth = 1, .p = 100}}});
  const Entry newer = live({{{kA, 2}, {.birth = 2, .p = 1}}});
  CHECK(merge(EntryKind::kCounter, {older, kNothing}, {newer, kNothing}) == newer);
  CHECK(merge(EntryKind::kCounter, {newer, kNothing}, {older, kNothing}) == newer);
}

TEST_CASE("merge: elements and meta entries keep every concurrent dot") {
  const Entry a = live({{{kA, 1}, {.expires_at_ms = 5}}});
  const Entry b = live({{{kB, 1}, {.expires_at_ms = 9}}});
  CHECK(merge(EntryKind::kMeta, {a, kNothing}, {b, kNothing}).live.size() == 2);
  CHECK(merge(EntryKind::kElement, {a, kNothing}, {b, kNothing}).live.size() == 2);
}

TEST_CASE("merge: baselines of one birth join, a later birth replaces them") {
  Entry a = live({{{kA, 4}, {.birth = 3, .p = 9, .n = 9}}});
  Entry b = a;
  a.baseline = {3, 5, 1, Hlc{10}};
  b.baseline = {3, 2, 4, Hlc{20}};
  CHECK(merge(EntryKind::kCounter, {a, kNothing}, {b, kNothing}).baseline ==
        Baseline{3, 5, 4, Hlc{20}});
  b.baseline = {2, 100, 100, Hlc{99}};
  CHECK(merge(EntryKind::kCounter, {a, kNothing}, {b, kNothing}).baseline == a.baseline);
  CHECK(merge(EntryKind::kCounter, {b, kNothing}, {a, kNothing}).baseline == a.baseline);
}

TEST_CASE("merge: a baseline of an earlier birth goes with the totals that it spoke of") {
  Entry reset = live({{{kA, 1}, {.birth = 1, .p = 2}}});
  reset.baseline = {1, 2, 0, Hlc{5}};
  const Entry reborn = live({{{kA, 3}, {.birth = 3, .n = 1}}});
  CHECK(merge(EntryKind::kCounter, {reset, kNothing}, {reborn, kNothing}).baseline == Baseline{});
}
