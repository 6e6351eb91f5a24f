// A snapshot on its way between two owners (DATA.md rule 16), as each side remembers it. All
// entries come from one view of the giver's disk together with the clock of that view. What the
// receiver holds and the snapshot lacks is taken away, the rest of the dot log stored and the clock
// joined, in one batch at the end.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "core/crdt/version_vector.h"
#include "core/crdt/vnode_clock.h"
#include "core/env/disk.h"
#include "core/env/random.h"
#include "core/fields.h"
#include "core/ids.h"
#include "core/vnode/closure.h"
#include "core/vnode/key_state.h"
#include "core/vnode/snapshot_page.h"

namespace vordb::vnode {

// No other session of any life has this number: messages of an earlier one may still be on their
// way, to a life that has asked anew or from one that has restarted (rule 16).
inline uint64_t new_session(Random& random) {
  return std::max<uint64_t>(random.next(), 1);  // 0 stands for none
}

// The receiver's side. Progress belongs to one session: a new one starts from nothing.
struct Fetch {
  NodeNumber from = 0;
  uint64_t receiver_session = 0;
  uint64_t session = 0;   // 0: not answered yet
  crdt::ReplicaId giver;  // that answered
  uint64_t part = 0;      // the next to come
  uint64_t asked_us = 0;
  uint32_t asked = 0;   // times, for this part
  uint64_t due_us = 0;  // not before, if it was not asked for yet
  crdt::VnodeClock clock;
  crdt::VersionVector base;
  // The entries that the snapshot has, by 128-bit hashes of their names.
  absl::btree_set<std::pair<uint64_t, uint64_t>> names;
  // All parts have come: key tasks are held back until what came is durable and the end is taken
  // in.
  bool ending = false;
  bool scanning = false;
  // Entries held here that the snapshot lacks, by name.
  std::vector<std::pair<std::string, SharedEntry>> surplus;
  // Of the snapshot's dot log what no part has settled: kept in memory until the end, since it may
  // be stored only with the clock.
  std::vector<Closure::Key> log;
  std::vector<crdt::Dot> voids;
  VORDB_FIELDS(Fetch, from, receiver_session, session, giver, part, asked_us, asked, due_us, clock,
               base, names, ending, scanning, surplus, log, voids)
};

// The giver's side.
struct Serving {
  uint64_t session = 0;
  uint64_t receiver_session = 0;
  SnapshotId snapshot = 0;
  bool clock_known = false;
  crdt::VnodeClock clock;
  crdt::VersionVector base;
  uint64_t part = 0;
  SnapshotPlace part_begin;  // where this part begins
  SnapshotPlace part_end;    // and the next one
  bool last = false;
  bool busy = false;  // a part is being read
  uint64_t asked_us = 0;
  VORDB_FIELDS(Serving, session, receiver_session, snapshot, clock_known, clock, base, part,
               part_begin, part_end, last, busy, asked_us)
};

}  // namespace vordb::vnode
