// Records: canonical bytes, and a checksum that refuses every damaged bit and every exchange of
// records.
#include "core/codec.h"

#include <doctest/doctest.h>

using namespace vordb;
using namespace vordb::crdt;

namespace {

constexpr ReplicaId kA{1, 16, 0x1234};
constexpr ReplicaId kB{2, UINT64_MAX, UINT64_MAX};

Entry rich_entry() {
  Entry entry;
  entry.live.push_back({{kA, 1}, {.hlc = Hlc{UINT64_MAX}, .expires_at_ms = 5, .value = "value"}});
  entry.live.push_back({{kA, 9}, {.birth = 3, .p = UINT64_MAX, .n = 1}});
  entry.live.push_back({{kB, 1}, {.tombstone = true, .value = std::string("\0\xff", 2)}});
  entry.context.raise(kA, 7);
  entry.context.raise(kB, UINT64_MAX);
  entry.baseline = {3, 4, 5, Hlc{6}};
  return entry;
}

absl::Status decode(std::string_view key, std::string_view bytes) {
  Entry entry;
  return decode_entry(key, bytes, &entry);
}

}  // namespace

TEST_CASE("codec: entries come back as they were") {
  for (const Entry& entry : {Entry{}, rich_entry()}) {
    Entry back;
    REQUIRE(decode_entry("key", encode_entry("key", entry), &back).ok());
    CHECK(back == entry);
  }
}

TEST_CASE("codec: equal entries are equal bytes, however they were made") {
  Entry one;
  one.context.raise(kA, 3);
  one.context.raise(kB, 4);
  Entry two;
  two.context.raise(kB, 1);
  two.context.raise(kB, 4);
  two.context.raise(kA, 3);
  CHECK(encode_entry("k", one) == encode_entry("k", two));
  two.context.raise(kA, 4);
  CHECK(encode_entry("k", one) != encode_entry("k", two));
}

TEST_CASE("codec: a flipped bit anywhere is refused") {
  const std::string good = encode_entry("key", rich_entry());
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = char(bad[bit / 8] ^ 1 << bit % 8);
    REQUIRE(absl::IsDataLoss(decode("key", bad)));
  }
}

TEST_CASE("codec: a record cut off, lengthened or empty is refused") {
  const std::string good = encode_entry("key", rich_entry());
  for (size_t bytes = 0; bytes < good.size(); ++bytes) {
    REQUIRE(absl::IsDataLoss(decode("key", good.substr(0, bytes))));
  }
  CHECK(absl::IsDataLoss(decode("key", good + '\0')));
  CHECK(absl::IsDataLoss(decode("key", '\0' + good)));
}

TEST_CASE("codec: a record does not answer for another key") {
  const std::string bytes = encode_entry("key", rich_entry());
  CHECK(absl::IsDataLoss(decode("kez", bytes)));
  CHECK(absl::IsDataLoss(decode("", bytes)));
  CHECK(absl::IsDataLoss(decode(std::string("key\0", 4), bytes)));
}

TEST_CASE("codec: an entry with ill-ordered, doubled or unnumbered dots is refused") {
  pb::Entry good;
  to_pb(rich_entry(), &good);
  Entry entry;
  CHECK(from_pb(good, &entry).ok());
  pb::Entry swapped = good;
  swapped.mutable_live()->SwapElements(0, 1);
  CHECK(absl::IsInvalidArgument(from_pb(swapped, &entry)));
  pb::Entry doubled = good;
  *doubled.mutable_live(1)->mutable_dot() = good.live(0).dot();
  CHECK(absl::IsInvalidArgument(from_pb(doubled, &entry)));
  pb::Entry zero = good;
  zero.mutable_live(0)->mutable_dot()->set_counter(0);
  CHECK(absl::IsInvalidArgument(from_pb(zero, &entry)));
  // With the right checksum too.
  CHECK(absl::IsDataLoss(decode("k", seal_record("k", zero))));
}

TEST_CASE("codec: clocks and vectors come back, and ill-ordered ones are put right") {
  VnodeClock clock;
  clock.raise_base(kA, 5);
  clock.add({kA, 8});
  clock.add({kA, 10});
  clock.add({kB, 2});
  ReplicaClocks message;
  to_pb(clock, &message);
  CHECK(clock_from_pb(message) == clock);
  message.SwapElements(0, 1);
  message.Mutable(1)->add_above(0);
  message.Mutable(1)->add_above(3);
  message.Mutable(1)->add_above(8);
  CHECK(clock_from_pb(message) == clock);
  VersionVector vector;
  vector.raise(kA, 5);
  vector.raise(kB, 1);
  ReplicaClocks components;
  to_pb(vector, &components);
  components.SwapElements(0, 1);
  CHECK(vector_from_pb(components) == vector);
}
