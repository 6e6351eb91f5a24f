// Buckets: one is there from its creation to its deletion, for every kind of call; and the calls
// that change a churning bucket drop all of its data.
#pragma once

#include <vector>

#include "sim/oracle.h"
#include "sim/presence.h"

namespace vordb::sim {

class BucketOracle {
 public:
  explicit BucketOracle(OracleContext& context);

  void began(const Call& call);
  void answered(const Call& call, const ClientReply& reply);
  void refused(const Call& call, ErrorCode code);
  void lost_sight(const Call& call, Step end);

  // A call on data was served, so its bucket was there; or was told that it was not.
  void seen(const Call& call, bool present);

 private:
  void observe(const Call& call, uint32_t bucket, bool present);

  OracleContext& context_;
  std::vector<Presence> buckets_;
  std::vector<bool> dropped_;  // the bucket was deleted at least once
};

}  // namespace vordb::sim
