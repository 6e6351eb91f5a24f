// The audit: at the end of a run, when every effect has arrived everywhere, each key is read
// through every node, and all give the same answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/bound.h"
#include "sim/oracle.h"

namespace vordb::sim {

class AuditOracle {
 public:
  explicit AuditOracle(OracleContext& context);
  void attach(OracleContext& context) { context_.bind(context); }

  // A read of a whole key.
  void answered(const Call& call, const ClientReply& reply);

 private:
  struct First {  // what the first node said
    std::string shown;
    uint32_t node;
    bool found;
  };

  Bound<OracleContext> context_;
  std::vector<std::vector<std::optional<First>>> keys_;
};

}  // namespace vordb::sim
