// One random history of three owners of a partition: mutations and faults drawn from a seed with
// the weights of a profile, then quiet. In the end all owners are equal byte for byte, nothing is
// left over that could be forgotten, what was acknowledged is there unless a disk was lost, and
// nothing is that was never written.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/chooser.h"
#include "sim/history_record.h"
#include "sim/peer_mutations.h"
#include "sim/vnode_lab.h"

namespace vordb::sim {

enum class HistoryAct : uint8_t {
  kMutate,
  kSettle,
  kFlush,         // one batch more is on its way; some become durable
  kNetwork,       // a message arrives, arrives and stays, or is lost
  kPass,          // a moment passes, and somebody ticks
  kPassTtl,       // so much time that what has a deadline expires
  kStepClock,     // of one owner, by seconds
  kStepClockFar,  // by an hour
  kRestart,       // any number of batches are lost
  kRepair,
  kSweep,
  kPurge,  // an owner sweeps when all that it did is durable
  kSlowReads,
  kFailReads,
  kWipe,     // while both others are whole
  kWipeTwo,  // while the third is whole
  kCopyDisk,
  kRestoreDisk,
  kCreateBucket,
  kDropBucket,
  kLearn,    // an owner hears of the newest configuration
  kKeep,     // a message is kept for long
  kDeliver,  // what was kept arrives
  kHostile,  // what was kept arrives, if its sender is retired there, and says anything at all
};

enum class HistorySubject : uint8_t {
  kRegister,        // never deleted
  kErasedRegister,  //
  kSet,             // elements that are added once and removed
  kBusySet,         // few elements, added and removed again and again, and deletions of the set
  kCounter,         // never reset
  kResetCounter,
  kTtlRegister,
  kTtlSet,
  kRenewedSet,  // of a bucket with a deadline; elements that are added once
  kTtlCounter,
  kOwnBucket,  // sets in buckets that come and go
};

struct HistoryProfile {
  template <typename What>
  using Weights = std::vector<std::pair<What, uint32_t>>;

  const char* name = "";
  Weights<HistoryAct> acts;
  Weights<HistorySubject> subjects;

  template <typename What>
  static What pick(const Weights<What>& weights, Chooser& choose) {
    uint64_t sum = 0;
    for (const auto& [what, weight] : weights) sum += weight;
    uint64_t drawn = choose.below(sum);
    size_t at = 0;
    for (; drawn >= weights[at].second; ++at) drawn -= weights[at].second;
    return weights[at].first;
  }

  bool has(HistoryAct act) const;
  bool loses_disks() const;
};

const std::vector<HistoryProfile>& history_profiles();

// What a history had in it, so that a profile that does nothing shows.
struct HistoryFigures {
  uint64_t additions = 0;
  uint64_t lost_packets = 0;
  uint64_t restarts = 0;
  uint64_t disks = 0;  // wiped or restored
  uint64_t snapshots = 0;
  uint64_t dropped_buckets = 0;
  uint64_t late = 0;      // messages that were kept and came
  uint64_t hostile = 0;   // and those that were changed
  uint64_t renewals = 0;  // of expired sets
};

class VnodeHistory {
 public:
  VnodeHistory(const HistoryProfile& profile, uint64_t seed);
  ~VnodeHistory();

  // So many steps, then some in which nobody mutates: what was not told yet becomes known amid the
  // same faults. Returns what is wrong; empty: nothing.
  std::string run(uint32_t steps);

  const HistoryFigures& figures() const { return figures_; }

 private:
  static constexpr NodeNumber kOwners = 3;

  NodeNumber any_node() { return NodeNumber(1 + choose_.below(kOwners)); }
  bool whole(NodeNumber node);
  bool others_whole(NodeNumber node);

  void step(bool mutates);
  void act(HistoryAct what, NodeNumber at);
  void network();
  void wipe(NodeNumber node);
  void restart(NodeNumber node);
  void repair(NodeNumber from);
  void deliver_kept(bool hostile);
  void create_bucket();
  void drop_bucket();

  // vnode_history_mutate.cc
  void mutate(NodeNumber at);
  void put(NodeNumber at, const std::string& key, BucketId bucket);
  void add_new(NodeNumber at, const std::string& key, BucketId bucket);
  void change_busy_set(NodeNumber at, const std::string& key, BucketId bucket);
  void remove_shown(NodeNumber at, const std::string& key, BucketId bucket);
  void erase_collection(NodeNumber at, const std::string& key, BucketId bucket);
  void renew(NodeNumber at);
  void purge(NodeNumber at);
  void look(NodeNumber at, const std::string& key, BucketId bucket);

  // vnode_history_end.cc
  std::string heal();
  void deliver_all_kept();
  std::string ended_well();
  std::string left_behind();

  const HistoryProfile& profile_;
  Chooser choose_;
  VnodeLab lab_;
  std::unique_ptr<PeerMutations> mutations_;
  HistoryRecord record_;
  HistoryFigures figures_;
  std::vector<VnodeLab::Packet> kept_;
  struct Copy {
    NodeNumber node;
    MemoryDisk::Records records;
  };
  std::vector<Copy> copies_;
  // What some client was shown, to remove by it later.
  struct Look {
    std::string key;
    BucketId bucket;
    VnodeLab::Seen seen;
    uint64_t time;
  };
  std::vector<Look> looks_;
  // Elements of the renewed set that the present life of a node has purged.
  std::map<NodeNumber, std::set<std::string>> purged_;
  std::vector<BucketId> buckets_;  // that were created and not dropped
  std::vector<BucketId> dropped_;
  uint64_t serial_ = 0;
  std::string wrong_;
};

// Runs one; of a failure it tells the fewest steps that show it too.
std::string run_history(const HistoryProfile& profile, uint64_t seed, HistoryFigures* figures);

inline constexpr uint32_t kHistorySteps = 250;

}  // namespace vordb::sim
