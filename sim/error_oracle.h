// Refusals: each error that a client sees must have a cause that the run put there.
#pragma once

#include "sim/bound.h"
#include "sim/oracle.h"

namespace vordb::sim {

// What the run has done to the nodes that may make one refuse: each at some moment since the
// request was sent, or so shortly before that it can still be felt. Kept by the world, read at each
// error.
struct ErrorCauses {
  bool starting = false;       // the node asked was not serving yet
  bool no_space = false;       // a disk was full
  bool damaged = false;        // bytes were damaged or a device has returned an error
  bool stalled = false;        // a process stood still, or a disk, for longer than calls wait
  bool clock_stepped = false;  // a wall clock has been moved
  bool unreachable = false;    // some node was down, paused, slow or cut off, or messages were lost
  bool changing = false;       // a node joined, left or was replaced, or partitions were moving
  bool outside = false;        // the node asked was no member (yet, or any more)
};

class ErrorOracle {
 public:
  explicit ErrorOracle(OracleContext& context) : context_(context) {}
  void attach(OracleContext& context) { context_.bind(context); }

  void answered(const Call& call, const ClientError& error, const ErrorCauses& causes);

 private:
  bool has_cause(const Call& call, const ClientError& error, const ErrorCauses& causes) const;

  Bound<OracleContext> context_;
};

}  // namespace vordb::sim
