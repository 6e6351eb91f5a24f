// Comparing what two owners hold, range by range. Clocks say who lacks what; they cannot see a
// record that has gone bad or a bug of the very rules that keep them. Nothing is changed: which of
// two owners is right cannot be known.
//
// Owners with equal clocks hold equal entries, but for what one of them has learnt early: by a
// repair, of a mutation that its clock does not hold yet. So a range that differs is a doubt at
// first. It is a difference once all owners have announced that same clock at a time when whatever
// was in the range had been made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/crdt/hlc.h"
#include "core/crdt/version_vector.h"
#include "core/env/disk.h"
#include "core/fields.h"
#include "core/ids.h"

namespace vordb::vnode {

using Digest128 = std::pair<uint64_t, uint64_t>;

// What one owner holds of a range of entries. Left out is what each owner may forget by itself.
struct RangeDigest {
  uint64_t entries = 0;
  Digest128 hash{0, 0};
  bool operator==(const RangeDigest&) const = default;
  VORDB_FIELDS(RangeDigest, entries, hash)
};

struct Doubt {
  Hlc at;  // all that was compared is older
  uint64_t entries = 0;
  VORDB_FIELDS(Doubt, at, entries)
};

// Where a comparison stands that this vnode has begun.
struct Scrub {
  bool urgent = false;           // an operator asked for it: one range right after the other
  std::vector<NodeNumber> with;  // owners to be compared with, the present one last
  uint64_t session = 0;          // of the range under work; 0: of none
  uint64_t asked_us = 0;
  uint32_t tries = 0;     // at this range
  std::string from;       // an entry's name
  std::string to;         // where the next range begins; empty: this is the last
  Digest128 clock{0, 0};  // of the views compared
  std::optional<Doubt> doubt;
  VORDB_FIELDS(Scrub, urgent, with, session, asked_us, tries, from, to, clock, doubt)
};

struct ScrubFigures {
  uint64_t ranges = 0;       // that were equal
  uint64_t entries = 0;      // in them
  uint64_t differences = 0;  // ranges that were not
  uint64_t given_up = 0;     // owners that did not answer, or whose clock was never equal
  VORDB_FIELDS(ScrubFigures, ranges, entries, differences, given_up)
};

// A range being read from one view of the disk, with the clock of that view.
struct ScrubTask {
  NodeNumber with = 0;
  bool asked = false;  // by that node, whose digest is `theirs`
  uint64_t session = 0;
  uint64_t epoch = 0;  // under another configuration other buckets are there
  SnapshotId view = 0;
  std::string from;
  std::string to;  // empty: the table's end
  std::string at;  // where the next read begins
  bool done = false;
  Hlc hlc;  // what is spent at this time is left out
  bool clock_known = false;
  Digest128 clock{0, 0};
  crdt::VersionVector base;
  RangeDigest digest;
  Digest128 their_clock{0, 0};
  RangeDigest theirs;
  VORDB_FIELDS(ScrubTask, with, asked, session, epoch, view, from, to, at, done, hlc, clock_known,
               clock, base, digest, their_clock, theirs)
};

}  // namespace vordb::vnode
