// The numbers by which a node's logic is tuned and that no operator sets: how much one step takes
// on, and how long one waits before one asks again. In production they are these. The simulator
// starts nodes with others, since no answer may depend on them: a page of one record, or a wait
// that is always too short, leads to the same data.
#pragma once

#include <cstdint>

namespace vordb {

struct Knobs {
  // ---- coordinators
  uint64_t keys_ahead_max = 16;         // partitions that a listing asks at once
  uint64_t keys_patience_us = 300'000;  // then another owner is asked for a listing's part
  uint64_t read_patience_us = 300'000;  // then another owner is asked to read
  uint64_t rounds_max = 3;              // after so many an error is told as it is
  uint64_t troubled_us = 1'000'000;     // so long this node asks itself last, after it has refused
  uint64_t retry_us = 250'000;          // until owners that are silent are asked again
  uint64_t retry_max_us = 1'000'000;    // the wait doubles up to this

  // ---- shards
  uint64_t digest_rest_intervals = 5;  // a digest that says nothing new is left out so often
  uint64_t report_ticks = 10;          // between two reports to membership that say the same
  uint64_t report_look_ticks = 2;      // between two looks whether there is something new

  // ---- membership
  uint64_t news_us = 150'000;     // between two configurations to one member
  uint64_t silent_intervals = 5;  // heartbeats that may fail to come
  uint64_t join_again_us = 400'000;
  uint64_t join_clean_reports = 2;         // of each shard, before a node is taken for empty
  uint64_t move_report_us = 300'000;       // between two reports of one node
  uint64_t move_propose_us = 500'000;      // between two entries that end moves
  uint64_t move_next_one_us = 4'000'000;   // without effect: then the next member is told
  uint64_t move_laggards_us = 10'000'000;  // enough owners count: the others have so long
  uint64_t chain_resend_us = 150'000;
  uint64_t chain_patience_us = 1'000'000;  // for one ballot, up to twice that
  uint64_t chain_back_off_us = 100'000;    // at least, after a refusal; up to five times that

  // ---- vnodes
  uint64_t ceiling_lead_ms = 2000;  // ahead of the wall clock
  // Of a clock that is ahead of that already: were it more, each restart in a row would put it
  // further ahead.
  uint64_t ceiling_lead_ahead_ms = 250;
  uint64_t strips_max = 256;               // entries that are stripped at once
  uint64_t body_bytes_max = 1 << 20;       // a body of updates ends with the key that passes this,
  uint64_t body_dots_max = 1000;           // or this,
  uint64_t body_asked_max = 256;           // or with so many of the dots that were asked for
  uint64_t gossip_wanted_max = 4096;       // dots that one round looks for
  uint64_t gossip_patience_intervals = 3;  // that a peer has for a large round,
  uint64_t gossip_large = 16;              // which is one of so many dots
  uint64_t push_entries_max = 2000;        // a closure of more is left to gossip
  uint64_t fetches_max = 8;                // snapshots at once, of one shard's vnodes
  uint64_t fetch_again_us = 2'000'000;
  uint64_t fetch_asked_max = 5;  // then a part that does not come is given up
  uint64_t fetch_scan_records = 2000;
  uint64_t part_records = 1000;  // of a snapshot
  uint64_t part_bytes = 512 << 10;
  // A view of the disk costs space: it is closed when its receiver has not asked for so long.
  uint64_t give_patience_us = 30'000'000;
  uint64_t list_page_records = 256;
  uint64_t sweep_page_records = 256;
  uint64_t step_entries_max = 1000;  // of one key, removed in one batch
  uint64_t purge_steps_max = 64;     // an expired key of more is left to the sweep
  // How much later each further owner purges an expired key, so that normally only the first does.
  uint64_t purge_turn_ms = 30'000;
  uint64_t early_acks_max = 1000;  // more are dropped: their coordinators ask again
  uint64_t scrub_records = 1000;   // compared at once
  uint64_t scrub_patience_us = 3'000'000;
  // All owners are to announce a time that they are first told to be awaited.
  uint64_t scrub_doubt_patience_us = 20'000'000;

  bool operator==(const Knobs&) const = default;
};

inline constexpr Knobs kDefaultKnobs;

}  // namespace vordb
