// Mutations and merges on their way to the disk, and who waits for them: a group is committed as
// one batch, and nothing of it leaves the vnode before that batch is durable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/crdt/dot.h"
#include "core/crdt/hlc.h"
#include "core/crdt/vnode_clock.h"
#include "core/env/batch.h"
#include "core/fields.h"
#include "core/ids.h"
#include "core/messages.h"
#include "core/vnode/answers.h"
#include "core/vnode/durable_cut.h"
#include "core/vnode/key_state.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

// A coordinator that waits for its mutation to be durable.
struct Waiter {
  OpId op = 0;
  NodeNumber from = 0;
  uint16_t shard = 0;
  uint64_t pv = 0;
  uint64_t timestamp_ms = 0;
  crdt::Dot dot;
  bool wants_acks = false;
  std::string token;  // that its client is given
  VORDB_FIELDS(Waiter, op, from, shard, pv, timestamp_ms, dot, wants_acks, token)
};
// A coordinator that waits for what another owner sent on its behalf.
struct AckWaiter {
  OpId op = 0;
  NodeNumber from = 0;
  uint16_t shard = 0;
  uint64_t pv = 0;
  NodeNumber source = 0;
  VORDB_FIELDS(AckWaiter, op, from, shard, pv, source)
};
struct Change {
  BucketId bucket = 0;
  uint64_t hash = 0;
  std::string key;
  std::string subkey;
  SharedEntry entry;  // may be vacant
  VORDB_FIELDS(Change, bucket, hash, key, subkey, entry)
};
struct Delta {
  BucketId bucket = 0;
  std::string key;
  LoggedDot logged;
  std::optional<Waiter> waiter;  // whoever receives it tells this one too
  bool closed = false;           // the log holds purges of its key, which must not come after it
  VORDB_FIELDS(Delta, bucket, key, logged, waiter, closed)
};
// A key with a deadline of which a record is in the log.
struct LoggedKey {
  BucketId bucket = 0;
  std::string key;
  bool data = false;   // the record names more than the deadline
  bool purge = false;  // and it is of a purge
  VORDB_FIELDS(LoggedKey, bucket, key, data, purge)
};
// An answer that shows an expiry: its time must be durable, or a later answer would show the key
// again.
struct HeldReply {
  Envelope envelope;
  uint64_t pv = 0;  // that its request named
  VORDB_FIELDS(HeldReply, envelope, pv)
};

// Mutations and merges on their way to the disk.
struct Group {
  OpId op = 0;
  bool announced_work = false;  // listed in Turn::unflushed
  Batch batch;
  std::vector<crdt::Dot> dots;   // settled by this batch
  std::vector<crdt::Dot> bases;  // bases raised by this batch (seal)
  crdt::VnodeClock joined;       // a snapshot's clock, whole with this batch
  std::vector<Change> changes;
  std::vector<Waiter> waiters;
  std::vector<AckWaiter> acks;
  std::vector<HeldReply> held;
  std::vector<KeyTask> resting;  // in the midst of many steps: they go on once this is durable
  std::vector<Delta> deltas;
  std::vector<TokenAnswer> answers;
  std::vector<LoggedKey> logged;
  std::optional<Standing> standing;  // if it has changed: as of this batch
  crdt::VersionVector left_over;     // highest, as of this batch
  Hlc lowest_hlc = Hlc{UINT64_MAX};  // of the mutations inside
  Hlc highest_hlc;                   // of the vnode, when the batch was made
  std::optional<Hlc> ceiling;        // the shard's, raised by this batch
  bool forgets = false;              // erases records of the dot log
  bool drops = false;                // erases everything: the vnode's last batch
  bool wanted = false;               // to be committed, even if it writes nothing
  bool record_changed = false;       // the vnode's record goes with it
  bool has_work() const { return wanted || !batch.empty(); }
  VORDB_FIELDS(Group, op, announced_work, batch, dots, bases, joined, changes, waiters, acks, held,
               resting, deltas, answers, logged, standing, left_over, lowest_hlc, highest_hlc,
               ceiling, forgets, drops, wanted, record_changed)
};

}  // namespace vordb::vnode
