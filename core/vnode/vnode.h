// A vnode: one placement's state machine on one node. It mutates, merges, replicates, purges and
// answers reads for the keys of its partition; DATA.md's rules live here, cut by phase:
//
//   vnode.cc      life: creation, recovery, the open batch, what becomes durable
//   load.cc       what a task must read first; tasks of one key in order
//   mutate.cc     a client's change              read.cc      a client's read
//   merge.cc      entries from other owners      sweep.cc     forgetting: tombstones, expiry, old
//   answers replicate.cc  deltas, gossip, announcements  stable.cc    fence, seal, stable time
//
// An actor is a value: copyable, comparable by fingerprint, changed only in its step functions.
// Nothing leaves it that is not durable (rule 1): a mutation lives in the open batch, then in a
// batch in flight, and only later mutations see it there.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "core/cluster/configuration.h"
#include "core/crdt/vnode_clock.h"
#include "core/env.h"
#include "core/shard.h"
#include "core/vnode/key_cache.h"
#include "core/vnode/record_keys.h"
#include "core/vnode/tasks.h"

namespace vordb {
class Fingerprint;
namespace pb {
class Announcement;
class KeyUpdate;
class PeerMessage;
class Updates;
class VnodeState;
}  // namespace pb
}  // namespace vordb

namespace vordb::vnode {

// What a step may use beside the vnode itself.
struct Context {
  Env& env;
  const Configuration& configuration;
  const NodeOptions& options;
  KeyCache& cache;
  std::vector<Envelope>& outbox;        // to actors of this node
  std::vector<PlacementId>& unflushed;  // vnodes with an open batch; their flush() ends the turn
};

// One row of the fence: a node's latest replica id; messages of older ones are refused (rule 8).
struct FenceEntry {
  crdt::ReplicaId latest;
  bool established = false;
  bool operator==(const FenceEntry&) const = default;
};
using Fence = std::map<NodeNumber, FenceEntry>;

// The newest announcement of another owner.
struct PeerView {
  crdt::ReplicaId replica;
  crdt::VnodeClock clock;
  Hlc hlc;
  Hlc stable;
  Fence fence;
  crdt::VersionVector contexts;
  bool operator==(const PeerView&) const = default;
};

// How a vnode comes to life.
struct Birth {
  NodeNumber node = 0;
  uint64_t incarnation = 0;
  uint64_t life = 0;
  // Named by the founding configuration: nothing was ever written before it, so it needs to learn
  // no fence.
  bool founding = true;
};

class Vnode {
 public:
  Vnode(PlacementId id, const Birth& birth, std::vector<NodeNumber> owners);

  // Takes over what an earlier life left on the disk. Reads at start only.
  absl::Status recover(const pb::VnodeState& state, Context& context);

  void step(KeyMutation mutation, Context& context);
  void step(KeyRead read, Context& context);
  void step(KeyList list, Context& context);
  void step(const pb::PeerMessage& message, Context& context);
  void step(DiskEvent event, Context& context);
  // The configuration changed: clears what dropped buckets left behind.
  void configuration_changed(Context& context);
  // Every sync interval: announce, gossip, forget.
  void tick(Context& context);
  // Every sweep interval: looks for what has become due.
  void sweep(Context& context);
  // Commits the open batch.
  void flush(Context& context);

  PlacementId id() const { return id_; }
  const crdt::ReplicaId& self() const { return self_; }
  const crdt::VnodeClock& durable_clock() const { return durable_clock_; }
  Hlc highest_hlc() const { return hlc_.last(); }
  Hlc stable_time() const { return stable_; }
  bool corrupt() const { return corrupt_; }
  bool fenced() const { return fenced_; }
  size_t left_over_contexts() const { return contexts_.size(); }
  size_t waiting() const { return parked_.size() + flights_.size() + (open_.has_work() ? 1 : 0); }
  uint64_t purged() const { return purged_; }
  bool idle() const { return waiting() == 0 && busy_.empty(); }

  void add_to(Fingerprint& fingerprint) const;

 private:
  struct Waiter {
    OpId op = 0;
    uint16_t shard = 0;
    uint64_t timestamp_ms = 0;
  };
  struct Change {
    BucketId bucket = 0;
    uint64_t hash = 0;
    std::string key;
    std::string subkey;
    SharedEntry entry;  // may be vacant
  };
  struct Delta {
    crdt::Dot dot;
    BucketId bucket = 0;
    std::string key;
    std::vector<std::string> subkeys;
  };
  // Mutations and merges on their way to the disk.
  struct Group {
    OpId op = 0;
    uint64_t sequence = 0;
    bool announced_work = false;  // listed in Context::unflushed
    Batch batch;
    std::vector<crdt::Dot> dots;   // settled by this batch
    std::vector<crdt::Dot> bases;  // bases raised by this batch (seal)
    std::vector<Change> changes;
    std::vector<Waiter> waiters;
    std::vector<Delta> deltas;
    std::vector<std::pair<std::string, Answer>> answers;
    Hlc lowest_hlc = Hlc{UINT64_MAX};  // of the mutations inside
    Hlc highest_hlc;                   // of the vnode, when the batch was made
    Hlc ceiling;                       // durable with this batch
    bool state_changed = false;
    bool has_work() const { return state_changed || !batch.empty(); }
  };
  struct Uncommitted {
    SharedEntry entry;
    uint64_t group = 0;  // sequence number of the group that holds it
  };
  enum class Progress : uint8_t { kReady, kWaiting };

  // ---- load.cc
  void start(KeyTask task, Context& context);
  bool run(KeyTask& task, Context& context);
  void plan(KeyTask& task, Context& context);
  Progress load(KeyTask& task, ReadResult* arrived, Context& context);
  Progress load_token(KeyTask& task, ReadResult* arrived, Context& context);
  Progress load_range(KeyTask& task, ReadResult* arrived, Context& context);
  Progress load_points(KeyTask& task, ReadResult* arrived, Context& context);
  void arrived(KeyTask task, ReadResult result, Context& context);
  bool finish(KeyTask& task, Context& context);
  void run_waiting(const std::string& name, Context& context);
  bool load_cached(KeyTask& task, Context& context);
  void take_range(KeyTask& task, const ReadResult& result, Context& context);
  std::vector<KeyEntry> uncommitted_of(BucketId bucket, std::string_view key) const;
  std::optional<ReadResult> read(const ReadRequest& request, Context& context);
  void park(Task task);
  ReadRequest entry_range(std::string_view begin, std::string_view end) const;
  // Decodes a record; damage marks the vnode corrupt.
  SharedEntry decode(const Record& record, absl::Status* status, Context& context);
  void note_damage(const absl::Status& status, Context& context);

  // ---- vnode.cc
  absl::Status recover_contexts(Context& context);
  Family family(Context& context) const;
  std::string record_key(Table table, std::string_view name) const;
  // Every change goes to the open group; this makes sure that the turn's end commits it.
  Group& open(Context& context);
  Group* group(uint64_t sequence);
  SharedEntry write_entry(const KeyTask& task, std::string_view subkey, const crdt::Entry* before,
                          crdt::Entry after, Context& context);
  void note_bucket(BucketId bucket);
  void durable(Group group, Context& context);
  const std::string& token();
  void refuse(OpId op, uint16_t shard, ErrorCode code, std::string message, std::string hint,
              Context& context);
  void encode_state(pb::VnodeState* state) const;
  bool sole_owner() const { return owners_.size() == 1; }
  // With nothing left over and no gaps, an absent or present entry merges with a new mutation
  // without being read.
  bool clean() const { return contexts_.empty() && clock_.contiguous(); }

  // ---- mutate.cc
  void plan_mutation(KeyTask& task, Context& context);
  bool finish_mutation(KeyTask& task, Context& context);
  bool answered_before(KeyTask& task, Context& context);
  bool purge_step(KeyTask& task, Hlc hlc, Context& context);
  bool apply_mutation(KeyTask& task, const Bucket& bucket, Hlc hlc, Context& context);
  bool apply_register(KeyTask& task, const Bucket& bucket, Hlc hlc, Context& context);
  bool apply_set(KeyTask& task, const Bucket& bucket, Hlc hlc, Context& context);
  bool apply_counter(KeyTask& task, const Bucket& bucket, Hlc hlc, Context& context);
  bool apply_delete(KeyTask& task, Hlc hlc, Context& context);
  void renew_deadline(KeyTask& task, const Bucket& bucket, Hlc hlc, const crdt::Dot& dot,
                      std::vector<std::string>& touched, Context& context);
  void change(KeyTask& task, std::string subkey, const crdt::Entry& delta,
              std::vector<std::string>& touched, Context& context);
  crdt::Dot mint(Hlc hlc, Context& context);
  void log_dot(const KeyTask& task, const crdt::Dot& dot, std::vector<std::string> touched,
               Context& context);
  void write_log(const KeyTask& task, const crdt::Dot& dot, const std::vector<std::string>& touched,
                 Context& context);
  void acknowledge(KeyTask& task, const crdt::Dot& dot, Hlc hlc, Context& context);
  void acknowledge_unchanged(KeyTask& task, Hlc hlc, Context& context);
  std::optional<crdt::Dot> clear_entries(KeyTask& task, Hlc hlc, const CausalContext* seen,
                                         bool meta_too, Context& context);

  // ---- merge.cc
  void receive(const pb::Updates& updates, const crdt::ReplicaId& from, Context& context);
  void receive_key(const pb::KeyUpdate& update, const MergeTask& common, Context& context);
  void finish_merge(KeyTask& task, Context& context);
  void settle(const crdt::Dot& dot, std::vector<crdt::ReplicaId>& grown, Context& context);
  void strip_after(const crdt::ReplicaId& grown, Context& context);
  void finish_strip(KeyTask& task, Context& context);
  void index_context(const std::string& name, const crdt::Entry* before, const crdt::Entry& after,
                     Context& context);

  // ---- sweep.cc
  void begin_scan(ScanTask::Kind kind, Context& context);
  void scan(ScanTask::Kind kind, Context& context);
  void scanned(const ScanTask& task, ReadResult result, Context& context);
  void scanned_due(const ReadResult& result, Context& context);
  void scanned_answers(const ReadResult& result, Context& context);
  void scanned_log(const ReadResult& result, Context& context);
  bool finish_sweep(KeyTask& task, Context& context);
  static std::optional<Hlc> due(std::string_view subkey, const crdt::Entry& entry);

  // ---- read.cc
  void run(ReadTask task, ReadResult* arrived, Context& context);
  void answer(ReadTask& task, ReadResult result, Context& context);
  void answer_state(const KeyRead& read, std::shared_ptr<const KeyState> state, bool more,
                    Context& context);
  void run(ListTask task, ReadResult* arrived, Context& context);
  bool shows(const Bucket& bucket, std::string_view subkey, const crdt::Entry& entry,
             uint64_t now_ms) const;

  // ---- replicate.cc
  void send_deltas(const Group& group, Context& context);
  void announce(Context& context);
  void receive(const pb::Announcement& announcement, const crdt::ReplicaId& from, Context& context);
  void gossip(NodeNumber to, Context& context);
  void run(GossipTask task, ReadResult* arrived, Context& context);
  std::optional<ReadRequest> next_read(GossipTask& task, Context& context);
  absl::Status take(GossipTask& task, const ReadResult& result, Context& context);
  void send_gossip(GossipTask& task, Context& context);
  void send(NodeNumber to, pb::PeerMessage& message, Context& context);
  Hlc announced_hlc(Context& context) const;

  // ---- stable.cc
  bool admit(const crdt::ReplicaId& from, Context& context);
  void learn_fence(const Fence& fence, Context& context);
  void seal(Context& context);
  void update_stable(Context& context);
  bool retired(const crdt::ReplicaId& id) const;
  bool all_owners_fenced_alike() const;
  crdt::VnodeClock known_clock() const;
  crdt::VersionVector retired_contexts() const;

  PlacementId id_;
  crdt::ReplicaId self_;
  std::vector<NodeNumber> owners_;  // this node among them
  crdt::VnodeClock clock_;          // with everything up to the open group
  crdt::VnodeClock durable_clock_;
  HlcClock hlc_;
  Hlc durable_hlc_;             // at least every hlc that is durable here
  Hlc durable_ceiling_;         // a restart's clock starts above it
  bool state_durable_ = false;  // this life's own state record is on the disk
  bool fenced_ = false;
  Fence fence_;
  // Of sealed replicas: the dots that are really known, voids aside.
  std::map<crdt::ReplicaId, crdt::VnodeClock::Replica> before_seal_;
  std::map<NodeNumber, PeerView> peers_;
  Hlc stable_;                     // rule 10: T
  Hlc global_stable_;              // and G
  std::vector<BucketId> buckets_;  // may have data here
  bool corrupt_ = false;
  uint64_t purged_ = 0;
  uint64_t durable_groups_ = 0;

  OpId next_op_ = 1;
  Group open_;
  std::deque<Group> flights_;                              // in the order of their commits
  absl::btree_map<std::string, Uncommitted> uncommitted_;  // by entry name
  std::map<std::string, Answer> uncommitted_answers_;      // by request token
  absl::btree_map<OpId, Task> parked_;
  absl::btree_map<std::string, std::deque<KeyTask>>
      busy_;  // by key name: a task of the key waits for the disk
  // Entries with a context left over, by name, and by the dots that they wait for.
  absl::btree_map<std::string, crdt::VersionVector> contexts_;
  absl::btree_set<std::pair<crdt::Dot, std::string>> contexts_by_dot_;
  struct Scan {
    std::string from;
    bool waiting = false;  // for the disk
  };
  std::map<ScanTask::Kind, Scan> scans_;  // under way, a page a tick
  std::set<NodeNumber> gossiping_;        // peers that a gossip task is being collected for
  std::string token_;                     // of durable_clock_; empty: to be made
};

}  // namespace vordb::vnode
