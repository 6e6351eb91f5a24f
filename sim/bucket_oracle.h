// Buckets: one is there from its creation to its deletion, for every kind of call; and the calls
// that change a churning bucket drop all of its data.
//
// A change that is not answered yet may show in one call and not in a later one; from its answer
// on, and from that of a change that is refused for it, it shows in all of them.
//
// In a cluster creations and deletions take effect in one order, but a node may not have heard of
// the newest ones: what it says may be as old as the last ten seconds in which nothing kept it from
// hearing.
#pragma once

#include <deque>
#include <vector>

#include "sim/bound.h"
#include "sim/oracle.h"
#include "sim/presence.h"

namespace vordb::sim {

class BucketOracle {
 public:
  explicit BucketOracle(OracleContext& context);
  void attach(OracleContext& context) { context_.bind(context); }

  void began(const Call& call);
  void answered(const Call& call, const ClientReply& reply);
  void refused(const Call& call, ErrorCode code);
  void lost_sight(const Call& call, Step end);

  // A call on data was served, so its bucket was there; or was told that it was not.
  void seen(const Call& call, bool present);

  // Its bucket may have been another one for a part of the call, deleted and created again.
  bool may_have_changed(const Call& call) const;

  // See Oracles.
  void time_passed(Step step, uint64_t now_us, bool calm);
  // Every node knows, at step `now`, what changed before `known`.
  void known_until(Step known, Step now);

 private:
  struct Mark {
    uint64_t time_us;
    Step step;
  };

  void observe(const Call& call, uint32_t bucket, bool present);
  void forget(Presence& presence);

  Bound<OracleContext> context_;
  std::vector<Presence> buckets_;
  std::vector<bool> dropped_;  // the bucket was deleted at least once
  std::deque<Mark> calm_;      // moments since which everyone could hear everyone
};

}  // namespace vordb::sim
