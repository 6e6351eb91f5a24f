// How high the hybrid clocks of a shard's vnodes may have come: one row on the disk, above which
// all of them start after a restart. It runs ahead of the clocks, so that an idle vnode can
// announce a growing time, and an answer that shows an expiry can leave, without a write for each.
#pragma once

#include <optional>

#include "core/crdt/hlc.h"
#include "core/fields.h"

namespace vordb::vnode {

class Ceiling {
 public:
  // `start`: no earlier clock was above it.
  explicit Ceiling(Hlc start = {}) : start_(start), written_(start), durable_(start) {}

  // Half of its lead over a clock that shows `at` is used up.
  bool sinks(Hlc at, const Instant& now) const { return target(at, now, 2) > written_; }
  // A batch that is being committed has times up to `last`, of a clock that shows `at`. Returns to
  // what the batch must raise the row; nothing: the row holds, or will once it is durable.
  std::optional<Hlc> raise(Hlc last, Hlc at, const Instant& now);
  void note_durable(Hlc ceiling);

  Hlc start() const { return start_; }
  Hlc written() const { return written_; }
  // What a restart would begin above.
  Hlc durable() const { return durable_; }

  bool operator==(const Ceiling&) const = default;

 private:
  static Hlc target(Hlc at, const Instant& now, uint64_t part);

  Hlc start_;
  Hlc written_;
  Hlc durable_;
  VORDB_FIELDS(Ceiling, start_, written_, durable_)
};

}  // namespace vordb::vnode
