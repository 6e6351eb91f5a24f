// The twin of the production network, one a shard. Between shards of a node messages arrive once
// and in order, each a little later; answers go to the client's connection; what goes to another
// node is encoded here, travels as bytes to an address (sim/links.h), and is parsed where it
// arrives.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/env/network.h"
#include "sim/bound.h"

namespace vordb::sim {

class Chooser;

// Where a shard's messages go.
class SimNetworkHost {
 public:
  virtual ~SimNetworkHost() = default;
  virtual Chooser& chooser() = 0;
  virtual const uint64_t& now_us() const = 0;
  // To a shard of this node, at this time; calls with equal times in this order.
  virtual void deliver_local(ActorId to, Message message, uint64_t at_us) = 0;
  virtual void deliver_reply(ClientId client, ClientReply reply) = 0;
  virtual void deliver_operator_reply(ClusterChangeReply reply) = 0;
  // This message is about to be sent: for whoever wants to look.
  virtual void sends(const pb::PeerMessage& /*message*/) {}
  // To this member, or with 0 to whoever it is, if it listens at host:port.
  virtual void deliver_remote(const std::string& address, NodeNumber to, std::string bytes) = 0;
};

class SimNetwork : public Network {
 public:
  static constexpr uint64_t kLocalDelayUsMax = 20;

  // `stream`: the index of the one that says what messages between shards take.
  SimNetwork(SimNetworkHost& host, uint16_t shards, uint32_t stream = 0)
      : host_(host), stream_(stream), last_us_(shards, 0) {}

  // For a copy that shall live in another world.
  void attach(SimNetworkHost& host) { host_.bind(host); }

  void send(NodeNumber to, const pb::PeerMessage& message) override;
  void send_to(std::string_view address, const pb::PeerMessage& message) override;
  void set_peers(const Configuration& configuration) override;
  void send_local(ActorId to, Message message) override;
  void reply(ClientId client, ClientReply reply) override;
  void reply_to_operator(ClusterChangeReply reply) override;

 private:
  Bound<SimNetworkHost> host_;
  uint32_t stream_;
  std::vector<uint64_t> last_us_;  // by receiving shard: when the last message arrives there
  std::map<NodeNumber, std::string> addresses_;
};

}  // namespace vordb::sim
