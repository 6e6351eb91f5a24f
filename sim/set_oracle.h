// Sets: each element is there from an add to the remove, delete or expiry that observed it, across
// crashes. Reads of a whole set or a page of it are observations of each element, not a snapshot.
#pragma once

#include <vector>

#include "sim/bound.h"
#include "sim/key_deadline.h"
#include "sim/oracle.h"
#include "sim/presence.h"

namespace vordb::sim {

class SetOracle : public Oracle {
 public:
  explicit SetOracle(OracleContext& context);
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
  struct Element {
    Presence presence;
    bool ever_added = false;
    bool context_removed =
        false;  // the newest acknowledged change was a remove that named a context
  };
  struct Key {
    std::vector<Element> elements;
    KeyDeadline deadline;
    Step last_write = 0;
    uint32_t last_node = 0;  // that acknowledged it
  };

  Key& key_of(const Call& call) { return keys_[call.bucket][call.key]; }
  uint64_t ttl_ms(const Call& call) const;
  // In a cluster a mutation may have found the key expired where it was carried out, and have
  // cleared it first, though nobody hears of it before long: every element that it does not name
  // has an open removal by it. Calls visit(presence) for each of these.
  template <typename Visitor>
  void for_each_cleared(const Call& call, Key& key, Visitor&& visit);
  void acknowledge(const Call& call, const ClientReply& reply);
  void read_page(const Call& call, const ClientReply& reply);
  void observe(const Call& call, Key& key, uint32_t element, bool present);
  bool through_another(const Call& call, const Key& key) const;
  void report(const Call& call, const Key& key, uint32_t element, bool present);

  Bound<OracleContext> context_;
  std::vector<std::vector<Key>> keys_;
};

}  // namespace vordb::sim
