// Timestamps that clients are shown: each lies between what the nodes' clocks may have shown during
// its call; and they never decrease, across crashes and whatever the wall clocks do: of one key
// where every write of it reads it first, else of one key and the node that carries its writes out.
#pragma once

#include <vector>

#include "sim/bound.h"
#include "sim/known_before.h"
#include "sim/oracle.h"

namespace vordb::sim {

class TimestampOracle {
 public:
  explicit TimestampOracle(OracleContext& context);
  void attach(OracleContext& context) { context_.bind(context); }

  void answered(const Call& call, const ClientReply& reply);

 private:
  struct Key {
    KnownBefore<uint64_t> shown;
    std::vector<KnownBefore<uint64_t>> by_node;
    Step last_end = 0;
  };

  void check_rise(const Call& call, const ClientReply& reply, KnownBefore<uint64_t>& shown);

  Bound<OracleContext> context_;
  std::vector<std::vector<Key>> keys_;
};

}  // namespace vordb::sim
