// What the actors of one node tell each other. Messages to other nodes are pb::PeerMessage
// (proto/peer.proto).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/client_api.h"
#include "core/crdt/hlc.h"
#include "core/ids.h"

namespace vordb {

struct Configuration;
struct KeyState;
struct CausalContext;

// Coordinator -> vnode: change one key.
struct KeyMutation {
  OpId op = 0;
  uint16_t shard = 0;  // the coordinator's
  PlacementId placement;
  BucketId bucket = 0;
  uint64_t key_hash = 0;  // ring_hash(bucket, key)
  Operation operation = Operation::kPut;
  std::string key;
  std::string value;
  std::vector<std::string> elements;
  uint64_t amount = 0;
  uint64_t now_ms = 0;  // of keys that expire: the vnode's own time does not stay behind it
  std::shared_ptr<const CausalContext> context;  // null: none was given
  std::string request_token;
};

struct KeyMutationReply {
  OpId op = 0;
  std::optional<ClientError> error;  // set: refused, and nothing was applied
  uint64_t timestamp_ms = 0;
  std::string context;
};

// Coordinator -> vnode: read one key, or a page of a set.
struct KeyRead {
  OpId op = 0;
  uint16_t shard = 0;
  PlacementId placement;
  BucketId bucket = 0;
  uint64_t key_hash = 0;
  std::string key;
  std::optional<std::string> element;  // this element of a set only
  std::string after;                   // elements of a set after this one
  uint32_t limit = 0;                  // entries at most; 0: all
  uint64_t now_ms = 0;                 // as in KeyMutation
  std::shared_ptr<const CausalContext> context;
};

struct KeyReadReply {
  OpId op = 0;
  std::optional<ClientError> error;
  std::shared_ptr<const KeyState> state;  // the entries asked for; null: none
  bool more = false;                      // a page ended before the set did
  std::string context;
  uint64_t now_ms =
      0;  // the vnode's time: a key that was expired by it stays so for every later read
};

// Coordinator -> vnode: live keys of one bucket after `after` (a raw key), in key order of the
// partition.
struct KeyList {
  OpId op = 0;
  uint16_t shard = 0;
  PlacementId placement;
  BucketId bucket = 0;
  std::string after;
  uint32_t limit = 0;
  uint64_t now_ms = 0;  // keys that have expired by then are not listed
};

struct KeyListReply {
  OpId op = 0;
  std::optional<ClientError> error;
  std::vector<std::string> keys;
  bool more = false;
};

// Coordinator -> membership: create or delete a bucket.
struct BucketChange {
  OpId op = 0;
  uint16_t shard = 0;
  bool create = true;
  BucketConfig config;  // of a deletion: the name only
};

struct BucketChangeReply {
  OpId op = 0;
  std::optional<ClientError> error;
};

// Membership -> every shard: use this configuration from now on; acknowledged once it is in use.
struct ConfigurationChosen {
  std::shared_ptr<const Configuration> configuration;
};
struct ConfigurationInUse {
  uint16_t shard = 0;
  uint64_t epoch = 0;
};

using Message =
    std::variant<KeyMutation, KeyMutationReply, KeyRead, KeyReadReply, KeyList, KeyListReply,
                 BucketChange, BucketChangeReply, ConfigurationChosen, ConfigurationInUse>;

struct Envelope {
  ActorId to;
  Message message;
};

}  // namespace vordb
