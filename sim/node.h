// A simulated machine that runs one node: real shards over simulated doors, a disk that outlives
// them, a clock of its own, and the listener that speaks the binary client protocol. It brings
// events to shards as the production driver does: a group of calls, then end_turn().
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/client_codec.h"
#include "core/env/buggify.h"
#include "core/env/knobs.h"
#include "core/shard.h"
#include "sim/bound.h"
#include "sim/event_queue.h"
#include "sim/fault_kinds.h"
#include "sim/findings.h"
#include "sim/message_coverage.h"
#include "sim/sim_clock.h"
#include "sim/sim_disk.h"
#include "sim/sim_disk_image.h"
#include "sim/sim_network.h"
#include "sim/sim_random.h"
#include "sim/sim_telemetry.h"

namespace vordb::sim {

// A message between nodes on its way.
struct PeerBytes {
  NodeNumber to = 0;  // the member that it is for; 0: whoever listens
  std::string bytes;
};

// Such as "vnode 3/17".
std::string name_of(const ActorId& actor);

// Where machine `index` listens for peers.
std::string address_of(uint32_t index);

// What a node needs of the world around it.
class NodeHost {
 public:
  virtual ~NodeHost() = default;
  virtual Chooser& chooser() = 0;
  virtual const uint64_t& now_us() const = 0;
  virtual Trace& trace() = 0;
  virtual Findings& findings() = 0;
  virtual void plan(Event event) = 0;
  virtual void send_to_client(uint32_t node, uint32_t client, std::string bytes) = 0;
  // A shard uses this configuration from now on, in place of one of epoch `before`.
  virtual void configuration_used(uint32_t node, uint64_t before,
                                  const Configuration& configuration) = 0;
  // To whoever listens at this address.
  virtual void send_to_peer(uint32_t from, const std::string& address, NodeNumber to,
                            std::string bytes) = 0;
  // What a kPeerMessage brings, if it was not lost on its way; asked for once.
  virtual std::optional<PeerBytes> take_peer_message(const Event& event) = 0;
  virtual void operator_answered(uint32_t node, ClusterChangeReply reply) = 0;
  // A moment at which a crash would hurt; the host may plan one.
  virtual void moment(uint32_t node, Moment moment) = 0;
  // What a process that starts now is tuned by.
  virtual Knobs knobs_at_start(uint32_t node) = 0;
  // Whether what is rare happens where a node passes by.
  virtual bool strikes(Site site) = 0;
  // The node's process ended by itself (a failed write), or did not start.
  virtual void died(uint32_t node) = 0;
};

class SimNode : public SimNetworkHost, private Buggify {
 public:
  SimNode(uint32_t number, NodeOptions options, NodeHost& host);
  SimNode(const SimNode&) = default;
  ~SimNode() override;
  // For a copy that shall live in another world.
  void attach(NodeHost& host);

  void boot();
  // The process ends; see SimDiskImage::Crash. Nothing of it is heard of again.
  void crash(SimDiskImage::Crash kind);
  // A pause does not end one that lasts longer: what waits for its end would be overtaken.
  void pause(uint64_t until_us) { paused_until_us_ = std::max(paused_until_us_, until_us); }

  // Kinds kBoot to kRequest, addressed to this node.
  void handle(const Event& event);
  // What such an event that is planned carries, by name; empty: nothing.
  std::string carries(const Event& planned) const;

  // A client's bytes are on their way; false: nobody listens.
  bool request(uint32_t client, std::string bytes);
  // An operator asks the node for a change; shard 0 takes it. False: nobody listens.
  bool change_cluster(ClusterChange change);

  bool up() const { return up_; }
  uint64_t booted_at_us() const { return booted_at_us_; }
  // Changes whenever the process starts or ends.
  uint32_t life() const { return life_; }
  uint64_t boots() const { return boots_; }
  uint32_t number() const { return number_; }
  NodeTime& time() { return time_; }
  const NodeTime& time() const { return time_; }
  SimDiskImage& disk() { return disk_; }
  const SimDiskImage& disk() const { return disk_; }
  const NodeOptions& options() const { return options_; }
  const Knobs& knobs() const { return knobs_; }
  void set_knobs(const Knobs& knobs) { knobs_ = knobs; }
  // Of the next first start.
  void set_seeds(std::vector<std::string> seeds) {
    options_.seed_nodes = std::move(seeds);
    options_.initial_members.clear();
  }
  // It runs the former version of the program; the next process is of this one.
  bool is_former() const { return options_.features != program_features(); }
  void upgrade() { options_.features = program_features(); }
  const TelemetryFigures& telemetry() const { return telemetry_figures_; }
  // What its shards were handed of what other nodes sent.
  const MessageCoverage& messages() const { return messages_; }
  const std::vector<Shard>& shards() const { return shards_; }
  size_t open_requests() const { return open_.size(); }
  bool idle() const;
  uint64_t keys_purged() const { return purged_before_ + purged_now_; }
  uint64_t paused_until_us() const { return paused_until_us_; }

 private:
  struct OpenRequest {
    uint32_t client = 0;
    uint32_t request_id = 0;
    std::string key;
  };
  struct ShardDoors {
    SimClock clock;
    SimNetwork network;
    SimDisk disk;
    SimRandom random;
    SimTelemetry telemetry;
  };

  // ---- SimNetworkHost
  Chooser& chooser() override { return host_->chooser(); }
  uint32_t stream_of(uint16_t shard) const { return number_ * options_.shards + shard; }
  Choices pace_of(uint16_t shard) {
    return host_->chooser().stream(StreamKind::kShard, stream_of(shard));
  }
  const uint64_t& now_us() const override { return host_->now_us(); }
  void deliver_local(ActorId to, Message message, uint64_t at_us) override;
  void deliver_reply(ClientId client, ClientReply reply) override;
  void deliver_operator_reply(ClusterChangeReply reply) override;
  void sends(const pb::PeerMessage& message) override;
  void deliver_remote(const std::string& address, NodeNumber to, std::string bytes) override;

  Env env(uint16_t shard) {
    ShardDoors& doors = doors_[shard];
    return {doors.clock, doors.network, doors.disk, doors.random, doors.telemetry, knobs_, this};
  }
  // ---- Buggify
  bool strikes(Site site) override { return host_->strikes(site); }

  // Lends the doors to the shard for one call. A trace with readers says what the call changed.
  template <typename Body>
  void call(uint16_t shard, Body&& body) {
    Env env = this->env(shard);
    if (host_->trace().heard()) {
      const Shard before = shards_[shard];
      body(shards_[shard], env);
      note_changes(shard, before);
    } else {
      body(shards_[shard], env);
    }
    note_configuration(shard);
  }
  void note_configuration(uint16_t shard);
  void note_changes(uint16_t shard, const Shard& before);
  void brought(const std::string& what) const;

  Event event(EventKind kind, uint16_t shard, uint64_t in_us) const;
  // In order with the others of the same sender and receiver.
  uint64_t in_order(uint64_t& last_us, uint64_t delay_us);
  void plan_disk();
  void plan_tick(uint16_t shard);
  void after_call(uint16_t shard);
  void end_turn(uint16_t shard);
  void device_due();
  void complete(uint16_t shard, DiskEvent event);
  void take_request(uint16_t shard, uint64_t slot);
  void take_peer_message(const Event& event);
  void hand_over(const pb::PeerMessage& message, uint16_t shard);
  void note_message(const pb::PeerMessage& message, TakerState state);
  bool is_for_me(NodeNumber to) const;
  void tick(uint16_t shard);

  const uint32_t number_;
  const std::string name_;  // in the trace
  NodeOptions options_;
  Bound<NodeHost> host_;
  NodeTime time_;
  Knobs knobs_;
  SimDiskImage disk_;
  TelemetryFigures telemetry_figures_;
  MessageCoverage messages_;
  // Keeps nothing between two calls, so copies on one thread share it.
  std::shared_ptr<ClientCodec> codec_ = std::make_shared<ClientCodec>();
  std::vector<ShardDoors> doors_;
  std::vector<Shard> shards_;
  std::vector<uint64_t> epochs_;  // of the configurations that they use

  Pool<std::pair<ActorId, Message>> local_;
  Pool<DiskEvent> completions_;
  Pool<std::pair<uint32_t, std::string>> requests_;
  std::map<ClientId, OpenRequest> open_;
  ClientId next_client_ = 1;
  std::vector<uint64_t> last_completion_us_;      // by shard
  std::map<uint32_t, uint64_t> last_request_us_;  // by client: of one connection, in order
  std::vector<bool> turn_end_planned_;            // by shard
  std::vector<SimDiskEvent> device_events_;
  uint64_t disk_planned_us_ = SimDiskImage::kNever;
  uint64_t paused_until_us_ = 0;
  uint64_t booted_at_us_ = 0;
  uint64_t purged_before_ = 0;
  uint64_t purged_now_ = 0;
  uint64_t boots_ = 0;
  uint32_t life_ = 0;
  bool up_ = false;
};

}  // namespace vordb::sim
