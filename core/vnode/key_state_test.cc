// A key's durable entries: sorted, never vacant.
#include "core/vnode/key_state.h"

#include <doctest/doctest.h>

using namespace vordb;

namespace {

SharedEntry entry(std::string value) {
  auto made = std::make_shared<crdt::Entry>();
  made->live.push_back({{{1, 16, 1}, 1}, {.value = std::move(value)}});
  return made;
}

}  // namespace

TEST_CASE("key state: entries stay sorted by subkey in whatever order they come") {
  KeyState state;
  for (const char* subkey : {"m", "a", "z", "", "b"}) state.set(subkey, entry(subkey));
  REQUIRE(state.entries.size() == 5);
  for (size_t i = 1; i < state.entries.size(); ++i) {
    CHECK(state.entries[i - 1].subkey < state.entries[i].subkey);
  }
  for (const char* subkey : {"m", "a", "z", "", "b"}) {
    REQUIRE(state.find(subkey));
    CHECK(state.find(subkey)->live[0].payload.value == subkey);
  }
  CHECK_FALSE(state.find("c"));
  CHECK_FALSE(state.find("zz"));
}

TEST_CASE("key state: setting again replaces, a vacant or null entry takes away") {
  KeyState state;
  state.set("a", entry("one"));
  state.set("b", entry("two"));
  state.set("a", entry("three"));
  CHECK(state.entries.size() == 2);
  CHECK(state.find("a")->live[0].payload.value == "three");
  state.set("a", std::make_shared<crdt::Entry>());
  CHECK_FALSE(state.find("a"));
  state.set("b", nullptr);
  CHECK(state.entries.empty());
  state.set("c", nullptr);
  state.set("d", std::make_shared<crdt::Entry>());
  CHECK(state.entries.empty());
}

TEST_CASE("key state: an entry with only a context is kept") {
  KeyState state;
  auto left_over = std::make_shared<crdt::Entry>();
  left_over->context.raise({1, 16, 1}, 3);
  state.set("e", left_over);
  CHECK(state.find("e"));
}

TEST_CASE("key state: its size counts every value and every entry") {
  KeyState state;
  const size_t empty = state.bytes();
  state.set("a", entry(std::string(10'000, 'v')));
  const size_t one = state.bytes();
  CHECK(one >= empty + 10'000);
  state.set("b", entry(std::string(20'000, 'v')));
  CHECK(state.bytes() >= one + 20'000);
  state.set("a", nullptr);
  CHECK(state.bytes() < one + 20'000);
}
