// Work that a vnode has begun and that may wait for the disk. Plain values, parked in a table under
// the operation id of the read they wait for; nothing here refers to anything outside.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "core/codec.h"
#include "core/env/disk.h"
#include "core/fields.h"
#include "core/messages.h"
#include "core/vnode/answers.h"
#include "core/vnode/causal_token.h"
#include "core/vnode/closure.h"
#include "core/vnode/dot_log.h"
#include "core/vnode/key_state.h"
#include "core/vnode/scrub.h"
#include "core/vnode/snapshot_page.h"

namespace vordb::vnode {

// One dot touches entries of at most so many bytes of subkeys; more is done in steps.
inline constexpr size_t kDotBytesMax = 4 << 20;

// What a key task needs of its key before it can act, and what has been read of it. Everything read
// is the newest state, uncommitted mutations included.
struct Load {
  std::optional<std::string> token;  // read this answer first
  bool whole_range = false;          // read all entries with a subkey after `range_after`
  std::optional<std::string> range_after;
  uint32_t limit = 0;               // of a range; 0: all
  std::vector<std::string> points;  // else these subkeys, from the back
  std::vector<KeyRange> probes;  // and whether any of these ranges, from the back, holds a record

  KeyState state;
  std::optional<Answer> answer;
  bool found = false;  // one of the probes did
  bool more = false;
  std::string last;  // the last subkey of a range that was cut off
  std::vector<KeyEntry>
      uncommitted;  // of the range, as of the moment the read began; null entries are removals
  absl::Status status;
  VORDB_FIELDS(Load, token, whole_range, range_after, limit, points, probes, state, answer, found,
               more, last, uncommitted, status)
};

// A client's mutation.
struct MutateTask {
  KeyMutation mutation;
  std::vector<crdt::Dot> dots;             // that it has taken
  bool purging = false;                    // the key had expired and is being cleared first
  bool purged = false;                     // that is done
  std::optional<std::string> purge_after;  // cleared up to this subkey
  uint32_t purge_steps = 0;
  VORDB_FIELDS(MutateTask, mutation, dots, purging, purged, purge_after, purge_steps)
};

// A coordinator that waits for what one owner sends to be durable at another.
struct Origin {
  OpId op = 0;
  NodeNumber node = 0;
  uint16_t shard = 0;
  VORDB_FIELDS(Origin, op, node, shard)
};

// Entries of one key from another owner.
struct MergeTask {
  crdt::ReplicaId from;
  crdt::VersionVector base;
  Hlc hlc;
  std::vector<KeyEntry> entries;
  std::vector<LoggedDot> dots;
  std::vector<Origin> origins;  // that wait for this to be durable here
  uint64_t pv = 0;              // of the placement, where it was sent
  VORDB_FIELDS(MergeTask, from, base, hlc, entries, dots, origins, pv)
};

// Something due at one entry: forget it, or purge an expired key, if that still holds.
struct SweepTask {
  std::string subkey;
  Hlc when;
  std::optional<std::string> purge_after;
  VORDB_FIELDS(SweepTask, subkey, when, purge_after)
};

// The base has grown: strip the entry's left-over context again.
struct StripTask {
  std::string subkey;
  VORDB_FIELDS(StripTask, subkey)
};

// A task that changes one key. Tasks of one key run one after the other.
struct KeyTask {
  // With the key's hash; what is to be done is left to the caller.
  static KeyTask of(BucketId bucket, std::string_view key);

  BucketId bucket = 0;
  uint64_t hash = 0;
  std::string key;
  std::variant<MutateTask, MergeTask, SweepTask, StripTask> what;
  Load load;
  VORDB_FIELDS(KeyTask, bucket, hash, key, what, load)
};

// What whoever reads now has seen, and how a client is told so.
struct ReadToken {
  CausalToken seen;
  std::string bytes;
  VORDB_FIELDS(ReadToken, seen, bytes)
};

// A client's read. Sees only what is durable.
struct ReadTask {
  KeyRead read;
  std::shared_ptr<const ReadToken> token;  // as of before the first read
  uint64_t begun_at = 0;  // how many groups were durable when it began: what it reads may be older
                          // than what came since
  crdt::VersionVector base;
  bool reading_meta = false;
  size_t next_subkey = 0;
  KeyState found;
  VORDB_FIELDS(ReadTask, read, token, begun_at, base, reading_meta, next_subkey, found)
};

// A client's listing of keys.
struct ListTask {
  KeyList list;
  std::string from;  // entry name to go on at
  std::vector<std::string> keys;
  bool shows_expiry = false;  // a key was left out which the durable time would show
  VORDB_FIELDS(ListTask, list, from, keys, shows_expiry)
};

// One page of the due entries, of the old answers, or of the dot log that every owner has.
struct ScanTask {
  enum class Kind : uint8_t { kDue, kAnswers, kForget } kind = Kind::kDue;
  VORDB_FIELDS(ScanTask, kind)
};

// A round of gossip to one peer.
struct GossipRound {
  NodeNumber to = 0;
  std::optional<crdt::Dot> last;  // of what was looked for, if the peer may lack more behind it
  VORDB_FIELDS(GossipRound, to, last)
};

// The delta of a mutation whose key has purges in the log.
struct ClosedDelta {
  std::vector<NodeNumber> to;
  std::vector<Origin> origins;  // that wait for it
  VORDB_FIELDS(ClosedDelta, to, origins)
};

// What other owners lack or a coordinator wants pushed, being collected.
struct CollectTask {
  std::variant<GossipRound, ClosedDelta, KeyPush> why;
  Closure closure;
  VORDB_FIELDS(CollectTask, why, closure)
};

// The next part of a snapshot that is being given.
struct ServeTask {
  NodeNumber to = 0;
  uint64_t session = 0;
  std::optional<SnapshotPage> page;  // of entries
  VORDB_FIELDS(ServeTask, to, session, page)
};

// The end of a snapshot: a page of what is held here, to be compared with what the snapshot had.
struct FetchScanTask {
  std::string from;
  VORDB_FIELDS(FetchScanTask, from)
};

using Task = std::variant<KeyTask, ReadTask, ListTask, ScanTask, CollectTask, ServeTask,
                          FetchScanTask, ScrubTask>;

}  // namespace vordb::vnode
