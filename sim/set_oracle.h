// Sets: each element is there from an add to the remove, delete or expiry that observed it, across
// crashes. Reads of a whole set or a page of it are observations of each element, not a snapshot.
#pragma once

#include <optional>
#include <vector>

#include "sim/key_deadline.h"
#include "sim/oracle.h"
#include "sim/presence.h"

namespace vordb::sim {

class SetOracle : public Oracle {
 public:
  explicit SetOracle(OracleContext& context);

  void began(const Call& call) override;
  void answered(const Call& call, const ClientReply& reply) override;
  void refused(const Call& call) override;
  void lost_sight(const Call& call, Step end) override;
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
  };

  Key& key_of(const Call& call) { return keys_[call.bucket][call.key]; }
  uint64_t ttl_ms(const Call& call) const;
  // Calls visit(element) for each element that the mutation names; a delete names all.
  template <typename Visitor>
  void for_each_named(const Call& call, Key& key, Visitor&& visit);
  void acknowledge(const Call& call, const ClientReply& reply);
  void read_page(const Call& call, const ClientReply& reply);
  void observe(const Call& call, Key& key, uint32_t element, bool present);
  void report(const Call& call, const Key& key, uint32_t element, bool present);

  OracleContext& context_;
  std::vector<std::vector<Key>> keys_;
};

}  // namespace vordb::sim
