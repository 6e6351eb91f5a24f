// Delta debugging on plain lists of numbers.
#include "sim/ddmin.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace vordb::sim {
namespace {

using Numbers = std::vector<int>;

Numbers numbers(int count) {
  Numbers list(static_cast<size_t>(count));
  std::iota(list.begin(), list.end(), 0);
  return list;
}

bool has(const Numbers& list, int number) {
  return std::find(list.begin(), list.end(), number) != list.end();
}

struct Shrunk {
  Numbers list;
  bool ended = false;
  int tries = 0;
};

template <typename Fails>
Shrunk shrunk(Numbers list, Fails fails, int tries_max = 1'000'000, size_t least = 1) {
  Shrunk result{std::move(list)};
  DdminList ddmin_list;
  ddmin_list.count = [&] { return result.list.size(); };
  ddmin_list.leave_out = [&](size_t begin, size_t end) {
    REQUIRE(begin < end);
    REQUIRE(end <= result.list.size());
    ++result.tries;
    Numbers rest = result.list;
    rest.erase(rest.begin() + ptrdiff_t(begin), rest.begin() + ptrdiff_t(end));
    if (!fails(rest)) return false;
    result.list = rest;
    return true;
  };
  ddmin_list.go_on = [&] { return result.tries < tries_max; };
  ddmin_list.least = least;
  result.ended = ddmin(ddmin_list);
  return result;
}

template <typename Fails>
void check_no_single_one(const Numbers& list, Fails fails) {
  for (size_t i = 0; i < list.size(); ++i) {
    Numbers rest = list;
    rest.erase(rest.begin() + ptrdiff_t(i));
    CHECK_FALSE(fails(rest));
  }
}

}  // namespace

TEST_CASE("ddmin: it finds what is needed, wherever it is") {
  for (const Numbers& needed : {Numbers{}, Numbers{0}, Numbers{99}, Numbers{0, 99},
                                Numbers{13, 14, 57}, Numbers{1, 20, 40, 60, 80}}) {
    const auto fails = [&](const Numbers& list) {
      return std::all_of(needed.begin(), needed.end(), [&](int one) { return has(list, one); });
    };
    const Shrunk result = shrunk(numbers(100), fails);
    CHECK(result.ended);
    CHECK(result.list == needed);
  }
}

TEST_CASE("ddmin: one of a thousand costs few tries, and nothing at all one") {
  const Shrunk one = shrunk(numbers(1000), [](const Numbers& list) { return has(list, 617); });
  CHECK(one.list == Numbers{617});
  CHECK(one.tries < 40);
  const Shrunk none = shrunk(numbers(1000), [](const Numbers&) { return true; });
  CHECK(none.list.empty());
  CHECK(none.tries == 1);
  CHECK(shrunk({}, [](const Numbers&) { return true; }).ended);
}

TEST_CASE("ddmin: where less can be more, no single one can be left out in the end") {
  // Not monotone: pairs hold one another up.
  const auto pairs = [](const Numbers& list) {
    int whole = 0;
    for (const int one : list) {
      if (has(list, one ^ 1)) {
        ++whole;
      } else if (one % 3 == 0) {
        return false;
      }
    }
    return whole >= 6;
  };
  const Shrunk result = shrunk(numbers(64), pairs);
  CHECK(result.ended);
  CHECK(pairs(result.list));
  check_no_single_one(result.list, pairs);
  // A later one must go before an earlier one can.
  const auto ladder = [](const Numbers& list) {
    for (const int one : list) {
      if (one > 0 && !has(list, one - 1)) return false;
    }
    return has(list, 0);
  };
  const Shrunk climbed = shrunk(numbers(50), ladder);
  CHECK(climbed.ended);
  CHECK(climbed.list == Numbers{0});
}

TEST_CASE("ddmin: it stops when its time is over, with what it has") {
  const auto fails = [](const Numbers& list) { return has(list, 10) && has(list, 700); };
  const Shrunk whole = shrunk(numbers(1000), fails);
  for (int tries = 0; tries < whole.tries; ++tries) {
    const Shrunk cut = shrunk(numbers(1000), fails, tries);
    CHECK_FALSE(cut.ended);
    CHECK(cut.tries == tries);
    CHECK(fails(cut.list));
  }
  CHECK(shrunk(numbers(1000), fails, whole.tries).ended);
}

TEST_CASE("ddmin: it cuts no finer than it is told") {
  const auto fails = [](const Numbers& list) { return has(list, 500); };
  const Shrunk result = shrunk(numbers(1024), fails, 1'000'000, 16);
  CHECK(result.ended);
  CHECK(result.list.size() <= 16);
  CHECK(has(result.list, 500));
}

}  // namespace vordb::sim
