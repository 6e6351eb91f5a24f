// What a vnode does at each event that comes to it: which parts are called, in what order.
#include "core/vnode/vnode.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/assert.h"
#include "core/codec.h"
#include "core/fingerprint.h"
#include "core/peer_codec.h"
#include "core/vnode/acknowledgements.h"
#include "core/vnode/agreement.h"
#include "core/vnode/announcements.h"
#include "core/vnode/collecting.h"
#include "core/vnode/commits.h"
#include "core/vnode/fetching.h"
#include "core/vnode/forgetting.h"
#include "core/vnode/giving.h"
#include "core/vnode/handover.h"
#include "core/vnode/key_tasks.h"
#include "core/vnode/merges.h"
#include "core/vnode/mutations.h"
#include "core/vnode/own_future.h"
#include "core/vnode/pushes.h"
#include "core/vnode/reads.h"
#include "core/vnode/recovery.h"
#include "core/vnode/scrubbing.h"
#include "core/vnode/strips.h"
#include "proto/peer.pb.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

absl::Status Vnode::recover(const StoredVnode& stored, Turn& turn) {
  return Recovery({state_, turn}).recover(stored);
}

void Vnode::step(KeyMutation mutation, Turn& turn) {
  Mutations({state_, turn}).begin(std::move(mutation));
}

void Vnode::step(KeyRead read, Turn& turn) { Reads({state_, turn}).begin(std::move(read)); }

void Vnode::step(KeyList list, Turn& turn) { Reads({state_, turn}).begin_listing(std::move(list)); }

void Vnode::step(KeyPush push, Turn& turn) { Pushes({state_, turn}).begin(std::move(push)); }

void Vnode::step(const pb::PeerMessage& message, Turn& turn) {
  if (state_.corrupt || state_.gone()) return;
  const Part part(state_, turn);
  const crdt::ReplicaId from = from_pb(message.from_replica());
  if (from.node != message.from_node()) return;
  if (names_future_of(state_.self, state_.clock.highest_of(state_.self), message)) {
    turn.env.telemetry.violated("PeerMessage: dots of the receiver that it has not taken");
    turn.env.telemetry.log(LogLevel::kWarning,
                           "a message that names dots which this vnode has yet to take was "
                           "refused: its sender is not whole");
    return;
  }
  if (!Agreement(part).admit(from)) return;
  if (message.has_announcement()) {
    Announcements(part).take_in(message, from);
  } else if (message.has_snapshot_pull()) {
    Giving(part).give(message.snapshot_pull(), from.node);
  } else if (message.has_scrub_ask()) {
    Scrubbing(part).take_in(message.scrub_ask(), from.node, message.epoch());
  } else if (message.has_scrub_answer()) {
    Scrubbing(part).take_in(message.scrub_answer(), from.node);
  } else if (!state_.standing.fenced || !state_.roles.serves()) {
    return;  // an empty store takes nothing before it knows who is retired (rule 8), one that hands
             // over takes nothing more; gossip brings it to those who need it
  } else if (turn.env.disk.free_space() == FreeSpace::kLittle) {
    return;  // gossip brings it again. With more space than this a replica takes it all, or nobody
             // could forget, and so free, anything
  } else if (message.has_delta()) {
    Merges(part).take_in(message.delta(), from, message.pv());
  } else if (message.has_push()) {
    Merges(part).take_in(message.push(), from, message.pv());
  } else if (message.has_gossip()) {
    const pb::Updates& updates = message.gossip();
    if (!updates.keys().empty() || !updates.voids().empty()) state_.announce_to = from.node;
    Merges(part).take_in(updates, from, message.pv());
    if (updates.unlogged()) Fetching(part).consider(from.node);
  } else if (message.has_snapshot_part()) {
    Fetching(part).take_in(message.snapshot_part(), from);
  }
}

TakerState Vnode::state_for(const pb::PeerMessage& message,
                            const Configuration& configuration) const {
  if (state_.dropped) return TakerState::kDropped;
  if (state_.dropping) return TakerState::kDropping;
  if (state_.corrupt) return TakerState::kCorrupt;
  if (is_between_vnodes(message)) {
    const crdt::ReplicaId from = from_pb(message.from_replica());
    if (from.node != message.from_node()) return TakerState::kIllFormed;
    const auto& others = roles().others;
    if (std::find(others.begin(), others.end(), from.node) == others.end()) {
      return TakerState::kUnrelatedSender;
    }
    if (retired(from, state_.standing.fence, configuration)) return TakerState::kRetiredSender;
  }
  if (state_.superseded()) return TakerState::kSuperseded;
  if (!state_.standing.fenced) return TakerState::kUnfenced;
  if (!roles().serves()) return roles().draining ? TakerState::kDraining : TakerState::kUncalled;
  if (!roles().owner) return counts() ? TakerState::kCounting : TakerState::kReceiving;
  return state_.standing.complete ? TakerState::kOwner : TakerState::kIncomplete;
}

void Vnode::step(DiskEvent event, Turn& turn) {
  if (event.op < state_.first_op) return;  // of a vnode that lived here before
  const Part part(state_, turn);
  if (event.kind == DiskEvent::Kind::kCommitted) {
    return Commits(part).take_durable(state_.overlay.take_durable(event.op));
  }
  const auto at = state_.parked.find(event.op);
  VORDB_ASSERT(at != state_.parked.end(), "a read that a task waits for");
  Task parked = std::move(at->second);
  state_.parked.erase(at);
  const auto resume = [&](auto task) {
    using Kind = decltype(task);
    if constexpr (std::is_same_v<Kind, KeyTask>) {
      KeyTasks(part).resume(std::move(task), std::move(event.result));
    } else if constexpr (std::is_same_v<Kind, ReadTask>) {
      Reads(part).go_on(std::move(task), &event.result);
    } else if constexpr (std::is_same_v<Kind, ListTask>) {
      Reads(part).go_on_listing(std::move(task), &event.result);
    } else if constexpr (std::is_same_v<Kind, ScanTask>) {
      Forgetting(part).take_page(task, std::move(event.result));
    } else if constexpr (std::is_same_v<Kind, CollectTask>) {
      Collecting(part).go_on(std::move(task), &event.result);
    } else if constexpr (std::is_same_v<Kind, ServeTask>) {
      Giving(part).go_on(std::move(task), &event.result);
    } else if constexpr (std::is_same_v<Kind, FetchScanTask>) {
      Fetching(part).go_on(std::move(task), &event.result);
    } else {
      static_assert(std::is_same_v<Kind, ScrubTask>);
      Scrubbing(part).go_on(std::move(task), &event.result);
    }
  };
  std::visit([&](auto& task) { resume(std::move(task)); }, parked);
}

void Vnode::configuration_changed(Turn& turn) {
  Part part(state_, turn);
  state_.take_roles(turn.configuration);
  if (state_.gone()) return;
  for (AckWaiter& waiter : std::exchange(state_.early_acks, {})) {
    Acknowledgements(part).acknowledge_durable(waiter);
  }
  Commits(part).erase_dropped_buckets();
}

void Vnode::tick(Turn& turn) {
  if (state_.gone() || turn.env.buggify(Site::kTicksLater)) return;
  const Part part(state_, turn);
  Forgetting(part).go_on();
  if (state_.sole_owner() || state_.gone()) return;
  Commits(part).keep_lead();
  Announcements(part).tick();
  Handover(part).note_progress();
  Forgetting(part).begin_log();
  Scrubbing(part).tick();
}

void Vnode::scrub(Turn& turn) {
  if (!state_.gone()) Scrubbing({state_, turn}).begin(true);
}

void Vnode::announce_to_all(Turn& turn) { Announcements({state_, turn}).tell_all(); }

std::optional<StandingWord> Vnode::standing_word(Turn& turn) const {
  if (state_.content_told == 0 || state_.gone() || !state_.durable.any) return std::nullopt;
  StandingWord word;
  word.content = state_.own_view(turn.configuration).content;
  if (word.content != state_.content_told) return std::nullopt;
  word.hlc = state_.time.tellable(state_.overlay.lowest_hlc(), state_.ceiling(turn.ceiling),
                                  turn.env.clock.now());
  word.stable = state_.stable.stable;
  word.awaited = state_.awaiting();
  return word;
}

void Vnode::hear_standing(NodeNumber from, const StandingWord& word, uint64_t epoch, Turn& turn) {
  Announcements({state_, turn}).hear_standing(from, word, epoch);
}

void Vnode::sweep(Turn& turn) {
  if (state_.gone() || turn.env.buggify(Site::kSweepsLater)) return;
  const Part part(state_, turn);
  Agreement(part).update_stable();
  Forgetting(part).begin(ScanTask::Kind::kDue);
  Forgetting(part).begin(ScanTask::Kind::kAnswers);
}

void Vnode::pulse(Turn& turn) {
  const Part part(state_, turn);
  Giving(part).end_idle();
  Announcements(part).tell_if_due();
  Strips(part).begin();
  Fetching(part).pulse();
}

bool Vnode::has_pulse() const {
  const bool announces = state_.announce_soon && !state_.gone() && !state_.sole_owner();
  return announces || !state_.left_overs.empty() || state_.fetch_wanted != 0 || fetching() ||
         !state_.serving.empty();
}

void Vnode::flush(Turn& turn) { Commits({state_, turn}).flush(); }

}  // namespace vordb::vnode
