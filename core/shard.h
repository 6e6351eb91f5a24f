// One shard of a node: a coordinator, the vnodes of its partitions and, on shard 0, the membership;
// the dispatch layer that brings them their events; and the cache of hot keys. The drivers (io/ and
// sim/) own shards and call them from one thread each; two shards of a node share nothing but their
// disk and the messages of Network::send_local.
//
// A driver calls start() once, then submit(), on_message(), on_peer_message() and on_disk() as
// things happen, tick() every kTickMs, and end_turn() after each group of calls, and lends its
// doors to each of them. Nothing here throws or blocks (but start()).
//
// A shard is a value: a copy goes on as the original would, given the same events and doors that
// answer alike. It shares all actors with the original until one of the two steps them, so copying
// costs little; both, and copies of them, live on one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/client_api.h"
#include "core/env.h"
#include "core/node_options.h"
#include "core/shard_figures.h"
#include "core/taker_state.h"
#include "core/tick.h"

namespace vordb {

namespace vnode {
struct ScrubFigures;
}

class Shard {
 public:
  Shard(uint16_t index, NodeOptions options);
  ~Shard();
  // Not from within a call: a door does not copy the shard that it is lent to.
  Shard(const Shard& other);
  Shard& operator=(const Shard& other);
  // What was moved from can only be assigned to.
  Shard(Shard&&) noexcept;
  Shard& operator=(Shard&&) noexcept;

  // Reads what is durable and brings every vnode to life. Shard 0 first: on an empty disk it writes
  // the founding configuration, and it raises the boot number. An error says what is wrong with the
  // disk and the node must not serve.
  absl::Status start(Env& env);

  void submit(ClientRequest request, Env& env);
  void on_message(ActorId to, Message message, Env& env);
  void on_peer_message(const pb::PeerMessage& message, Env& env);
  // Shard 0 only; answered through Network::reply_to_operator.
  void change_cluster(ClusterChange change, Env& env);
  void on_disk(DiskEvent event, Env& env);
  void tick(Env& env);
  void end_turn(Env& env);
  // Every vnode announces itself to its peers at once, which brings each side what it lacks.
  void full_sync(Env& env);

  // Something waits for end_turn(): a driver that is told so may skip empty turns.
  bool turn_has_work() const;

  // No request or commit is in flight: the node may stop without leaving a client unanswered.
  bool idle() const;

  // As of this wall time.
  ShardFigures figures(uint64_t now_ms) const;
  // Of these the two that the simulator looks at all the time.
  uint64_t keys_purged() const;
  vnode::ScrubFigures scrubbed() const;
  // In use on this shard; epoch 0 while the node has joined no cluster.
  std::shared_ptr<const Configuration> configuration() const;

  // 128 bits over all of its state, equal for equal states on every platform, and whatever the
  // numbers that its vnodes have given to their operations.
  std::pair<uint64_t, uint64_t> fingerprint() const;
  bool operator==(const Shard& other) const;
  // Calls visit for each field of each actor in which this shard differs from what it was: its
  // name, and its place in the actor's table of fields.
  using VisitDifference = std::function<void(ActorId, std::string_view field, uint8_t index)>;
  void differences(const Shard& before, const VisitDifference& visit) const;
  // The same with what was there and what is there, as text of at most `max` bytes each.
  using VisitChange = std::function<void(ActorId, std::string_view field, const std::string& was,
                                         const std::string& is)>;
  void changes(const Shard& before, size_t max, const VisitChange& visit) const;
  // Calls visit for each field of each actor.
  using VisitField = std::function<void(ActorId, std::string_view field, const std::string& value)>;
  void describe(size_t max, const VisitField& visit) const;
  // How the actor that this message is for stands to it (core/message_table.h). The message has
  // passed check_peer_message(), or will.
  TakerState taker_state(const pb::PeerMessage& message) const;

 private:
  struct Impl;
  struct Call;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vordb
