// Clocks, batches and the key cache against models that are too simple to be wrong.
#include <map>
#include <set>

#include "core/cluster/ring.h"
#include "core/crdt/hlc.h"
#include "core/crdt/vnode_clock.h"
#include "core/env/batch.h"
#include "core/vnode/key_cache.h"
#include "properties/property.h"

namespace vordb::properties {
namespace {

using crdt::Dot;
using crdt::ReplicaId;
using crdt::VnodeClock;

ReplicaId replica(uint64_t index) { return {uint32_t(index + 1), 16, 1}; }

// ---- vnode clocks

using DotSet = std::set<Dot>;

std::pair<VnodeClock, DotSet> any_clock() {
  VnodeClock clock;
  DotSet model;
  for (uint64_t steps = below(12); steps > 0; --steps) {
    const ReplicaId id = replica(below(2));
    const uint64_t counter = between(1, 8);
    if (below(4) == 0) {
      clock.raise_base(id, counter);
      for (uint64_t c = 1; c <= counter; ++c) model.insert({id, c});
    } else {
      clock.add({id, counter});
      model.insert({id, counter});
    }
  }
  return {clock, model};
}

uint64_t base_of(const DotSet& model, const ReplicaId& id) {
  uint64_t base = 0;
  while (model.contains({id, base + 1})) ++base;
  return base;
}

TEST_CASE("a vnode clock is a set of dots") {
  check_property("clock against a set", [] {
    const auto [clock, model] = any_clock();
    const auto [other, other_model] = any_clock();
    size_t above = 0;
    for (uint64_t r = 0; r < 2; ++r) {
      const ReplicaId id = replica(r);
      uint64_t highest = 0;
      for (uint64_t c = 1; c <= 10; ++c) {
        RC_ASSERT(clock.contains({id, c}) == model.contains({id, c}));
        if (model.contains({id, c})) highest = c;
      }
      const uint64_t base = base_of(model, id);
      RC_ASSERT(clock.base_of(id) == base);
      RC_ASSERT(clock.base().get(id) == base);
      RC_ASSERT(clock.highest_of(id) == highest);
      above += highest > base;
    }
    RC_ASSERT(clock.contiguous() == (above == 0));
    DotSet missing;
    clock.for_each_missing(other, [&](const Dot& dot) { return missing.insert(dot).second; });
    DotSet expected;
    for (const Dot& dot : model) {
      if (!other_model.contains(dot)) expected.insert(dot);
    }
    RC_ASSERT(missing == expected);
    RC_ASSERT(other.covers(clock) == expected.empty());
    RC_ASSERT((clock == other) == (model == other_model));
  });
}

TEST_CASE("a join of vnode clocks is the union of their dots") {
  check_property("join against a union", [] {
    auto [clock, model] = any_clock();
    const auto [other, other_model] = any_clock();
    VnodeClock reversed = other;
    reversed.join(clock);
    const uint64_t bases_before = clock.base_of(replica(0)) + clock.base_of(replica(1));
    const bool grew = clock.join(other);
    RC_ASSERT(grew == (clock.base_of(replica(0)) + clock.base_of(replica(1)) > bases_before));
    RC_ASSERT(clock == reversed);
    RC_ASSERT(clock.covers(other));
    model.insert(other_model.begin(), other_model.end());
    VnodeClock rebuilt;
    for (auto at = model.rbegin(); at != model.rend(); ++at) rebuilt.add(*at);
    RC_ASSERT(clock == rebuilt);
  });
}

// ---- time

TEST_CASE("an hlc rises under any wall clock, never falls behind it and never stands still") {
  check_property("hlc", [] {
    HlcClock clock;
    Hlc last;
    Instant now;
    uint64_t limit_ms = 0;  // what was ahead flows no faster than time passes
    uint64_t ticks = 0;
    for (uint64_t steps = below(60); steps > 0; --steps) {
      const uint64_t passed_ms = below(3) == 0 ? below(100'000) : 0;
      now.monotonic_us += passed_ms * 1000;
      now.wall_ms = coin() ? below(5) : *rc::gen::inRange<uint64_t>(0, 1ull << 46);
      limit_ms = std::max(limit_ms + passed_ms, now.wall_ms);
      const uint64_t reached_ms = last.word == 0 ? 0 : last.ms() + passed_ms * 7 / 8;
      if (below(4) == 0) {
        clock.observe(Hlc::from_ms(now.wall_ms), now);
        RC_ASSERT(clock.last() >= Hlc::from_ms(now.wall_ms));
        continue;
      }
      const Hlc ticked = clock.tick(now);
      ++ticks;
      RC_ASSERT(ticked > last);
      RC_ASSERT(ticked >= Hlc::from_ms(now.wall_ms));
      RC_ASSERT(ticked.ms() + 2 >= reached_ms);
      RC_ASSERT(ticked.word <= Hlc::from_ms(limit_ms).word + ticks);
      RC_ASSERT(clock.last() == ticked);
      last = ticked;
    }
  });
}

// ---- batches

struct Write {
  Batch::Kind kind;
  Family family;
  std::string key;
  std::string value;
  bool operator==(const Write&) const = default;
};

TEST_CASE("a batch is the list of its writes") {
  check_property("batch against a vector", [] {
    Batch batch;
    std::vector<Write> model;
    for (uint64_t steps = below(20); steps > 0; --steps) {
      const Family family = Family(below(65536));
      const std::string key = any_bytes(12);
      const std::string value = any_bytes(12);
      switch (below(5)) {
        case 0:
          batch.erase(family, key);
          model.push_back({Batch::Kind::kDelete, family, key, ""});
          break;
        case 1:
          batch.erase_range(family, key, value);
          model.push_back({Batch::Kind::kDeleteRange, family, key, value});
          break;
        case 2: {
          const Batch copy = batch;
          batch.append(copy);
          model.reserve(model.size() * 2);
          model.insert(model.end(), model.begin(), model.begin() + ptrdiff_t(model.size()));
          break;
        }
        default:
          batch.put(family, key, value);
          model.push_back({Batch::Kind::kPut, family, key, value});
      }
      if (model.size() > 200) break;
    }
    std::vector<Write> seen;
    batch.for_each([&](const Batch::Write& w) {
      seen.push_back({w.kind, w.family, std::string(w.key), std::string(w.value)});
    });
    RC_ASSERT(seen == model);
    RC_ASSERT(batch.writes() == model.size());
    RC_ASSERT(batch.empty() == model.empty());
  });
}

// ---- the key cache

SharedEntry entry(uint64_t serial, size_t padding) {
  auto made = std::make_shared<crdt::Entry>();
  made->live.push_back({{replica(0), serial}, {.value = std::string(padding, 'v')}});
  return made;
}

bool same(const KeyState& a, const std::map<std::string, SharedEntry>& b) {
  if (a.entries.size() != b.size()) return false;
  for (const KeyEntry& e : a.entries) {
    const auto at = b.find(e.subkey);
    if (at == b.end() || !(*at->second == *e.entry)) return false;
  }
  return true;
}

TEST_CASE("the key cache shows a key as it is or not at all, within its capacity") {
  uint64_t hits = 0;
  check_property("cache against a map", [&] {
    constexpr uint64_t kCapacity = 6000;
    KeyCache cache(kCapacity);
    std::map<uint64_t, std::map<std::string, SharedEntry>> model;  // what is durable
    std::vector<std::pair<std::shared_ptr<const KeyState>, std::map<std::string, SharedEntry>>>
        given;
    uint64_t serial = 0;
    for (uint64_t steps = below(60); steps > 0; --steps) {
      const uint64_t key = below(12);
      const uint64_t hash = key / 2;  // two keys share each hash
      const std::string name = "k" + std::to_string(key);
      switch (below(4)) {
        case 0: {  // a read that missed brings the whole state
          auto state = std::make_shared<KeyState>();
          for (const auto& [subkey, e] : model[key]) state->set(subkey, e);
          cache.put(hash, 1, name, state);
          break;
        }
        case 1: {  // a write becomes durable
          const std::string subkey(1, char('a' + below(3)));
          const SharedEntry e = below(4) == 0 ? nullptr : entry(++serial, below(500));
          if (e) {
            model[key][subkey] = e;
          } else {
            model[key].erase(subkey);
          }
          cache.update(hash, 1, name, subkey, e);
          break;
        }
        case 2:
          if (below(8) == 0) cache.forget(hash);
          break;
        default:
          if (auto state = cache.find(hash, 1, name)) {
            ++hits;
            RC_ASSERT(same(*state, model[key]));
            given.emplace_back(std::move(state), model[key]);
          }
      }
      RC_ASSERT(cache.bytes() <= kCapacity);
    }
    for (const auto& [state, as_given] : given) RC_ASSERT(same(*state, as_given));
  });
  CHECK(hits > uint64_t(property_cases()) / 4);
}

// ---- the ring

TEST_CASE("keys spread evenly over the partitions, whatever their pattern") {
  constexpr uint32_t kRing = 256;
  constexpr uint64_t kKeys = 256 * 400;
  for (const char* prefix : {"", "user:", "a/rather/long/prefix/that/all/keys/share/"}) {
    std::vector<uint64_t> load(kRing);
    for (uint64_t i = 0; i < kKeys; ++i) {
      const uint64_t hash = cluster::ring_hash(17, prefix + std::to_string(i));
      ++load[cluster::partition_of(hash, kRing)];
    }
    // The deviation of one load is 20; six of them would be chance once in a million rings.
    for (const uint64_t keys : load) {
      CHECK(keys > 400 - 120);
      CHECK(keys < 400 + 120);
    }
  }
}

}  // namespace
}  // namespace vordb::properties
