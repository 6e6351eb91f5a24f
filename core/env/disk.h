// The door to durable storage: an ordered map of bytes in column families, with atomic batches.
//
// One Disk belongs to one shard and is called by its thread only; what completes later arrives as a
// DiskEvent at that shard. What is committed on one shard's Disk can be read through another's of
// the same node.
//
// Promises. A batch is durable as a whole or not at all, and batches of one shard become durable in
// the order of commit(). No read shows a batch before it is durable (in `buffered` mode: before a
// kill -9 would keep it). A commit or sync that fails ends the process and is never retried. A read
// never returns bytes that the disk knows to be damaged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/env/batch.h"
#include "core/fields.h"
#include "core/ids.h"

namespace vordb {

// A consistent view of the disk that reads may name; 0 is "now".
using SnapshotId = uint64_t;

// Reads one key (end empty) or the records of [begin, end) in key order.
struct ReadRequest {
  Family family = kMetaFamily;
  std::string begin;
  std::string end;
  uint32_t limit_records = 1;
  uint64_t limit_bytes = UINT64_MAX;  // stops after the record that reaches it
  SnapshotId snapshot = 0;

  bool is_point() const { return end.empty(); }
};

struct Record {
  std::string key;
  std::string value;
  bool operator==(const Record&) const = default;
  VORDB_FIELDS(Record, key, value)
};

struct ReadResult {
  // Not ok: DataLoss (damaged bytes) or Unavailable (an I/O error); then `records` is empty.
  absl::Status status;
  std::vector<Record> records;
  bool more = false;  // a limit ended the read before the range did
};

// The completion of an operation that `actor` started as `op`.
struct DiskEvent {
  enum class Kind : uint8_t { kCommitted, kRead };
  Kind kind = Kind::kCommitted;
  ActorId actor;
  OpId op = 0;
  ReadResult result;  // of a kRead
};

// How much the device has left, measured by the configured reserve. Freeing space takes some.
enum class FreeSpace : uint8_t {
  kEnough,
  kLow,     // less than the reserve: nothing is added for clients
  kLittle,  // less than half of it: only what frees space is written
};

class Disk {
 public:
  virtual ~Disk() = default;

  // Queues `batch`; the event kCommitted tells when it is durable. Batches queued in one turn may
  // share one sync.
  virtual void commit(ActorId actor, OpId op, Batch batch) = 0;

  // Ends a turn: what was queued since the last call may now be written. Cheap when nothing was.
  virtual void end_turn() = 0;

  // The result at once when no device need be waited for, else nothing: then the event kRead brings
  // it.
  virtual std::optional<ReadResult> read(ActorId actor, OpId op, const ReadRequest& request) = 0;

  // The same, waiting for the device. Only while a shard starts, before it serves.
  virtual ReadResult read_at_start(const ReadRequest& request) = 0;

  // Makes `batch` durable before it returns. Only while a shard starts, before it serves. A failure
  // leaves it undecided whether the batch is there: the node must not serve.
  virtual absl::Status commit_at_start(const Batch& batch) = 0;

  // A view of what is durable now. It costs space until it is closed, which a restart does too.
  virtual SnapshotId open_snapshot() = 0;
  virtual void close_snapshot(SnapshotId snapshot) = 0;

  virtual FreeSpace free_space() = 0;
};

}  // namespace vordb
