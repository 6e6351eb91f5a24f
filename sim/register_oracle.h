// Registers: what a put wrote is what a get shows, in one order that respects time, across crashes,
// deletes and expiry.
#pragma once

#include <vector>

#include "sim/bound.h"
#include "sim/oracle.h"
#include "sim/register_model.h"

namespace vordb::sim {

class RegisterOracle : public Oracle {
 public:
  explicit RegisterOracle(OracleContext& context);
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
  bool surely_there(uint32_t bucket, uint32_t key) const {
    return keys_[bucket][key].model.last_known(true);
  }

 private:
  struct Key {
    RegisterModel model;
    Step last_write = 0;
    uint32_t last_node = 0;  // that acknowledged it
  };

  Key& key_of(const Call& call) { return keys_[call.bucket][call.key]; }
  RegisterModel::Deadline deadline_of(const Call& call, const ClientReply* reply) const;
  // The property that a wrong answer violates; `own` unless the newest write went through another
  // node.
  Property blame(const Call& call, const Key& key, Property own) const;
  void mark_relevance(const Call& call, const Key& key);
  void read_value(const Call& call, const ClientReply& reply);
  void read_nothing(const Call& call);

  Bound<OracleContext> context_;
  std::vector<std::vector<Key>> keys_;  // by bucket and key; empty for other types
};

}  // namespace vordb::sim
