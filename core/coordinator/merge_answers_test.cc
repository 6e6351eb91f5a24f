// Answers of several owners: what they say together, and who of them holds that.
#include "core/coordinator/merge_answers.h"

#include <doctest/doctest.h>

#include "core/coordinator/testing/coordinator_lab.h"

using namespace vordb;
using namespace vordb::coordinator;

namespace {

using Lab = CoordinatorLab;
constexpr OwnerMask kA = 1, kB = 2, kC = 4;

OwnerAnswer says(OwnerMask owner, std::shared_ptr<KeyState> state,
                 const std::vector<crdt::Dot>& seen, bool more = false) {
  OwnerAnswer answer{owner, std::move(state), {}, more};
  for (const crdt::Dot& dot : seen) answer.base.raise(dot);
  return answer;
}

OwnerMask holders(const MergedAnswers& merged, const std::string& subkey) {
  for (const MergedAnswers::Name& name : merged.names) {
    if (name.subkey == subkey) return name.holders;
  }
  FAIL("the entry is named");
  return 0;
}

const std::string kX = crdt::element_subkey("x");
const crdt::Dot d1 = Lab::dot(1, 1), d2 = Lab::dot(2, 1);

}  // namespace

TEST_CASE("merged answers: the newer register wins, and who has it holds it") {
  const OwnerAnswer answers[] = {says(kA, Lab::value("old", d1, 10), {d1}),
                                 says(kB, Lab::value("new", d2, 20), {d1, d2}),
                                 says(kC, nullptr, {})};
  const MergedAnswers merged = merge_answers(answers, {}, false);
  const crdt::Entry* entry = merged.state->find("");
  REQUIRE(entry);
  CHECK(entry->live.size() == 1);
  CHECK(entry->live[0].payload.value == "new");
  CHECK(holders(merged, "") == kB);
}

TEST_CASE("merged answers: a lacking entry is judged by the clock that fills it") {
  const auto x = Lab::members({{"x", d1}});
  SUBCASE("seen and gone") {
    const OwnerAnswer answers[] = {says(kA, x, {d1}), says(kB, nullptr, {d1, d2})};
    const MergedAnswers merged = merge_answers(answers, {}, false);
    CHECK_FALSE((merged.state->find(kX) && !merged.state->find(kX)->live.empty()));
    CHECK(holders(merged, kX) == kB);
  }
  SUBCASE("never seen") {
    const OwnerAnswer answers[] = {says(kA, x, {d1}), says(kB, nullptr, {d2})};
    const MergedAnswers merged = merge_answers(answers, {}, false);
    REQUIRE(merged.state->find(kX));
    CHECK(merged.state->find(kX)->live.size() == 1);
    CHECK(holders(merged, kX) == kA);
  }
}

// B shows what the merge shows, but has not seen the dot that C knows to be gone: sent B's entry, A
// would show both.
TEST_CASE("merged answers: a holder has seen every dot that went") {
  const OwnerAnswer answers[] = {says(kA, Lab::members({{"x", d1}}), {d1}),
                                 says(kB, Lab::members({{"x", d2}}), {d2}),
                                 says(kC, Lab::members({{"x", d2}}), {d1, d2})};
  const MergedAnswers merged = merge_answers(answers, {}, false);
  REQUIRE(merged.state->find(kX));
  REQUIRE(merged.state->find(kX)->live.size() == 1);
  CHECK(merged.state->find(kX)->live[0].dot == d2);
  CHECK(holders(merged, kX) == kC);
}

TEST_CASE("merged answers: equal answers are held by all, contexts and clocks aside") {
  const OwnerAnswer answers[] = {says(kA, Lab::members({{"x", d1}}), {d1}),
                                 says(kB, Lab::members({{"x", d1}}), {d1, d2})};
  CHECK(holders(merge_answers(answers, {}, false), kX) == (kA | kB));
}

TEST_CASE("merged answers: an entry asked for by name is named, also where it is absent") {
  const std::string asked[] = {kX};
  const OwnerAnswer answers[] = {says(kA, nullptr, {d1}), says(kB, nullptr, {})};
  CHECK(holders(merge_answers(answers, asked, false), kX) == (kA | kB));
  // One may know of a removal that the other has not seen.
  CHECK(holders(merge_answers(answers, asked, true), kX) == kA);
  const OwnerAnswer apart[] = {says(kA, nullptr, {d1}), says(kB, nullptr, {d2})};
  CHECK(holders(merge_answers(apart, asked, true), kX) == 0);
}

TEST_CASE("merged answers: pages are compared up to where the shortest ends") {
  const auto abc = Lab::members({{"a", d1}, {"b", d1}, {"c", d1}});
  const auto acd = Lab::members({{"a", d1}, {"c", d1}, {"d", d1}});
  const OwnerAnswer answers[] = {says(kA, abc, {d1}, true), says(kB, acd, {d1}, true)};
  const MergedAnswers merged = merge_answers(answers, {}, false);
  CHECK(merged.more);
  CHECK(merged.last == crdt::element_subkey("c"));
  CHECK(merged.names.size() == 3);  // a, b and c; `d` lies behind the first page's end
  CHECK(holders(merged, crdt::element_subkey("b")) == kB);  // removed there
  const OwnerAnswer whole[] = {says(kA, abc, {d1}), says(kB, acd, {d1})};
  CHECK(merge_answers(whole, {}, false).names.size() == 4);
  CHECK_FALSE(merge_answers(whole, {}, false).more);
  // A page that ends the set says that nothing is behind it.
  const OwnerAnswer last[] = {says(kA, abc, {d1}, true), says(kB, Lab::members({}), {d1})};
  CHECK(merge_answers(last, {}, false).more);
}

TEST_CASE("merged answers: counters keep each replica's highest") {
  const std::string subkey = crdt::counter_subkey(d1.replica);
  const auto counter = [&](uint64_t counter, uint64_t p) {
    crdt::Entry entry;
    entry.live.push_back({Lab::dot(1, counter), {.birth = 1, .p = p}});
    auto state = std::make_shared<KeyState>();
    state->set(subkey, std::make_shared<const crdt::Entry>(entry));
    return state;
  };
  const OwnerAnswer answers[] = {says(kA, counter(3, 7), {}), says(kB, counter(2, 5), {})};
  const MergedAnswers merged = merge_answers(answers, {}, false);
  CHECK(merged.state->find(subkey)->live[0].payload.p == 7);
  CHECK(holders(merged, subkey) == kA);
}
