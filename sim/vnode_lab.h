// Several vnodes of one partition against each other, every step decided by the caller: what is
// durable when, which message arrives, is lost, doubled or late, who restarts and whose disk is
// new. Messages pass through the real encoder. The rules of the data plane and the counterexamples
// to simpler ones are tested here (core/vnode).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/cluster/configuration.h"
#include "core/vnode/causal_token.h"
#include "core/vnode/vnode.h"
#include "sim/memory_disk.h"

namespace vordb::sim {

class VnodeLab {
 public:
  // Buckets of the lab's configuration.
  static constexpr BucketId kTtlRegister = 20;
  static constexpr BucketId kTtlSet = 21;
  static constexpr BucketId kTtlCounter = 22;
  static constexpr uint64_t kTtlMs = 60'000;

  struct Packet {
    NodeNumber from = 0;
    NodeNumber to = 0;
    std::string bytes;
  };

  // What a client was shown; null: it does not say.
  using Seen = std::shared_ptr<const CausalToken>;

  static constexpr size_t kCacheBytes = 1 << 20;

  explicit VnodeLab(NodeNumber nodes, size_t cache_bytes = kCacheBytes);
  ~VnodeLab();
  VnodeLab(const VnodeLab&) = delete;
  VnodeLab& operator=(const VnodeLab&) = delete;

  // ---- clients. A mutation returns its operation id; it is answered once durable.
  OpId put(NodeNumber node, const std::string& key, const std::string& value,
           BucketId bucket = kDefaultLww);
  OpId erase(NodeNumber node, const std::string& key, BucketId bucket, Seen seen = nullptr);
  OpId add(NodeNumber node, const std::string& key, std::vector<std::string> elements,
           BucketId bucket = kDefaultSet);
  OpId remove(NodeNumber node, const std::string& key, std::vector<std::string> elements,
              BucketId bucket = kDefaultSet, Seen seen = nullptr);
  OpId count(NodeNumber node, const std::string& key, int64_t by,
             BucketId bucket = kDefaultCounter);
  // Set: answered without an error.
  bool acknowledged(OpId op) const { return acknowledged_.contains(op); }
  // The coordinator was told by this other owner that it holds the mutation.
  bool confirmed(OpId op, NodeNumber by) const { return confirmed_.contains({op, by}); }

  std::optional<std::string> value(NodeNumber node, const std::string& key,
                                   BucketId bucket = kDefaultLww);
  std::vector<std::string> members(NodeNumber node, const std::string& key,
                                   BucketId bucket = kDefaultSet);
  int64_t total(NodeNumber node, const std::string& key, BucketId bucket = kDefaultCounter);
  // What a reader of the key is given to come back with; null: the read was refused.
  Seen seen(NodeNumber node, const std::string& key, BucketId bucket);
  // The elements that are live here, whether or not the key's deadline has passed.
  std::vector<std::string> live_elements(NodeNumber node, const std::string& key, BucketId bucket);
  bool expired(NodeNumber node, const std::string& key, BucketId bucket);
  // A read that may have to wait for the disk, and of which nobody is told.
  OpId begin_read(NodeNumber node, const std::string& key, BucketId bucket);

  // ---- the disk
  // Ends the turn and makes everything durable.
  void settle(NodeNumber node);
  // Ends the turn; what it wrote stays pending.
  void flush(NodeNumber node);
  // Makes the oldest pending batch durable, if there is one.
  void make_one_durable(NodeNumber node);
  // The reads that wait are answered; those that follow from them may wait again.
  void answer_reads(NodeNumber node);
  // One of those that the disk was asked for.
  void take(NodeNumber node, DiskEvent event);
  MemoryDisk& disk(NodeNumber node);
  // The process dies and starts again on what is durable, or on an empty disk.
  void restart(NodeNumber node);
  void wipe(NodeNumber node);
  // The disk is replaced by an earlier copy of it; as on a wiped one, what starts on it is a new
  // incarnation.
  void restore(NodeNumber node, const MemoryDisk::Records& copy);

  // ---- the configuration: every node learns of its newest form when it is told to
  BucketId create_bucket(BucketType type, uint64_t ttl_seconds = 0, uint8_t quorum = 1);
  void drop_bucket(BucketId bucket);
  void learn_configuration(NodeNumber node);
  bool knows_bucket(NodeNumber node, BucketId bucket);

  // ---- the network
  std::vector<Packet> packets;
  void deliver(size_t index);       // and take away
  void deliver_copy(size_t index);  // and keep: it will come again
  void deliver_all();               // until none is left, committing as it goes
  void lose_all() { packets.clear(); }
  // What `from` has of a key, sent to `to` as a repair: filled and closed as rule 3 demands.
  void repair(NodeNumber from, NodeNumber to, const std::string& key, BucketId bucket);

  // ---- time
  void advance(uint64_t ms);               // all clocks
  void skew(NodeNumber node, int64_t ms);  // one of them; not its monotonic one
  // All to one time that is past everything that any of them has been, or any vnode has gone on to.
  void align_clocks();
  void tick(NodeNumber node);
  void sweep(NodeNumber node);
  void pulse(NodeNumber node);
  void scrub(NodeNumber node);
  void sweep_all();  // every node, and settles what it does

  // Announces, delivers and commits until nothing changes any more.
  void quiesce(int rounds = 6);
  // The first difference between two owners' clocks or entries; empty: none.
  std::string difference();

  vnode::Vnode& vnode(NodeNumber node);
  size_t entries(NodeNumber node);
  size_t logged_dots(NodeNumber node);
  size_t entries_of(NodeNumber node, BucketId bucket);
  // Durably known here to have been replaced by a later life of its node.
  bool knows_retired(NodeNumber node, const crdt::ReplicaId& replica);
  // By this life of the vnode.
  uint64_t snapshots_received(NodeNumber node);
  // Messages that it refused for what they hold.
  uint64_t violations(NodeNumber node);
  NodeOptions& options() { return options_; }  // of all nodes

 private:
  struct Node;
  Node& at(NodeNumber node);
  template <typename Step>
  void step(NodeNumber node, Step&& body);
  OpId mutate(NodeNumber node, KeyMutation mutation);
  struct Answer {
    std::shared_ptr<const KeyState> state;  // null: refused
    std::string context;
  };
  Answer read(NodeNumber node, const std::string& key, BucketId bucket);
  void take_answers(Node& node);
  void start(Node& node);
  void begin_incarnation(Node& node);
  size_t records(NodeNumber node, vnode::Table table);

  Configuration configuration_;  // the newest
  NodeOptions options_;
  size_t cache_bytes_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<OpId, bool> acknowledged_;
  std::set<std::pair<OpId, NodeNumber>> confirmed_;
  std::map<OpId, Answer> answers_;
  OpId next_op_ = 1;
  uint64_t latest_ms_ = 0;  // that any clock has shown
};

}  // namespace vordb::sim
