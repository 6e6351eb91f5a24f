// The actor that owns the configuration chain on this node. It applies operations one at a time:
// the next configuration is durable before any shard uses it, and an operation is answered only
// when every shard of this node does.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "core/cluster/configuration.h"
#include "core/env.h"

namespace vordb {
class Fingerprint;
}

namespace vordb::cluster {

struct Context {
  Env& env;
  std::vector<Envelope>& outbox;
};

class Membership {
 public:
  Membership(std::shared_ptr<const Configuration> current, uint16_t shards)
      : current_(std::move(current)), shards_(shards) {}

  void step(BucketChange change, Context& context);
  void step(ConfigurationInUse in_use, Context& context);
  void step(const DiskEvent& event, Context& context);

  bool idle() const { return !applying_ && queue_.empty(); }
  void add_to(Fingerprint& fingerprint) const;

 private:
  void apply_next(Context& context);
  void reply(const BucketChange& change, std::optional<ClientError> error, Context& context);

  std::shared_ptr<const Configuration> current_;
  uint16_t shards_;
  std::deque<BucketChange> queue_;
  std::optional<BucketChange> applying_;
  std::shared_ptr<const Configuration> next_;
  uint16_t shards_behind_ = 0;
  OpId next_op_ = 1;
};

}  // namespace vordb::cluster
