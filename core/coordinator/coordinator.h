// One client request on its way through the node: which bucket and placement, how many replicas,
// which vnode, what the answer means. Each shard has one; it serves the requests of that shard's
// connections.
//
//   coordinator.cc  accept, refuse, time out     data.cc  keys: mutations and reads
//   answer.cc       entries to answers           keys.cc  the listing of a bucket's keys
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/client_api.h"
#include "core/cluster/configuration.h"
#include "core/crdt/hlc.h"
#include "core/env.h"
#include "core/op_table.h"
#include "core/shard.h"

namespace vordb {
class Fingerprint;
class KeyCache;
}  // namespace vordb

namespace vordb::coordinator {

// What a step may use beside the coordinator itself.
struct Context {
  Env& env;
  const Configuration& configuration;
  const NodeOptions& options;
  const KeyCache& cache;  // of this shard's vnodes, to be asked ahead
  std::vector<Envelope>& outbox;
};

class Coordinator {
 public:
  // `lease`: no earlier life stamped a time above it.
  Coordinator(uint16_t shard, Hlc lease) : shard_(shard), hlc_(lease) {}

  void submit(ClientRequest request, Context& context);
  void step(KeyMutationReply reply, Context& context);
  void step(KeyReadReply reply, Context& context);
  void step(KeyListReply reply, Context& context);
  void step(BucketChangeReply reply, Context& context);
  // Answers what has waited too long.
  void tick(Context& context);

  size_t waiting() const { return pending_.size(); }
  // The highest time that any read was judged by.
  Hlc highest_stamp() const { return hlc_.last(); }
  void add_to(Fingerprint& fingerprint) const;

 private:
  struct Pending {
    ClientId client = 0;
    Operation operation = Operation::kPing;
    BucketType type = BucketType::kLww;
    uint64_t deadline_us = 0;
    uint64_t now_ms = 0;  // reads: what expiry is judged by
    uint32_t limit = 0;   // pages
    // Listing keys: the bucket, where it stands, and what it has found.
    BucketId bucket = 0;
    uint8_t replication_n = 0;
    uint32_t partition = 0;
    std::vector<std::string> keys;
  };

  // ---- coordinator.cc
  void answer(ClientId client, ClientReply reply, Context& context);
  void refuse(const ClientRequest& request, ErrorCode code, std::string message, std::string hint,
              Context& context);
  void answer_buckets(const ClientRequest& request, Context& context);
  void change_bucket(ClientRequest request, Context& context);

  // ---- data.cc
  void access_key(ClientRequest request, Context& context);
  bool check_type(const ClientRequest& request, const Bucket& bucket, Context& context);
  bool check_quorum(const ClientRequest& request, const Bucket& bucket, bool mutates,
                    Context& context);
  void mutate(ClientRequest request, const Bucket& bucket, Context& context);
  void read(ClientRequest request, const Bucket& bucket, Context& context);

  // ---- answer.cc
  static ClientReply to_reply(const Pending& pending, const KeyReadReply& reply);

  // ---- keys.cc
  void list_keys(ClientRequest request, Context& context);
  void list_next(OpId op, std::string after, Context& context);

  uint16_t shard_;
  HlcClock hlc_;
  OpTable<Pending> pending_;
};

// Whether an operation changes data.
bool mutates(Operation operation);

}  // namespace vordb::coordinator
