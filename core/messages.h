// What actors tell each other. Those between coordinators and vnodes may cross to another node: the
// dispatch layer then carries them as pb::PeerMessage (core/peer_codec.h). What vnodes tell vnodes
// and memberships tell memberships is pb::PeerMessage from the start.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/client_api.h"
#include "core/crdt/dot.h"
#include "core/crdt/hlc.h"
#include "core/crdt/version_vector.h"
#include "core/fields.h"
#include "core/ids.h"

namespace vordb {

struct Configuration;
struct KeyState;
struct CausalToken;

// Coordinator -> vnode: change one key. The vnode answers once the change is durable here and the
// placement's version is still `pv`; the other owners that its delta reaches acknowledge to the
// coordinator directly (KeyAck).
struct KeyMutation {
  OpId op = 0;
  NodeNumber from = 0;  // the coordinator's node; 0: this one
  uint16_t shard = 0;   // and shard
  uint64_t pv = 0;
  bool wants_acks = false;  // the other owners are to acknowledge too
  PlacementId placement;
  BucketId bucket = 0;
  uint64_t key_hash = 0;  // ring_hash(bucket, key)
  Operation operation = Operation::kPut;
  std::string key;
  std::string value;
  std::vector<std::string> elements;
  uint64_t amount = 0;
  uint64_t now_ms = 0;  // of keys that expire: the vnode's own time does not stay behind it
  std::shared_ptr<const CausalToken> seen;  // null: no token was given
  std::string request_token;
  VORDB_FIELDS(KeyMutation, op, from, shard, pv, wants_acks, placement, bucket, key_hash, operation,
               key, value, elements, amount, now_ms, seen, request_token)
};

struct KeyMutationReply {
  OpId op = 0;
  std::optional<ClientError> error;  // set: refused, and nothing was applied
  uint64_t timestamp_ms = 0;
  std::string context;
  NodeNumber node = 0;  // whose vnode this is; 0: this node's
  crdt::Dot dot;        // that the mutation took; counter 0: none, nothing had to change
  // Durable, but under another version of the placement: acknowledged by nobody yet.
  bool moved = false;
  VORDB_FIELDS(KeyMutationReply, op, error, timestamp_ms, context, node, dot, moved)
};

// Coordinator -> vnode: read one key, or a page of a set.
struct KeyRead {
  OpId op = 0;
  NodeNumber from = 0;  // as in KeyMutation
  uint16_t shard = 0;
  uint64_t pv = 0;
  PlacementId placement;
  BucketId bucket = 0;
  uint64_t key_hash = 0;
  std::string key;
  std::vector<std::string> subkeys;  // these entries only, sorted; empty: all
  std::optional<std::string> after;  // elements of a set after this one
  uint32_t limit = 0;                // entries at most; 0: all
  uint64_t now_ms = 0;               // as in KeyMutation
  // Nobody else is asked: an owner that still lacks what an owner must hold says so.
  bool alone = false;
  std::shared_ptr<const CausalToken> seen;
  VORDB_FIELDS(KeyRead, op, from, shard, pv, placement, bucket, key_hash, key, subkeys, after,
               limit, now_ms, alone, seen)
};

struct KeyReadReply {
  OpId op = 0;
  std::optional<ClientError> error;
  std::shared_ptr<const KeyState> state;  // the entries asked for; null: none
  bool more = false;                      // a page ended before the set did
  std::string context;
  // The vnode's time: a key that was expired by it stays so for every later read.
  uint64_t now_ms = 0;
  NodeNumber node = 0;       // whose vnode this is; 0: this node's
  crdt::VersionVector base;  // what fills the entries; only where several owners are asked
  bool moved = false;        // another version of the placement: nothing may be concluded
  VORDB_FIELDS(KeyReadReply, op, error, state, more, context, now_ms, node, base, moved)
};

// Coordinator -> vnode: live keys of one bucket after `after` (a raw key), in key order of the
// partition.
struct KeyList {
  OpId op = 0;
  NodeNumber from = 0;
  uint16_t shard = 0;
  PlacementId placement;
  BucketId bucket = 0;
  std::string after;
  uint32_t limit = 0;
  uint64_t now_ms = 0;  // keys that have expired by then are not listed
  VORDB_FIELDS(KeyList, op, from, shard, placement, bucket, after, limit, now_ms)
};

struct KeyListReply {
  OpId op = 0;
  std::optional<ClientError> error;
  std::vector<std::string> keys;
  bool more = false;
  VORDB_FIELDS(KeyListReply, op, error, keys, more)
};

// Coordinator -> vnode: send entries of one key, with all that their closure needs (DATA.md rule
// 3), to these owners. Each acknowledges to the coordinator once it holds them durably.
struct KeyPush {
  OpId op = 0;
  NodeNumber from = 0;
  uint16_t shard = 0;
  uint64_t pv = 0;
  PlacementId placement;
  BucketId bucket = 0;
  std::string key;
  std::vector<std::string> subkeys;  // sorted; empty with a dot: what the dot touched
  crdt::Dot dot;
  std::vector<NodeNumber> targets;  // this node among them: it says whether it holds the dot
  VORDB_FIELDS(KeyPush, op, from, shard, pv, placement, bucket, key, subkeys, dot, targets)
};

// Vnode -> coordinator: `node` holds durably what `source` sent it for the operation, under the
// version of the placement that the request named.
struct KeyAck {
  OpId op = 0;
  NodeNumber node = 0;    // 0: this node
  NodeNumber source = 0;  // the node whose delta or push this answers
  bool refused = false;   // another version, or it could not be done
  VORDB_FIELDS(KeyAck, op, node, source, refused)
};

// Coordinator -> membership: create or delete a bucket.
struct BucketChange {
  OpId op = 0;
  uint16_t shard = 0;
  bool create = true;
  BucketConfig config;  // of a deletion: the name only
  VORDB_FIELDS(BucketChange, op, shard, create, config)
};

struct BucketChangeReply {
  OpId op = 0;
  std::optional<ClientError> error;
  VORDB_FIELDS(BucketChangeReply, op, error)
};

// An operator's wish, and what became of it (Network::reply_to_operator).
struct ClusterChange {
  enum class Kind : uint8_t { kJoin, kLeave, kDown, kRemove, kReplace, kForce };
  Kind kind = Kind::kJoin;
  uint64_t request = 0;  // given back
  std::string node;      // a node id; of a join: the seed's host:port or name@host[:port]
  bool accept_loss = false;
  VORDB_FIELDS(ClusterChange, kind, request, node, accept_loss)
};
struct ClusterChangeReply {
  uint64_t request = 0;
  std::optional<ClientError> error;
  VORDB_FIELDS(ClusterChangeReply, request, error)
};

// Membership -> every shard: use this configuration from now on; acknowledged once it is in use.
struct ConfigurationChosen {
  std::shared_ptr<const Configuration> configuration;
  VORDB_FIELDS(ConfigurationChosen, configuration)
};
struct ConfigurationInUse {
  uint16_t shard = 0;
  uint64_t epoch = 0;
  VORDB_FIELDS(ConfigurationInUse, shard, epoch)
};

// Membership -> every shard: these members were not heard of lately. Steers routing, never safety.
struct PeersSuspected {
  std::vector<NodeNumber> nodes;  // ascending
  VORDB_FIELDS(PeersSuspected, nodes)
};

// Membership -> every shard: whether this node's wall clock is too far ahead of the others' for
// mutations: they would beat all that is written elsewhere until the others' clocks get there.
struct ClockJudged {
  bool ahead = false;
  VORDB_FIELDS(ClockJudged, ahead)
};

// Membership -> every shard: this node has been admitted to another cluster and its store was made
// anew. Every vnode of the node's earlier identity ends.
struct NodeReborn {
  std::shared_ptr<const Configuration> configuration;
  NodeNumber node = 0;
  VORDB_FIELDS(NodeReborn, configuration, node)
};

// Membership -> every shard: refuse mutations (or take them again). A node that is about to give up
// its store for another cluster's must not acknowledge what it then forgets.
struct ServingPaused {
  bool paused = false;
  VORDB_FIELDS(ServingPaused, paused)
};

// Every shard -> membership, each interval: what its vnodes have reached (CLUSTER.md rules 19, 22).
struct ShardReport {
  uint16_t shard = 0;
  uint16_t shards = 1;  // of the node
  uint64_t epoch = 0;   // of the configuration in use there
  bool paused = false;  // mutations are refused, and none is under way
  struct Counted {
    PlacementId placement;
    uint64_t move = 0;
    bool operator==(const Counted&) const = default;
    VORDB_FIELDS(Counted, placement, move)
  };
  std::vector<Counted> counted;  // owners-to-be that hold enough for this move
  std::vector<uint16_t>
      drained;            // partitions that name this node as draining and hold nothing here
  bool has_data = false;  // some vnode holds a live entry
  VORDB_FIELDS(ShardReport, shard, shards, epoch, paused, counted, drained, has_data)
};

using Message = std::variant<KeyMutation, KeyMutationReply, KeyRead, KeyReadReply, KeyList,
                             KeyListReply, KeyPush, KeyAck, BucketChange, BucketChangeReply,
                             ConfigurationChosen, ConfigurationInUse, PeersSuspected, ClockJudged,
                             NodeReborn, ServingPaused, ShardReport>;

// `node` 0 is this node. Only messages between coordinators and vnodes may name another.
struct Envelope {
  ActorId to;
  Message message;
  NodeNumber node = 0;
  VORDB_FIELDS(Envelope, to, message, node)
};

}  // namespace vordb
