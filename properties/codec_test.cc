// The codecs on arbitrary values and on garbage: what is written comes back, and nothing that was
// not written is taken for it.
#include "core/codec.h"

#include <map>
#include <tuple>

#include "core/vnode/causal_token.h"
#include "core/vnode/record_keys.h"
#include "properties/crdt_states.h"

namespace vordb::properties {
namespace {

using crdt::Entry;

crdt::ReplicaId any_replica() {
  const uint32_t node = uint32_t(any_word());
  const uint64_t incarnation = any_word();
  return {node, incarnation, any_word()};
}

crdt::CounterTotal any_total() {
  const crdt::CounterTotal high = uint32_t(any_word());
  return high << 64 | any_word();
}

crdt::Payload any_payload() {
  crdt::Payload payload;
  payload.hlc = Hlc{any_word()};
  payload.expires_at_ms = any_word();
  payload.birth = any_word();
  payload.p = any_total();
  payload.n = any_total();
  payload.tombstone = coin();
  payload.value = any_bytes(40);
  return payload;
}

Entry any_entry() {
  Entry entry;
  std::map<crdt::Dot, crdt::Payload> live;
  for (uint64_t dots = below(4); dots > 0; --dots) {
    const crdt::ReplicaId replica = any_replica();
    const uint64_t counter = any_word();
    live[{replica, counter == 0 ? 1 : counter}] = any_payload();
  }
  for (const auto& [dot, payload] : live) entry.live.push_back({dot, payload});
  for (uint64_t components = below(4); components > 0; --components) {
    const crdt::ReplicaId replica = any_replica();
    entry.context.raise(replica, any_word());
  }
  if (coin()) {
    entry.baseline.birth = any_word();
    entry.baseline.p = any_word();
    entry.baseline.n = any_word();
    entry.baseline.reset_hlc = Hlc{any_word()};
  }
  return entry;
}

crdt::VnodeClock any_clock() {
  crdt::VnodeClock clock;
  for (uint64_t replicas = below(4); replicas > 0; --replicas) {
    const crdt::ReplicaId id = any_replica();
    clock.raise_base(id, below(1000));
    for (uint64_t dots = below(5); dots > 0; --dots) clock.add({id, between(1, 2000)});
  }
  return clock;
}

bool opens(const std::string& key, const std::string& bytes) {
  Entry entry;
  return decode_entry(key, bytes, &entry).ok();
}

TEST_CASE("any entry comes back from its record, and to the same bytes") {
  check_property("entry round trip", [] {
    const Entry entry = any_entry();
    const std::string key = any_bytes(30);
    const std::string bytes = encode_entry(key, entry);
    Entry back;
    RC_ASSERT(decode_entry(key, bytes, &back).ok());
    RC_ASSERT(back == entry);
    RC_ASSERT(encode_entry(key, back) == bytes);
  });
}

TEST_CASE("a record is refused when it is damaged, cut off, lengthened or another key's") {
  check_property("entry damage", [] {
    const Entry entry = any_entry();
    const std::string key = any_bytes(30);
    const std::string good = encode_entry(key, entry);
    std::string flipped = good;
    const size_t at = below(good.size());
    flipped[at] = char(flipped[at] ^ 1 << below(8));
    RC_ASSERT(!opens(key, flipped));
    RC_ASSERT(!opens(key, good.substr(0, below(good.size()))));
    RC_ASSERT(!opens(key, good + any_bytes(3) + "x"));
    const std::string other = any_bytes(30);
    RC_ASSERT(opens(other, good) == (other == key));
  });
}

TEST_CASE("clocks and contexts come back") {
  check_property("clock round trip", [] {
    const crdt::VnodeClock clock = any_clock();
    ReplicaClocks message;
    to_pb(clock, &message);
    RC_ASSERT(clock_from_pb(message) == clock);
    const PlacementId id{uint8_t(between(1, 9)), uint16_t(below(65536))};
    const auto context =
        decode_token(encode_token({id, Hlc{any_word() >> 1}, crdt::CausalPast(clock)}));
    RC_ASSERT(context.ok());
    RC_ASSERT(context->placement == id);
    RC_ASSERT(context->past.clock() == clock);
  });
}

// Bytes that parse as some message often enough to get behind the parser.
void damage(std::string& bytes) {
  for (uint64_t steps = between(1, 6); steps > 0 && !bytes.empty(); --steps) {
    const size_t at = below(bytes.size());
    switch (below(3)) {
      case 0:
        bytes[at] = char(uint8_t(below(256)));
        break;
      case 1:
        bytes.erase(at, 1);
        break;
      default:
        bytes.insert(at, 1, char(uint8_t(below(256))));
    }
  }
}

TEST_CASE("a damaged message that still parses makes a well-formed value or none") {
  uint64_t behind_the_parser = 0;
  uint64_t refused = 0;
  check_property("entry garbage", [&] {
    pb::Entry message;
    to_pb(any_entry(), &message);
    std::string bytes = message.SerializeAsString();
    damage(bytes);
    pb::Entry parsed;
    if (!parsed.ParseFromString(bytes)) return;
    ++behind_the_parser;
    Entry entry;
    if (!from_pb(parsed, &entry).ok()) {
      ++refused;
      return;
    }
    for (size_t i = 0; i < entry.live.size(); ++i) {
      RC_ASSERT(entry.live[i].dot.counter > 0u);
      if (i > 0) RC_ASSERT(entry.live[i - 1].dot < entry.live[i].dot);
    }
    Entry back;
    RC_ASSERT(decode_entry("k", encode_entry("k", entry), &back).ok());
    RC_ASSERT(back == entry);
  });
  CHECK(behind_the_parser > uint64_t(property_cases()) / 10);
  CHECK(refused > 0);
}

TEST_CASE("contexts from garbage are refused or canonical") {
  check_property("context garbage", [] {
    std::string bytes = encode_token({{3, 7}, Hlc{any_word()}, crdt::CausalPast(any_clock())});
    damage(bytes);
    const auto context = decode_token(bytes);
    if (!context.ok()) return;
    RC_ASSERT(context->placement.n > 0);
    ReplicaClocks message;
    to_pb(context->past.clock(), &message);
    RC_ASSERT(clock_from_pb(message) == context->past.clock());
  });
}

TEST_CASE("names of records sort as what they name, and come back") {
  check_property("entry names", [] {
    const BucketId a_bucket = below(3) * 0xff;
    const BucketId b_bucket = below(3) * 0xff;
    const std::string a_key = any_bytes(5);
    const std::string b_key = coin() ? a_key : any_bytes(5);
    const std::string a_subkey = any_bytes(5);
    const std::string b_subkey = any_bytes(5);
    const std::string a = vnode::entry_name(a_bucket, a_key, a_subkey);
    const std::string b = vnode::entry_name(b_bucket, b_key, b_subkey);
    // Shorter keys come first: a key's length stands before it.
    const auto order = [](BucketId bucket, const std::string& key, const std::string& subkey) {
      return std::tuple(bucket, key.size(), key, subkey);
    };
    RC_ASSERT((a < b) == (order(a_bucket, a_key, a_subkey) < order(b_bucket, b_key, b_subkey)));
    vnode::EntryName parsed;
    RC_ASSERT(vnode::parse_entry_name(a, &parsed));
    RC_ASSERT(parsed.bucket == a_bucket);
    RC_ASSERT(parsed.key == a_key);
    RC_ASSERT(parsed.subkey == a_subkey);
    const bool within =
        vnode::key_begin(a_bucket, a_key) <= b && b < vnode::key_end(a_bucket, a_key);
    RC_ASSERT(within == (a_bucket == b_bucket && a_key == b_key));
  });
  check_property("prefix_end", [] {
    const std::string prefix = any_bytes(4);
    const std::string other = any_bytes(6);
    const std::string end = vnode::prefix_end(prefix);
    const bool begins = other.substr(0, prefix.size()) == prefix;
    RC_ASSERT((prefix <= other && (end.empty() || other < end)) == begins);
  });
}

}  // namespace
}  // namespace vordb::properties
