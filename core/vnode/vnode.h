// A vnode: one placement's state machine on one node. It mutates, merges, replicates, purges and
// answers reads for the keys of its partition by DATA.md's rules.
//
// An actor is a value: copyable, comparable by fingerprint, changed only in its step functions.
// Nothing leaves it that is not durable (rule 1): a mutation lives in the open group, then in a
// group in flight, and only later mutations see it there.
//
// What it is lies in state.h, and each value there has a header of its own. What it does lies in
// the parts, which read and change that state within a turn:
//
//   a key       key_tasks     one task of a key after the other
//               loads         what a task reads first
//               writes        what it leaves in the open group
//   clients     mutations     a change: admitted, read for; effects: what it does to the key
//               reads         keys and listings
//               acknowledgements  what coordinators are told, once durable
//   owners      deltas        each durable mutation at once; merges: those of others
//               gossip        what a peer lacks, with its closure (collecting); pushes: on request
//               announcements what the owners tell each other of themselves
//               agreement     fences, seals and stable time, which follow from that
//   time        forgetting    what is stable goes; strips: contexts that are covered
//   moves       handover      learning, counting and leaving
//               fetching      a snapshot received; giving: one given
//   doubt       scrubbing     whether the others hold the same
//   disk        recovery      what an earlier life left; commits: what becomes durable
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "core/fields.h"
#include "core/messages.h"
#include "core/taker_state.h"
#include "core/vnode/state.h"
#include "core/vnode/turn.h"

namespace vordb {
namespace pb {
class PeerMessage;
}  // namespace pb
}  // namespace vordb

namespace vordb::vnode {

struct StoredVnode;

class Vnode {
 public:
  // An empty vnode. Where an earlier one was dropped, `birth.life` is above that one's.
  Vnode(PlacementId id, const Birth& birth, const Configuration& configuration)
      : state_(id, birth, configuration) {}

  // Takes over what an earlier life left on the disk. Reads at start only.
  absl::Status recover(const StoredVnode& stored, Turn& turn);

  void step(KeyMutation mutation, Turn& turn);
  void step(KeyRead read, Turn& turn);
  void step(KeyList list, Turn& turn);
  void step(KeyPush push, Turn& turn);
  void step(const pb::PeerMessage& message, Turn& turn);
  // How it stands to this message, a peer vnode's or a coordinator's.
  TakerState state_for(const pb::PeerMessage& message, const Configuration& configuration) const;
  void step(DiskEvent event, Turn& turn);
  // The configuration changed: takes up the roles that it gives, clears what dropped buckets left
  // behind.
  void configuration_changed(Turn& turn);
  // Every sync interval: announce what has changed, gossip, forget.
  void tick(Turn& turn);
  // The others are told everything again, and asked for as much.
  void announce_to_all(Turn& turn);
  // What the others were told last, with the times that may be told now; nothing: there is more to
  // tell than times.
  std::optional<StandingWord> standing_word(Turn& turn) const;
  // Compares what it holds with every other owner, now.
  void scrub(Turn& turn);
  // `hlc` was told: what happens from now on happens later.
  void told(Hlc hlc, const Instant& now) { state_.time.observe(hlc, now); }
  // What was last heard of this owner still holds, and these times; if it was something else, it is
  // asked for.
  void hear_standing(NodeNumber from, const StandingWord& word, uint64_t epoch, Turn& turn);
  // Every sweep interval: looks for what has become due.
  void sweep(Turn& turn);
  // Every tick of the shard: what waits for a time of its own. Not needed while nothing does.
  void pulse(Turn& turn);
  bool has_pulse() const;
  // Commits the open group.
  void flush(Turn& turn);

  PlacementId id() const { return state_.id; }
  const crdt::ReplicaId& self() const { return state_.self; }
  const Roles& roles() const { return state_.roles; }
  // It holds what makes it count for the placement's move (CLUSTER.md rule 19).
  bool counts() const { return state_.counts_for != 0 && state_.counts_for == roles().move; }
  // All was handed over and erased, durably: the vnode takes part in nothing and may be replaced.
  bool dropped() const { return state_.dropped; }
  // It holds nothing, and the configuration does not call for it.
  bool stranger() const {
    return !roles().serves() && !roles().draining && !has_data() && !dropped() && idle() &&
           !state_.durable.any;
  }
  bool has_data() const { return !state_.durable.clock.empty(); }
  const crdt::VnodeClock& durable_clock() const { return state_.durable.clock; }
  Hlc highest_hlc() const { return state_.time.last(); }
  Hlc stable_time() const { return state_.stable.stable; }
  bool corrupt() const { return state_.corrupt; }
  bool fenced() const { return state_.standing.fenced; }
  bool synced() const { return state_.standing.synced; }
  size_t left_overs() const { return state_.left_overs.size(); }
  size_t waiting() const { return state_.waiting(); }
  // As far as it can tell, all owners hold the same, and it waits for nothing.
  bool settled(const Configuration& configuration) const { return state_.settled(configuration); }
  uint64_t purged() const { return state_.purged; }
  bool fetching() const { return state_.fetch.has_value(); }
  bool scrubbing() const { return state_.scrub.has_value(); }
  const ScrubFigures& scrubbed() const { return state_.scrubbed; }
  const ExchangeFigures& exchanged() const { return state_.exchanged; }
  std::vector<std::pair<NodeNumber, uint64_t>> unacknowledged_dots() const {
    return state_.unacknowledged_dots();
  }
  const LagHistogram& convergence() const { return state_.probe.lags(); }
  // What had come due when it was last looked for, and may be forgotten once every owner knows.
  uint64_t due_entries() const { return state_.due_entries; }
  bool idle() const { return state_.idle(); }
  // For whoever compares: all of it, as it is now.
  const State& state() const { return state_; }

 private:
  State state_;
  VORDB_FIELDS(Vnode, state_)
};

}  // namespace vordb::vnode
