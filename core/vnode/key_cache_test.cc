// The key cache: bounded, second chances for what was hit, and readers keep what they were given.
#include "core/vnode/key_cache.h"

#include <doctest/doctest.h>

using namespace vordb;

namespace {

constexpr BucketId kBucket = 1;

SharedEntry entry(std::string value) {
  auto made = std::make_shared<crdt::Entry>();
  made->live.push_back({{{1, 16, 1}, 1}, {.value = std::move(value)}});
  return made;
}

std::shared_ptr<KeyState> state(std::string value) {
  auto made = std::make_shared<KeyState>();
  made->set("", entry(std::move(value)));
  return made;
}

std::string name(uint64_t n) { return "key" + std::to_string(n); }

void put(KeyCache& cache, uint64_t n, size_t bytes = 1000) {
  cache.put(n, kBucket, name(n), state(std::string(bytes, 'v')));
}

bool holds(KeyCache& cache, uint64_t n) { return cache.find(n, kBucket, name(n)) != nullptr; }

std::string value_of(const KeyState& of) { return of.find("")->live[0].payload.value; }

}  // namespace

TEST_CASE("key cache: finds what was put, and an absent key's empty state") {
  KeyCache cache(1 << 20);
  CHECK_FALSE(holds(cache, 1));
  put(cache, 1);
  CHECK(holds(cache, 1));
  cache.put(2, kBucket, name(2), std::make_shared<KeyState>());
  const auto absent = cache.find(2, kBucket, name(2));
  REQUIRE(absent);
  CHECK(absent->entries.empty());
  CHECK(cache.hits() == 2);
  CHECK(cache.misses() == 1);
}

TEST_CASE("key cache: of two keys with one hash only the newer is cached, and none is mistaken") {
  KeyCache cache(1 << 20);
  cache.put(7, kBucket, "a", state("of a"));
  CHECK_FALSE(cache.find(7, kBucket, "b"));
  CHECK_FALSE(cache.find(7, kBucket + 1, "a"));
  cache.put(7, kBucket, "b", state("of b"));
  CHECK_FALSE(cache.find(7, kBucket, "a"));
  REQUIRE(cache.find(7, kBucket, "b"));
  CHECK(value_of(*cache.find(7, kBucket, "b")) == "of b");
  // An update of the key that is not cached does not touch the one that is.
  cache.update(7, kBucket, "a", "", entry("newer of a"));
  CHECK(value_of(*cache.find(7, kBucket, "b")) == "of b");
}

TEST_CASE("key cache: never holds more than its capacity") {
  constexpr uint64_t kCapacity = 50'000;
  KeyCache cache(kCapacity);
  uint64_t held = 0;
  for (uint64_t n = 0; n < 500; ++n) {
    put(cache, n, 100 + n % 7 * 700);
    CHECK(cache.bytes() <= kCapacity);
    CHECK(holds(cache, n));
  }
  for (uint64_t n = 0; n < 500; ++n) held += holds(cache, n);
  CHECK(held >= 8);
  CHECK(held < 100);
  for (uint64_t n = 0; n < 500; ++n) cache.forget(n);
  CHECK(cache.bytes() == 0);
}

TEST_CASE("key cache: a growing state makes room for itself") {
  KeyCache cache(20'000);
  for (uint64_t n = 0; n < 8; ++n) put(cache, n);
  for (int round = 1; round <= 12; ++round) {
    cache.update(3, kBucket, name(3), "sub" + std::to_string(round), entry(std::string(1000, 'w')));
    CHECK(cache.bytes() <= 20'000);
  }
}

TEST_CASE("key cache: what was hit since the hand passed outlives what was not") {
  KeyCache cache(20'000);
  for (uint64_t n = 0; n < 8; ++n) put(cache, n);
  REQUIRE(holds(cache, 0));
  for (uint64_t n = 100; n < 140; ++n) {
    put(cache, n);
    CHECK(holds(cache, 0));  // hit again each time: never evicted
  }
  for (uint64_t n = 1; n < 8; ++n) CHECK_FALSE(holds(cache, n));
}

TEST_CASE("key cache: no capacity caches nothing, and a large state is not worth it") {
  KeyCache none(0);
  put(none, 1);
  CHECK_FALSE(holds(none, 1));
  CHECK(none.bytes() == 0);
  KeyCache cache(1 << 20);
  put(cache, 1);
  put(cache, 1, KeyCache::kLargestState);
  CHECK_FALSE(holds(cache, 1));  // and what was cached of it is gone, not stale
  CHECK(cache.bytes() == 0);
}

TEST_CASE("key cache: a reader keeps what it was given while the key changes") {
  KeyCache cache(1 << 20);
  cache.put(1, kBucket, "k", state("old"));
  const auto reader = cache.find(1, kBucket, "k");
  cache.update(1, kBucket, "k", "", entry("new"));
  CHECK(value_of(*reader) == "old");
  CHECK(value_of(*cache.find(1, kBucket, "k")) == "new");
  cache.forget(1);
  CHECK(value_of(*reader) == "old");
}

TEST_CASE("key cache: updates add and take away entries of cached keys only") {
  KeyCache cache(1 << 20);
  cache.update(1, kBucket, "k", "e", entry("v"));
  CHECK_FALSE(cache.find(1, kBucket, "k"));
  cache.put(1, kBucket, "k", std::make_shared<KeyState>());
  cache.update(1, kBucket, "k", "e", entry("v"));
  CHECK(cache.find(1, kBucket, "k")->find("e"));
  cache.update(1, kBucket, "k", "e", nullptr);
  CHECK(cache.find(1, kBucket, "k")->entries.empty());
}

TEST_CASE("key cache: a copy and its original do not see what the other takes in or forgets") {
  KeyCache cache(1 << 20);
  for (uint64_t n = 0; n < 600; ++n) put(cache, n, 10);
  KeyCache copy = cache;
  copy.update(1, kBucket, name(1), "", entry("of the copy"));
  cache.update(2, kBucket, name(2), "", entry("of the original"));
  copy.forget(3);
  put(cache, 1000);
  const auto value = [](KeyCache& of, uint64_t n) {
    return value_of(*of.find(n, kBucket, name(n)));
  };
  CHECK(value(cache, 1) == "vvvvvvvvvv");
  CHECK(value(copy, 1) == "of the copy");
  CHECK(value(cache, 2) == "of the original");
  CHECK(value(copy, 2) == "vvvvvvvvvv");
  CHECK(holds(cache, 3));
  CHECK_FALSE(holds(copy, 3));
  CHECK_FALSE(holds(copy, 1000));
  CHECK(value(copy, 599) == "vvvvvvvvvv");
}

TEST_CASE("key cache: a copy evicts what the original would evict") {
  KeyCache cache(20'000);
  for (uint64_t n = 0; n < 30; ++n) put(cache, n);
  for (uint64_t n = 20; n < 25; ++n) holds(cache, n);
  KeyCache copy = cache;
  for (uint64_t n = 100; n < 110; ++n) put(cache, n);
  for (uint64_t n = 100; n < 110; ++n) put(copy, n);
  CHECK(copy.bytes() == cache.bytes());
  for (uint64_t n = 0; n < 110; ++n) CHECK(holds(copy, n) == holds(cache, n));
  CHECK(copy.hits() == cache.hits());
  CHECK(copy.misses() == cache.misses());
}
