// The laws of the merge, on arbitrary well-formed states of every kind of entry: commutative,
// associative, idempotent; a state never goes down; and it does not matter how much of what was
// seen lies in the clock and how much in the entry.
#include "properties/crdt_states.h"

namespace vordb::properties {
namespace {

using crdt::Entry;
using crdt::EntryKind;

constexpr std::pair<EntryKind, const char*> kKinds[] = {{EntryKind::kRegister, "register"},
                                                        {EntryKind::kElement, "element"},
                                                        {EntryKind::kCounter, "counter"},
                                                        {EntryKind::kMeta, "meta"}};

// Merges meanings, where both sides hold all that they have seen.
Entry merged(EntryKind kind, const Entry& a, const Entry& b) {
  static const crdt::VersionVector kNothing;
  return crdt::merge(kind, {a, kNothing}, {b, kNothing});
}

template <typename Law>
void for_each_kind(const std::string& name, Law law) {
  for (const auto& [kind, kind_name] : kKinds) {
    const EntryKind of = kind;
    check_property(name + ", " + kind_name, [of, law] {
      const Universe universe(of);
      law(of, universe);
    });
  }
}

TEST_CASE("merge is commutative") {
  for_each_kind("commutative", [](EntryKind kind, const Universe& universe) {
    const State a = universe.state();
    const State b = universe.state();
    RC_ASSERT(merged(kind, meaning(a), meaning(b)) == merged(kind, meaning(b), meaning(a)));
  });
}

TEST_CASE("merge is associative") {
  for_each_kind("associative", [](EntryKind kind, const Universe& universe) {
    const Entry a = meaning(universe.state());
    const Entry b = meaning(universe.state());
    const Entry c = meaning(universe.state());
    RC_ASSERT(merged(kind, merged(kind, a, b), c) == merged(kind, a, merged(kind, b, c)));
  });
}

TEST_CASE("merge is idempotent, and what was merged before changes nothing again") {
  for_each_kind("idempotent", [](EntryKind kind, const Universe& universe) {
    const Entry a = meaning(universe.state());
    const Entry b = meaning(universe.state());
    RC_ASSERT(merged(kind, a, a) == a);
    const Entry both = merged(kind, a, b);
    RC_ASSERT(merged(kind, both, a) == both);
    RC_ASSERT(merged(kind, both, b) == both);
  });
}

TEST_CASE("a join says the same whether what was seen lies in the clock or in the entry") {
  for_each_kind("strip and fill", [](EntryKind kind, const Universe& universe) {
    const State a = universe.state();
    const State b = universe.state();
    const Entry expected = merged(kind, meaning(a), meaning(b));
    RC_ASSERT(meaning(join(kind, a, b)) == expected);
    RC_ASSERT(meaning(join(kind, b, a)) == expected);
    const State a_filled{meaning(a), {}};
    const State b_filled{meaning(b), {}};
    RC_ASSERT(meaning(join(kind, a, b_filled)) == expected);
    RC_ASSERT(meaning(join(kind, a_filled, b)) == expected);
    // Filled twice is filled once.
    const State b_twice{meaning(b), b.base};
    RC_ASSERT(meaning(join(kind, a, b_twice)) == expected);
  });
}

TEST_CASE("a stripped context and a base that has taken it in are the same bytes") {
  for_each_kind("settled", [](EntryKind kind, const Universe& universe) {
    // Two owners that have merged the same and whose clocks have caught up.
    const State a = universe.state();
    const State b = universe.state();
    State ours = join(kind, a, b);
    State theirs = join(kind, b, a);
    ours.base.join(meaning(ours).context);
    theirs.base.join(meaning(theirs).context);
    ours.entry.context.strip(ours.base);
    theirs.entry.context.strip(theirs.base);
    RC_ASSERT(ours.base == theirs.base);
    RC_ASSERT(ours.entry == theirs.entry);
    RC_ASSERT(ours.entry.context.empty());
  });
}

TEST_CASE("the generated states are not all alike") {
  int live = 0;
  int left_over = 0;
  int emptied = 0;
  int reset = 0;
  for (const auto& [kind, name] : kKinds) {
    const EntryKind of = kind;
    check_property(std::string("relevance, ") + name, [&, of] {
      const State state = Universe(of).state();
      live += !state.entry.live.empty();
      left_over += !state.entry.context.empty();
      emptied += state.entry.live.empty() && !meaning(state).context.empty();
      reset += state.entry.baseline.birth != 0;
    });
  }
  const int some = property_cases() / 10;
  CHECK(live > some);
  CHECK(left_over > some);
  CHECK(emptied > some);
  CHECK(reset > some);
}

}  // namespace
}  // namespace vordb::properties
