// What a shard tells its observers of itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "core/ids.h"
#include "core/lag_histogram.h"
#include "core/taker_state.h"

namespace vordb {

// Of another node.
struct PeerFigures {
  uint64_t unacknowledged_dots = 0;       // held here, and not known to be held there
  std::optional<int64_t> clock_ahead_ms;  // this node's wall clock before that one's; shard 0 knows
};

// Read by metrics and /status; a copy made on the shard's thread.
struct ShardFigures {
  uint32_t vnodes = 0;
  uint64_t cache_hits = 0;
  uint64_t cache_misses = 0;
  uint64_t cache_bytes = 0;
  uint64_t keys_purged = 0;
  uint64_t contexts_withheld = 0;  // causal contexts too large to be given to a client
  uint64_t commits = 0;
  uint64_t corrupt_vnodes = 0;
  uint64_t waiting_operations = 0;
  uint64_t moving_vnodes = 0;     // of placements that move, owned here before or after
  uint64_t receiving_vnodes = 0;  // of those: owners to be
  uint64_t counting_vnodes = 0;   // and of those: hold enough to count for the move
  uint64_t draining_vnodes = 0;   // that still hand over what they hold
  uint64_t delta_messages = 0;    // sent, since the start
  uint64_t delta_keys = 0;
  uint64_t delta_bytes = 0;
  uint64_t gossip_keys = 0;
  uint64_t gossip_bytes = 0;
  uint64_t repairs = 0;      // reads that had an owner sent what it lacked
  uint64_t due_entries = 0;  // found by the last sweeps: may be forgotten once every owner knows
  uint64_t fetching_vnodes = 0;         // that receive a snapshot now
  uint64_t handoff_received_bytes = 0;  // in snapshots, since the start
  uint64_t handoff_sent_bytes = 0;
  uint64_t handoff_received_entries = 0;
  uint64_t scrubbing_vnodes = 0;   // that compare themselves with another owner now
  uint64_t scrub_ranges = 0;       // found equal since the start
  uint64_t scrub_entries = 0;      // in them
  uint64_t scrub_differences = 0;  // ranges that differ though the clocks are equal
  uint64_t scrub_given_up = 0;     // comparisons that could not be made
  // That some other owner has not said to hold: of each vnode the most that one owner lacks.
  uint64_t unacknowledged_dots = 0;
  // How far the stable time lies behind the clock: the most of any vnode whose owners do not agree
  // yet, or that waits for that time.
  uint64_t stable_lag_ms = 0;
  LagHistogram convergence;  // from durable here until every owner has said to hold it; of samples
  std::map<NodeNumber, PeerFigures> peers;
  std::map<TakerState, uint64_t> turned_away;  // messages of nodes that are not to be listened to
};

}  // namespace vordb
