// Registers of weak buckets: however old a read is, what it shows was put there and has not
// expired; it is no older than what its causal token or the node asked has seen; and in the audit
// no older than any acknowledged write.
#pragma once

#include <optional>
#include <vector>

#include "sim/bound.h"
#include "sim/known_before.h"
#include "sim/oracle.h"
#include "sim/weak_register.h"

namespace vordb::sim {

class WeakRegisterOracle : public Oracle {
 public:
  explicit WeakRegisterOracle(OracleContext& context);
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
  // No delete may have followed the newest acknowledged put.
  bool surely_there(uint32_t bucket, uint32_t key) const;

 private:
  struct Floor {  // an acknowledged write
    uint64_t timestamp_ms = 0;
    bool deletes = false;
    bool operator<(const Floor& other) const { return timestamp_ms < other.timestamp_ms; }
  };
  struct Key {
    WeakRegister model;
    KnownBefore<Floor> acked;
    std::vector<KnownBefore<Floor>> by_node;
  };

  Key& key_of(const Call& call) { return keys_[call.bucket][call.key]; }
  void acknowledge(const Call& call, const ClientReply& reply);
  void read(const Call& call, const ClientReply& reply);
  // `writer`: of the value shown; nothing: none was shown.
  void check(const Call& call, std::optional<uint64_t> writer, Floor floor, Property property);
  void forget_floors(uint32_t bucket);

  Bound<OracleContext> context_;
  std::vector<std::vector<Key>> keys_;  // by bucket and key; empty for other types
};

}  // namespace vordb::sim
