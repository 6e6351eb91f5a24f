// Sets of weak buckets: a member was added by someone and has not expired; what the causal token or
// the node asked has seen added is there unless it may have been removed; and in the audit the same
// goes for every acknowledged add, and what was surely removed is gone.
#pragma once

#include <vector>

#include "sim/bound.h"
#include "sim/key_deadline.h"
#include "sim/oracle.h"
#include "sim/weak_element.h"

namespace vordb::sim {

class WeakSetOracle : public Oracle {
 public:
  explicit WeakSetOracle(OracleContext& context);
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
    std::vector<WeakElement> elements;
    KeyDeadline deadline;
  };

  Key& key_of(const Call& call) { return keys_[call.bucket][call.key]; }
  void acknowledge(const Call& call, const ClientReply& reply);
  void observe(const Call& call, uint32_t element, bool present);
  void check_present(const Call& call, uint32_t element);
  void check_missing(const Call& call, uint32_t element, const WeakElement::Add& floor,
                     Property property);

  Bound<OracleContext> context_;
  std::vector<std::vector<Key>> keys_;
};

}  // namespace vordb::sim
