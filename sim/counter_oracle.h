// Counters: a value is what was acknowledged, plus some of what may have been, since a delete or
// expiry observed it.
#pragma once

#include <vector>

#include "sim/bound.h"
#include "sim/counter_model.h"
#include "sim/key_deadline.h"
#include "sim/oracle.h"

namespace vordb::sim {

class CounterOracle : public Oracle {
 public:
  explicit CounterOracle(OracleContext& context);
  void attach(OracleContext& context) { context_.bind(context); }

  void began(const Call& call) override;
  void answered(const Call& call, const ClientReply& reply) override;
  void refused(const Call& call) override;
  void lost_sight(const Call& call, Step end) override;
  void carried_out(const Call& call, Step end) override;
  void drop_began(const Call& call) override;
  void drop_ended(const Call& call, bool refused) override;
  void drop_lost_sight(const Call& call, Step end) override;
  bool may_list(const Call& call, uint32_t key) const override;
  bool may_omit(const Call& call, uint32_t key) const override;

 private:
  struct Key {
    CounterModel model;
    KeyDeadline deadline;
    Step last_write = 0;
    uint32_t last_node = 0;  // that acknowledged it
  };

  Key& key_of(const Call& call) { return keys_[call.bucket][call.key]; }
  uint64_t ttl_ms(const Call& call) const;
  void acknowledge(const Call& call, const ClientReply& reply);
  void read(const Call& call, const ClientReply& reply);

  Bound<OracleContext> context_;
  std::vector<std::vector<Key>> keys_;
};

}  // namespace vordb::sim
