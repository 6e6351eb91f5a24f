// One key on three replicas, its messages lost, doubled and late, against a model that remembers
// every operation: what a replica shows is what the operations that it knows of say, by the plain
// definition of each type. The replicas use the real entries, deltas, merge and clocks.
//
// A message carries the sender's entries, filled by its base; so its receiver knows afterwards all
// that the sender knew. A delta settles its own dot only, gossip all dots that the sender has
// settled or learnt (DATA.md rules 3, 5 and 6).
#include <array>
#include <map>
#include <set>

#include "core/crdt/counter.h"
#include "core/crdt/register.h"
#include "core/crdt/set.h"
#include "properties/crdt_states.h"

namespace vordb::properties {
namespace {

using crdt::Dot;
using crdt::Entry;
using crdt::EntryKind;
using crdt::ReplicaId;
using crdt::VersionVector;
using crdt::VnodeClock;

constexpr uint32_t kReplicas = 3;

ReplicaId replica(uint32_t index) { return {index + 1, 16, 1}; }

// An operation as the model remembers it: its dot, what it says, and which operations its replica
// knew of.
struct Operation {
  Dot dot;
  Hlc hlc;
  bool takes_away = false;  // a removal, a deletion, a reset
  int64_t by = 0;           // counters
  std::set<size_t> knew;
};

using Entries = std::map<uint32_t, Entry>;  // counters have one a replica, the others one in all

struct Packet {
  uint32_t to = 0;
  Entries entries;
  VersionVector base;
  std::vector<Dot> dots;
  std::set<size_t> known;
  Hlc hlc;
};

struct Replica {
  Entries entries;
  VnodeClock clock;
  HlcClock time;
  std::set<size_t> known;
};

class Cluster {
 public:
  explicit Cluster(EntryKind kind) : kind_(kind) {}

  void run(uint64_t steps) {
    for (; steps > 0; --steps) {
      const uint32_t at = uint32_t(below(kReplicas));
      switch (below(6)) {
        case 0:
        case 1:
          mutate(at);
          break;
        case 2:
          gossip(at);
          break;
        default:
          receive();
      }
      for (uint32_t i = 0; i < kReplicas; ++i) check(i);
    }
  }

  // Everybody tells everybody, twice; then all are equal and nothing is left over.
  void heal() {
    packets_.clear();
    for (int round = 0; round < 2; ++round) {
      for (uint32_t at = 0; at < kReplicas; ++at) gossip(at);
      while (!packets_.empty()) take(0, false);
    }
    for (uint32_t i = 0; i < kReplicas; ++i) {
      check(i);
      RC_ASSERT(replicas_[i].known.size() == operations_.size());
      RC_ASSERT(replicas_[i].clock == replicas_[0].clock);
      RC_ASSERT(replicas_[i].clock.contiguous());
      RC_ASSERT(replicas_[i].entries == replicas_[0].entries);
      for (const auto& [index, entry] : replicas_[i].entries) RC_ASSERT(entry.context.empty());
    }
  }

  size_t operations() const { return operations_.size(); }
  uint64_t left_over() const { return left_over_; }

 private:
  Entry& entry(uint32_t at, uint32_t index) { return replicas_[at].entries[index]; }

  void mutate(uint32_t at) {
    Replica& r = replicas_[at];
    const Dot dot{replica(at), r.clock.highest_of(replica(at)) + 1};
    const Hlc hlc = r.time.tick({below(10), 0});
    Operation operation{dot, hlc, below(3) == 0, 0, r.known};
    if (kind_ == EntryKind::kCounter) {
      if (!operation.takes_away) operation.by = int64_t(below(9)) - 4;
      for (uint32_t i = 0; i < kReplicas; ++i) {
        const Entry current = entry(at, i);
        if (operation.takes_away) {
          apply(at, i, crdt::counter_reset(current, hlc));
        } else if (i == at) {
          const uint64_t p = operation.by > 0 ? uint64_t(operation.by) : 0;
          const uint64_t n = operation.by < 0 ? uint64_t(-operation.by) : 0;
          apply(at, i, crdt::counter_raise(current, dot, p, n));
        }
      }
    } else if (kind_ == EntryKind::kRegister) {
      const Entry current = entry(at, 0);
      apply(at, 0,
            operation.takes_away ? crdt::register_delete(current, dot, hlc)
                                 : crdt::register_put(current, dot, hlc, value_of(dot), 0));
    } else {
      const Entry current = entry(at, 0);
      apply(at, 0,
            operation.takes_away ? crdt::element_remove(current) : crdt::element_add(current, dot));
    }
    r.clock.add(dot);
    strip(at);
    r.known.insert(operations_.size());
    operations_.push_back(operation);
    for (uint32_t to = 0; to < kReplicas; ++to) {
      if (to != at) packets_.push_back(packet(at, to, {dot}));
    }
  }

  void apply(uint32_t at, uint32_t index, const Entry& delta) {
    static const VersionVector kNothing;
    Entry& current = entry(at, index);
    current = crdt::merge(kind_, {current, kNothing}, {delta, kNothing});
  }

  void strip(uint32_t at) {
    for (auto& [index, entry] : replicas_[at].entries)
      entry.context.strip(replicas_[at].clock.base());
  }

  Packet packet(uint32_t at, uint32_t to, std::vector<Dot> dots) {
    const Replica& r = replicas_[at];
    return {to, r.entries, r.clock.base(), std::move(dots), r.known, r.time.last()};
  }

  void gossip(uint32_t at) {
    std::vector<Dot> dots;
    for (const size_t known : replicas_[at].known) dots.push_back(operations_[known].dot);
    for (uint32_t to = 0; to < kReplicas; ++to) {
      if (to != at) packets_.push_back(packet(at, to, dots));
    }
  }

  void receive() {
    if (packets_.empty()) return;
    const size_t index = below(packets_.size());
    switch (below(5)) {
      case 0:
        packets_.erase(packets_.begin() + std::ptrdiff_t(index));  // lost
        break;
      case 1:
        take(index, true);  // and will come again
        break;
      default:
        take(index, false);
    }
  }

  void take(size_t index, bool keep) {
    const Packet packet = packets_[index];
    if (!keep) packets_.erase(packets_.begin() + std::ptrdiff_t(index));
    Replica& r = replicas_[packet.to];
    const VersionVector base_before = r.clock.base();
    for (const Dot& dot : packet.dots) r.clock.add(dot);
    for (const auto& [i, theirs] : packet.entries) {
      Entry& ours = entry(packet.to, i);
      ours = crdt::merge(kind_, {ours, base_before}, {theirs, packet.base});
      left_over_ += !ours.context.empty() && !r.clock.base().covers(ours.context);
    }
    strip(packet.to);
    r.time.observe(packet.hlc, {});
    r.known.insert(packet.known.begin(), packet.known.end());
  }

  static std::string value_of(const Dot& dot) {
    return std::to_string(dot.replica.node) + "." + std::to_string(dot.counter);
  }

  // ---- what the known operations say, by definition
  void check(uint32_t at) {
    switch (kind_) {
      case EntryKind::kRegister:
        return check_register(at);
      case EntryKind::kCounter:
        return check_counter(at);
      default:
        return check_element(at);
    }
  }

  void check_register(uint32_t at) {
    const Operation* winner = nullptr;
    for (const size_t known : replicas_[at].known) {
      const Operation& o = operations_[known];
      if (!winner || std::pair(winner->hlc, winner->dot) < std::pair(o.hlc, o.dot)) winner = &o;
    }
    const crdt::Payload* shown = crdt::register_read(entry(at, 0), 0);
    const bool expected = winner && !winner->takes_away;
    RC_ASSERT((shown != nullptr) == expected);
    if (expected) RC_ASSERT(shown->value == value_of(winner->dot));
  }

  // An addition stands until an operation that knew of it replaces it or takes it away.
  void check_element(uint32_t at) {
    std::set<Dot> live;
    for (const size_t known : replicas_[at].known) {
      if (!operations_[known].takes_away) live.insert(operations_[known].dot);
    }
    for (const size_t known : replicas_[at].known) {
      for (const size_t seen : operations_[known].knew) live.erase(operations_[seen].dot);
    }
    std::set<Dot> shown;
    for (const crdt::LiveDot& l : entry(at, 0).live) shown.insert(l.dot);
    RC_ASSERT(shown == live);
  }

  // An increment counts unless a reset knew of it.
  void check_counter(uint32_t at) {
    std::set<size_t> forgotten;
    for (const size_t known : replicas_[at].known) {
      const Operation& o = operations_[known];
      if (o.takes_away) forgotten.insert(o.knew.begin(), o.knew.end());
    }
    int64_t expected = 0;
    for (const size_t known : replicas_[at].known) {
      if (!forgotten.contains(known)) expected += operations_[known].by;
    }
    crdt::CounterSum sum;
    for (const auto& [index, entry] : replicas_[at].entries) sum.add(entry);
    RC_ASSERT(sum.saturated() == expected);
  }

  EntryKind kind_;
  std::array<Replica, kReplicas> replicas_;
  std::vector<Operation> operations_;
  std::vector<Packet> packets_;
  uint64_t left_over_ = 0;
};

void check_model(EntryKind kind, const std::string& name) {
  uint64_t operations = 0;
  uint64_t left_over = 0;
  check_property(name, [&] {
    Cluster cluster(kind);
    cluster.run(between(1, 40));
    cluster.heal();
    operations += cluster.operations();
    left_over += cluster.left_over();
  });
  CHECK(operations > uint64_t(property_cases()));
  CHECK(left_over > uint64_t(property_cases()) / 10);  // deltas did overtake one another
}

TEST_CASE("registers show the highest write that is known") {
  check_model(EntryKind::kRegister, "register against a model");
}

TEST_CASE("set elements stand until an operation that saw them takes them away") {
  check_model(EntryKind::kElement, "element against a model");
}

TEST_CASE("counters show every increment that no known reset has seen") {
  check_model(EntryKind::kCounter, "counter against a model");
}

}  // namespace
}  // namespace vordb::properties
