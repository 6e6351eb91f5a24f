// A vnode: one placement's state machine on one node. It mutates, merges, replicates, purges and
// answers reads for the keys of its partition; DATA.md's rules live here, cut by phase:
//
//   vnode.cc      life: creation, recovery, the open batch, what becomes durable
//   load.cc       what a task must read first; tasks of one key in order
//   mutate.cc     a client's change              read.cc      a client's read
//   acknowledge.cc its dot and its answer
//   merge.cc      entries from other owners      replicate.cc deltas, gossip, announcements
//   stable.cc     fence, seal, stable time       sweep.cc     forgetting
//   handover.cc   roles, moves, the end          fetch.cc     receiving a snapshot
//   push.cc       for a coordinator's quorum     serve.cc     giving one
//   announce.cc   what the others must know
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
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "core/cluster/configuration.h"
#include "core/crdt/vnode_clock.h"
#include "core/env.h"
#include "core/node_options.h"
#include "core/tick.h"
#include "core/vnode/announcement.h"
#include "core/vnode/dot_log.h"
#include "core/vnode/durable_cut.h"
#include "core/vnode/group.h"
#include "core/vnode/key_cache.h"
#include "core/vnode/key_lanes.h"
#include "core/vnode/left_overs.h"
#include "core/vnode/overlay.h"
#include "core/vnode/peers.h"
#include "core/vnode/record_keys.h"
#include "core/vnode/roles.h"
#include "core/vnode/scans.h"
#include "core/vnode/snapshot.h"
#include "core/vnode/stable_time.h"
#include "core/vnode/tasks.h"
#include "core/vnode/vnode_time.h"

namespace vordb {
class Fingerprint;
namespace pb {
class KeyUpdate;
class PeerMessage;
class SnapshotPart;
class SnapshotPull;
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
  uint32_t& fetches;                    // snapshots that vnodes of this shard are receiving
};

// How often pulse() comes.
inline constexpr uint64_t kPulseUs = kTickMs * 1000;

// What operators see of a vnode's exchange with the other owners.
struct ExchangeFigures {
  uint64_t received_bytes = 0;  // in snapshots
  uint64_t sent_bytes = 0;
  uint64_t received_entries = 0;
  uint64_t received_snapshots = 0;  // whole ones
  uint64_t delta_messages = 0;      // sent
  uint64_t delta_keys = 0;
  uint64_t gossip_keys = 0;  // sent because an announcement lacked them
};

// How a vnode comes to life.
struct Birth {
  NodeNumber node = 0;
  uint64_t incarnation = 0;
  uint64_t life = 0;
  OpId first_op = 1;  // operations of vnodes that lived here before have lower ids
};

class Vnode {
 public:
  // An empty vnode. Where an earlier one was dropped, `birth.life` is above that one's.
  Vnode(PlacementId id, const Birth& birth, const Configuration& configuration);

  // Takes over what an earlier life left on the disk. Reads at start only.
  absl::Status recover(const pb::VnodeState& state, Context& context);

  void step(KeyMutation mutation, Context& context);
  void step(KeyRead read, Context& context);
  void step(KeyList list, Context& context);
  void step(KeyPush push, Context& context);
  void step(const pb::PeerMessage& message, Context& context);
  void step(DiskEvent event, Context& context);
  // The configuration changed: takes up the roles that it gives, clears what dropped buckets left
  // behind.
  void configuration_changed(Context& context);
  // Every sync interval: announce what has changed, gossip, forget.
  void tick(Context& context);
  // The others are told everything again, and asked for as much.
  void announce_to_all(Context& context);
  // The content that the others were told last, if it still holds; 0: there is more to tell. With
  // it the times that may be told (lowered to what holds here).
  uint32_t standing_announcement(Hlc* hlc, Hlc* stable, Context& context) const;
  // `hlc` was told: what happens from now on happens later.
  void told(Hlc hlc, const Instant& now) { time_.observe(hlc, now); }
  // What was last heard of this owner still holds, and these times; if it was something else, it is
  // asked for.
  void hear_standing(NodeNumber from, uint32_t content, Hlc hlc, Hlc stable, uint64_t epoch,
                     Context& context);
  // Every sweep interval: looks for what has become due.
  void sweep(Context& context);
  // Every tick of the shard: what waits for a time of its own. Not needed while nothing does.
  void pulse(Context& context);
  bool has_pulse() const {
    const bool announces = announce_soon_ && !dropped_ && !dropping_ && !sole_owner();
    return announces || !left_overs_.empty() || fetch_wanted_ != 0 || fetch_.has_value() ||
           !serving_.empty();
  }
  // Commits the open batch.
  void flush(Context& context);

  PlacementId id() const { return id_; }
  const crdt::ReplicaId& self() const { return self_; }
  const Roles& roles() const { return roles_; }
  // It holds what makes it count for the placement's move (CLUSTER.md rule 19).
  bool counts() const { return counts_for_ != 0 && counts_for_ == roles_.move; }
  // All was handed over and erased, durably: the vnode takes part in nothing and may be replaced.
  bool dropped() const { return dropped_; }
  // It holds nothing, and the configuration does not call for it.
  bool stranger() const {
    return !roles_.serves() && !roles_.draining && !has_data() && !dropped_ && idle() &&
           !durable_.any;
  }
  bool has_data() const { return !durable_.clock.empty(); }
  const crdt::VnodeClock& durable_clock() const { return durable_.clock; }
  Hlc highest_hlc() const { return time_.last(); }
  Hlc stable_time() const { return stable_.stable; }
  bool corrupt() const { return corrupt_; }
  bool fenced() const { return standing_.fenced; }
  bool synced() const { return standing_.synced; }
  size_t left_over_contexts() const { return left_overs_.size(); }
  size_t waiting() const { return parked_.size() + overlay_.groups(); }
  uint64_t purged() const { return purged_; }
  bool fetching() const { return fetch_.has_value(); }
  const ExchangeFigures& exchanged() const { return exchanged_; }
  // Dots held here that some receiver has not announced yet: the largest number of any.
  uint64_t unacknowledged_dots() const;
  bool idle() const { return waiting() == 0 && lanes_.free(); }

  void add_to(Fingerprint& fingerprint) const;

 private:
  enum class Progress : uint8_t { kReady, kWaiting };

  // ---- load.cc
  void start(KeyTask task, Context& context);
  bool run(KeyTask& task, Context& context);
  void plan(KeyTask& task, Context& context);
  Progress load(KeyTask& task, ReadResult* arrived, Context& context);
  Progress load_token(KeyTask& task, ReadResult* arrived, Context& context);
  Progress load_range(KeyTask& task, ReadResult* arrived, Context& context);
  Progress load_points(KeyTask& task, ReadResult* arrived, Context& context);
  Progress load_probes(KeyTask& task, ReadResult* arrived, Context& context);
  void arrived(KeyTask task, ReadResult result, Context& context);
  bool rests(KeyTask& task, Context& context);
  void go_on(KeyTask task, Context& context);
  bool finish(KeyTask& task, Context& context);
  void run_waiting(const std::string& name, Context& context);
  bool load_cached(KeyTask& task, Context& context);
  void take_range(KeyTask& task, const ReadResult& result, Context& context);
  std::optional<ReadResult> read(const ReadRequest& request, Context& context);
  void park(Task task);
  // What the task waited for, if it has `arrived`: that is taken once. Else what `request()` reads
  // now; nothing: the disk cannot say yet, and the task is parked until it does.
  template <typename AnyTask, typename MakeRequest>
  std::optional<ReadResult> next_result(AnyTask& task, ReadResult*& arrived, MakeRequest&& request,
                                        Context& context) {
    if (ReadResult* came = std::exchange(arrived, nullptr)) return std::move(*came);
    std::optional<ReadResult> result = read(request(), context);
    if (!result) park(std::move(task));
    return result;
  }
  ReadRequest entry_range(std::string_view begin, std::string_view end) const;
  // Decodes a record; damage marks the vnode corrupt.
  SharedEntry decode(const Record& record, absl::Status* status, Context& context);
  void note_damage(const absl::Status& status, Context& context);

  // ---- vnode.cc
  absl::Status recover_contexts(Context& context);
  absl::Status recover_log(Context& context);
  ReadResult read_table_at_start(Table table, Context& context) const;
  Family family(Context& context) const;
  std::string record_key(Table table, std::string_view name) const;
  // Every change goes to the open group; this makes sure that the turn's end commits it.
  Group& open(Context& context);
  Standing& change_standing(Context& context);
  SharedEntry write_entry(const KeyTask& task, std::string_view subkey, const crdt::Entry* before,
                          crdt::Entry after, Context& context);
  void note_bucket(BucketId bucket);
  void durable(Group group, Context& context);
  void tell_others(const Group& group, Context& context);
  const std::shared_ptr<const Token>& token();
  void refuse(const KeyMutation& mutation, ErrorCode code, std::string message, std::string hint,
              Context& context, Outcome outcome = Outcome::kRejected);
  void encode_state(pb::VnodeState* state) const;
  // Nobody else holds, or is to hold, anything of this placement.
  bool sole_owner() const { return roles_.others.empty() && roles_.owner; }
  // With nothing left over and no gaps, an absent or present entry merges with a new mutation
  // without being read.
  bool clean() const { return left_overs_.empty() && clock_.contiguous(); }

  // ---- mutate.cc
  bool first_copy(const KeyMutation& mutation);
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
  std::optional<crdt::Dot> clear_entries(KeyTask& task, Hlc hlc, const CausalContext* seen,
                                         bool acknowledges, Context& context);
  void drop_deadline(KeyTask& task, Hlc hlc, Context& context);

  // ---- acknowledge.cc
  crdt::Dot mint(KeyTask& task, Hlc hlc, Context& context);
  void log_dot(const KeyTask& task, const crdt::Dot& dot, std::vector<std::string> touched,
               bool purge, Context& context);
  void write_log(const KeyTask& task, const LoggedDot& logged, Context& context);
  bool logs_undurably(const KeyTask& task, bool LoggedKey::*what) const;
  void remember_answer(const TokenAnswer& answer, Context& context);
  void answer_mutation(const Waiter& waiter, Context& context);
  void acknowledge(KeyTask& task, const crdt::Dot& dot, Hlc hlc, Context& context);
  void acknowledge_unchanged(KeyTask& task, Hlc hlc, Context& context);
  std::string context_after(const KeyTask& task, Hlc hlc) const;

  // ---- merge.cc
  void receive(const pb::Updates& updates, const crdt::ReplicaId& from, uint64_t pv,
               Context& context);
  void receive_key(const pb::KeyUpdate& update, const MergeTask& common, Context& context);
  void acknowledge_merge(const AckWaiter& waiter, bool refused, Context& context);
  void acknowledge_durable(const AckWaiter& waiter, Context& context);
  void finish_merge(KeyTask& task, Context& context);
  void settle(const crdt::Dot& dot, Context& context);
  void settle_void(const crdt::Dot& dot, Context& context);
  void strip_covered(Context& context);
  void finish_strip(KeyTask& task, Context& context);
  void index_context(const std::string& name, const crdt::Entry& after, Context& context);

  // ---- sweep.cc
  bool may_forget() const;
  void begin_scan(ScanTask::Kind kind, Context& context);
  void scan(ScanTask::Kind kind, Context& context);
  void scanned(const ScanTask& task, ReadResult result, Context& context);
  void scanned_due(const ReadResult& result, Context& context);
  void scanned_answers(const ReadResult& result, Context& context);
  void scanned_log(const ReadResult& result, Context& context);
  bool finish_sweep(KeyTask& task, Context& context);
  bool finish_purge(KeyTask& task, Context& context);
  static std::optional<Hlc> due(std::string_view subkey, const crdt::Entry& entry);

  // ---- read.cc
  void run(ReadTask task, ReadResult* arrived, Context& context);
  void answer(ReadTask& task, ReadResult result, Context& context);
  ReadRequest next_read(const ReadTask& task, Context& context) const;
  crdt::VersionVector durable_base() const;
  void answer_state(const KeyRead& read, std::shared_ptr<const KeyState> state, bool more,
                    const Token& token, crdt::VersionVector base, Context& context);
  void run(ListTask task, ReadResult* arrived, Context& context);
  bool shows(const Bucket& bucket, std::string_view subkey, const crdt::Entry& entry,
             uint64_t now_ms) const;
  void take_time(uint64_t now_ms, Context& context);
  void reply(Envelope answer, uint64_t pv, bool shows_expiry, Context& context);
  void release(HeldReply held, Context& context);

  // ---- replicate.cc
  void send_deltas(const Group& group, Context& context);
  std::optional<MergeTask::Origin> waits_for(const Delta& delta) const;
  void send_closed_delta(const std::vector<const Delta*>& deltas, Context& context);
  void end_closed_delta(const GossipTask& task, Context& context);
  PeerView own_view(const Configuration& configuration) const;
  void announce(std::span<const NodeNumber> to, bool ask, Context& context);
  void heard_from(NodeNumber from, Context& context);
  void announce_if_due(Context& context);
  void receive_announcement(const pb::PeerMessage& message, const crdt::ReplicaId& from,
                            Context& context);
  void gossip(NodeNumber to, Context& context);
  void run(GossipTask task, ReadResult* arrived, Context& context);
  std::optional<ReadRequest> next_read(GossipTask& task, Context& context);
  absl::Status take(GossipTask& task, const ReadResult& result, Context& context);
  void send_gossip(const GossipTask& task, Context& context);
  void send(NodeNumber to, pb::PeerMessage& message, Context& context);
  // What a restart would begin above, as far as anybody else can tell.
  Hlc ceiling() const { return sole_owner() ? Hlc{UINT64_MAX} : durable_.ceiling; }
  void add_updates(const GossipTask& task, pb::Updates* updates) const;

  // ---- push.cc
  void end_push(const GossipTask& task, bool complete, Context& context);
  void send_ack(const AckWaiter& waiter, bool refused, Context& context);

  // ---- handover.cc
  void take_roles(const Configuration& configuration);
  void learn_to_take_part(const PeerView& view, Context& context);
  void become_fenced(Hlc at_least, Context& context);
  size_t owners_held() const;
  bool holds_a_complete_owner(Context& context) const;
  void note_progress(Context& context);
  void consider_drop(Context& context);
  void erase_all(Batch& batch, Context& context) const;

  // ---- fetch.cc
  void consider_fetch(NodeNumber from, Context& context);
  void ask(Context& context);
  static uint64_t new_session(Context& context);
  void receive(const pb::SnapshotPart& part, const crdt::ReplicaId& from, Context& context);
  void advance_fetch(Context& context);
  void run(FetchScanTask task, ReadResult* arrived, Context& context);
  void finish_fetch(Context& context);
  void end_fetch(Context& context);
  void release_held(Context& context);

  // ---- serve.cc
  void receive(const pb::SnapshotPull& pull, NodeNumber from, Context& context);
  void run(ServeTask task, ReadResult* arrived, Context& context);
  static absl::Status take_clock(Serving& serving, const ReadResult& result);
  void send_part(const ServeTask& task, const ReadResult& result, Context& context);
  absl::Status add_entries(const std::vector<Record>& records, pb::Updates* updates,
                           Context& context);
  static absl::Status add_answers(const std::vector<Record>& records, pb::SnapshotPart* part);
  void end_serving(NodeNumber to, Context& context);
  void end_idle_servings(Context& context);

  // ---- stable.cc
  bool admit(const crdt::ReplicaId& from, Context& context);
  void learn_fence(const Fence& fence, Context& context);
  void seal(Context& context);
  void update_stable(Context& context);
  // The newest life of this very vnode that is known is another one: a clone or a restored backup.
  bool superseded() const { return standing_.fence.retired(self_); }
  Standpoint standpoint(const Configuration& configuration) const {
    return {roles_, durable_.standing.fence, configuration};
  }

  PlacementId id_;
  crdt::ReplicaId self_;
  Roles roles_;
  // With everything up to the open group.
  crdt::VnodeClock clock_;
  Standing standing_;
  VnodeTime time_;
  DurableCut durable_;       // with everything that is durable: only this is ever told to anybody
  bool dropped_ = false;     // its data was erased, durably
  bool dropping_ = false;    // the batch that does so is on its way
  uint64_t counts_for_ = 0;  // the move that this vnode counts for
  Peers peers_;
  StableTime stable_;
  std::vector<BucketId> buckets_;  // may have data here
  bool corrupt_ = false;
  uint64_t purged_ = 0;
  bool announce_soon_ = true;       // to all, as soon as this life's record is durable
  NodeNumber fetch_wanted_ = 0;     // a snapshot from this owner is wanted and waits for its turn
  uint32_t announced_content_ = 0;  // what all others were told last
  std::set<NodeNumber> asked_;      // for an announcement, since the last tick
  ExchangeFigures exchanged_;
  uint64_t durable_groups_ = 0;

  OpId first_op_;
  OpId next_op_;
  Overlay overlay_;
  absl::btree_map<OpId, Task> parked_;
  KeyLanes lanes_;
  LeftOvers left_overs_;
  size_t stripping_ = 0;  // entries of it that are being stripped
  Scans scans_;           // under way, a page a tick
  DotLog log_;
  std::set<NodeNumber> gossiping_;  // peers that a gossip task is being collected for
  std::map<NodeNumber, crdt::Dot> gossip_behind_;  // where the next round to a peer begins
  std::shared_ptr<const Token> token_;             // of durable_; null: to be made
  std::optional<Fetch> fetch_;                     // the snapshot being received
  std::map<NodeNumber, Serving> serving_;          // snapshots being given
  NodeNumber announce_to_ = 0;         // who sent gossip that is being taken in: it may have more
  std::vector<AckWaiter> early_acks_;  // of a placement version that is not in use here yet
  // Mutations that other nodes' coordinators asked for lately.
  using Request = std::tuple<NodeNumber, uint16_t, OpId>;
  absl::btree_set<Request> taken_;
  std::deque<Request> taken_in_order_;
};

}  // namespace vordb::vnode
