// A Cow behaves as its value does, and copies it no more than it must.
#include "core/cow.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace vordb;

namespace {

// Counts how many of it there are and how often it was copied.
struct Counted {
  static inline int alive = 0;
  static inline int copies = 0;

  int value = 0;

  Counted() { ++alive; }
  explicit Counted(int of) : value(of) { ++alive; }
  Counted(const Counted& other) : value(other.value) {
    ++alive;
    ++copies;
  }
  Counted(Counted&& other) noexcept : value(other.value) { ++alive; }
  Counted& operator=(const Counted&) = default;
  ~Counted() { --alive; }
  bool operator==(const Counted&) const = default;
};

struct NotEqual {
  int value = 0;
};

}  // namespace

TEST_CASE("a Cow without a value holds that of its type's default") {
  const Cow<std::vector<int>> none;
  CHECK(none->empty());
  CHECK(none == Cow<std::vector<int>>());
}

TEST_CASE("a copy of a Cow shares its value until one of them is edited") {
  Counted::copies = 0;
  Cow<Counted> a(Counted(1));
  Cow<Counted> b = a;
  CHECK(a.shares(b));
  CHECK(b->value == 1);
  CHECK((*b).value == 1);
  CHECK(Counted::copies == 0);

  b.edit().value = 2;
  CHECK(a->value == 1);
  CHECK(b->value == 2);
  CHECK(Counted::copies == 1);
  CHECK_FALSE(a.shares(b));

  // Both are alone again.
  a.edit().value = 3;
  b.edit().value = 4;
  CHECK(Counted::copies == 1);
}

TEST_CASE("who is left alone with a value edits it in place") {
  Counted::copies = 0;
  Cow<Counted> a(Counted(1));
  {
    const Cow<Counted> b = a;
    CHECK(b.shares(a));
  }
  a.edit().value = 2;
  CHECK(Counted::copies == 0);
}

TEST_CASE("a value ends with its last holder") {
  const int before = Counted::alive;
  {
    Cow<Counted> a(Counted(1));
    Cow<Counted> b = a;
    std::optional<Cow<Counted>> c = b;
    a = Cow<Counted>(Counted(2));
    CHECK(Counted::alive == before + 2);
    b = a;
    CHECK((*c)->value == 1);
    CHECK(Counted::alive == before + 2);
    c.reset();
    CHECK(Counted::alive == before + 1);
    Cow<Counted> d = std::move(b);
    CHECK(d.shares(a));
    b = d;
    CHECK(b->value == 2);
    Cow<Counted>& same = d;
    d = same;
    d = std::move(same);
    CHECK(d->value == 2);
  }
  CHECK(Counted::alive == before);
}

TEST_CASE("equal values are equal wherever they lie") {
  const Cow<std::string> a(std::string("x"));
  const Cow<std::string> b(std::string("x"));
  CHECK(a == b);
  CHECK_FALSE(a.shares(b));
  CHECK(a != Cow<std::string>(std::string("y")));
}

TEST_CASE("a value that cannot be compared can be held") {
  Cow<NotEqual> a;
  const Cow<NotEqual> b = a;
  a.edit().value = 1;
  CHECK(b->value == 0);
}
