// Refusals: each error that a client sees must have a cause that the run put there.
#pragma once

#include "sim/oracle.h"

namespace vordb::sim {

// What the run has done to the node that may make it refuse. Kept by the world, read at each error.
struct ErrorCauses {
  bool starting = false;       // a call began while the node was not serving yet
  bool no_space = false;       // the disk was full at some moment of the last seconds
  bool damaged = false;        // bytes were damaged or a device has returned an error
  bool clock_stepped = false;  // the wall clock has been moved
};

class ErrorOracle {
 public:
  explicit ErrorOracle(OracleContext& context) : context_(context) {}

  void answered(const Call& call, const ClientError& error, const ErrorCauses& causes);

 private:
  bool has_cause(const Call& call, ErrorCode code, const ErrorCauses& causes) const;

  OracleContext& context_;
};

}  // namespace vordb::sim
