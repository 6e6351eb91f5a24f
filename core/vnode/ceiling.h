// How high the hybrid clocks of a shard's vnodes may have come: one row on the disk, above which
// all of them start after a restart. It runs ahead of the clocks, so that a vnode can announce a
// growing time, and an answer that shows an expiry can leave, without a write for each. It is
// raised by batches that need it, and else only up to a time that some owner waits for: where
// nobody waits, an idle node writes nothing.
#pragma once

#include <algorithm>
#include <optional>

#include "core/crdt/hlc.h"
#include "core/env/knobs.h"
#include "core/fields.h"

namespace vordb::vnode {

class Ceiling {
 public:
  // `start`: no earlier clock was above it.
  explicit Ceiling(Hlc start = {}) : start_(start), written_(start), durable_(start) {}

  // An owner, this one or another, waits until all have announced this time.
  void want(Hlc time) { wanted_ = std::max(wanted_, time); }
  // Whether the caller, whose clock shows `at`, is to commit something by which the row is raised:
  // somebody waits for more, half of its lead is used up, and nobody else was told so this turn.
  bool begin_renewal(Hlc at, const Instant& now, const Knobs& knobs);
  // A batch that is being committed has times up to `last`, of a clock that shows `at`. Returns to
  // what the batch must raise the row; nothing: the row holds, or will once it is durable.
  std::optional<Hlc> raise(Hlc last, Hlc at, const Instant& now, const Knobs& knobs);
  void note_durable(Hlc ceiling);

  Hlc start() const { return start_; }
  Hlc written() const { return written_; }
  // What a restart would begin above.
  Hlc durable() const { return durable_; }

  bool operator==(const Ceiling&) const = default;

 private:
  static Hlc target(Hlc at, const Instant& now, const Knobs& knobs, uint64_t part);
  // Half of its lead over a clock that shows `at` is used up.
  bool sinks(Hlc at, const Instant& now, const Knobs& knobs) const {
    return target(at, now, knobs, 2) > written_;
  }

  Hlc start_;
  Hlc written_;
  Hlc durable_;
  Hlc wanted_;
  bool renewing_ = false;
  VORDB_FIELDS(Ceiling, start_, written_, durable_, wanted_, renewing_)
};

}  // namespace vordb::vnode
