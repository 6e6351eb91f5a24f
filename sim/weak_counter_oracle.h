// Counters of weak buckets: a value is some of what was added; it counts what the causal token or
// the node asked has seen acknowledged since the last reset; and in the audit all of that, whoever
// acknowledged it, exactly once.
#pragma once

#include <vector>

#include "sim/bound.h"
#include "sim/key_deadline.h"
#include "sim/oracle.h"
#include "sim/weak_counter.h"

namespace vordb::sim {

class WeakCounterOracle : public Oracle {
 public:
  explicit WeakCounterOracle(OracleContext& context);
  void attach(OracleContext& context) { context_.bind(context); }

  void began(const Call& call) override;
  void answered(const Call& call, const ClientReply& reply) override;
  void refused(const Call& call) override;
  void lost_sight(const Call& call, Step end) override;
  void carried_out(const Call& call, Step end) override;
  std::shared_ptr<const Promise> promise_of(const Call& call, const ClientReply& reply) override;
  void doubted(uint32_t bucket) override;
  void drop_began(const Call& call) override;
  void drop_ended(const Call& call, bool refused) override;
  void drop_lost_sight(const Call& call, Step end) override;
  bool may_list(const Call& call, uint32_t key) const override;
  bool may_omit(const Call& call, uint32_t key) const override;

 private:
  struct Key {
    WeakCounter model;
    KeyDeadline deadline;
    uint64_t oldest_ms = UINT64_MAX;  // of what was acknowledged since the last reset or expiry
    Step last_add_end = 0;
    Step dropped = 0;
  };

  Key& key_of(const Call& call) { return keys_[call.bucket][call.key]; }
  void acknowledge(const Call& call, const ClientReply& reply);
  void read(const Call& call, const ClientReply& reply);
  void check(const Call& call, const ClientReply& reply, WeakCounter::Sum floor, Property property);
  WeakCounter::Sum promised(const Call& call) const;
  void forget_floors(const Call& call, Step end);

  Bound<OracleContext> context_;
  std::vector<std::vector<Key>> keys_;
};

}  // namespace vordb::sim
