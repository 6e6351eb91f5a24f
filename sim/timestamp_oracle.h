// Timestamps that clients are shown: of one key they never decrease, across crashes and whatever
// the wall clock does.
#pragma once

#include <vector>

#include "sim/oracle.h"

namespace vordb::sim {

class TimestampOracle {
 public:
  explicit TimestampOracle(OracleContext& context);

  void answered(const Call& call, const ClientReply& reply);

 private:
  struct Shown {
    Step end;
    uint64_t timestamp_ms;
  };
  struct Key {
    std::vector<Shown> recent;
    uint64_t floor_ms = 0;  // of all calls that ended before the horizon
    Step last_end = 0;
  };

  OracleContext& context_;
  std::vector<std::vector<Key>> keys_;
};

}  // namespace vordb::sim
