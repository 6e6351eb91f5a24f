// One node, all of its shards over one memory disk, every step decided by the caller: what becomes
// durable when, when messages between shards arrive, when the process dies. It records every reply
// and sees that each request is answered once. The operations of clients are tested here, from the
// coordinator down to the records.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/shard.h"
#include "sim/memory_disk.h"

namespace vordb::sim {

class ShardLab {
 public:
  static NodeOptions small_node(uint16_t shards = 1);

  explicit ShardLab(NodeOptions options = small_node());
  ~ShardLab();
  ShardLab(const ShardLab&) = delete;
  ShardLab& operator=(const ShardLab&) = delete;

  // ---- requests
  // Hands the request to a shard and does no more.
  ClientId submit(ClientRequest request, uint16_t shard = 0);
  // The same, settles, and returns the answer, which must be there.
  ClientReply ask(ClientRequest request, uint16_t shard = 0);
  bool answered(ClientId client) const { return replies_.contains(client); }
  const ClientReply& reply(ClientId client) const { return replies_.at(client); }

  ClientReply put(const std::string& key, const std::string& value, const std::string& bucket = "");
  ClientReply get(const std::string& key, const std::string& bucket = "");
  ClientReply erase(const std::string& key, const std::string& bucket = "",
                    const std::string& context = "");
  ClientReply add(const std::string& key, std::vector<std::string> elements,
                  const std::string& bucket = "");
  ClientReply remove(const std::string& key, std::vector<std::string> elements,
                     const std::string& bucket = "", const std::string& context = "");
  ClientReply members(const std::string& key, const std::string& bucket = "");
  ClientReply count(const std::string& key, int64_t by, const std::string& bucket = "");
  ClientReply total(const std::string& key, const std::string& bucket = "");
  ClientReply create(const std::string& bucket, BucketType type, uint64_t ttl_seconds = 0,
                     uint8_t write_quorum = 1);
  ClientReply drop(const std::string& bucket);

  // ---- the disk and the messages between shards
  // Ends the turn of every shard; what it wrote stays pending.
  void flush();
  // Flushes, then delivers one message, or makes one batch durable, or answers the reads that wait;
  // false: there was none of these.
  bool step();
  // Steps until nothing moves any more.
  void settle();
  MemoryDisk& disk() { return disk_; }
  size_t local_messages() const { return messages_.size(); }

  // The process dies and starts again on what is durable.
  void restart();
  absl::Status try_restart();

  // ---- time
  void advance(uint64_t ms) { clock_.now_ms += ms; }
  void step_wall_back(uint64_t ms) { clock_.back_ms += ms; }
  // Ticks every shard for so long, settling after each tick.
  void run_for(uint64_t ms);

  Shard& shard(uint16_t index = 0) { return shards_[index]; }
  Env& env() { return env_; }

 private:
  struct LabClock : Clock {
    uint64_t now_ms = 1'700'000'000'000;
    uint64_t back_ms = 0;
    uint64_t wall_ms() override { return now_ms - back_ms; }
    uint64_t monotonic_us() override { return now_ms * 1000; }
  };
  class Doors;

  absl::Status start();
  uint16_t shard_of(const ActorId& actor) const;

  NodeOptions options_;
  MemoryDisk disk_;
  LabClock clock_;
  std::unique_ptr<Doors> doors_;
  Env env_;
  std::vector<Shard> shards_;
  std::deque<std::pair<ActorId, Message>> messages_;
  std::map<ClientId, ClientReply> replies_;
  ClientId next_client_ = 1;
};

// Whether a request was refused for this reason, with nothing applied.
inline bool refused(const ClientReply& reply, ErrorCode code) {
  return reply.kind == ClientReply::Kind::kError && reply.error.code == code &&
         reply.error.outcome == Outcome::kRejected;
}

}  // namespace vordb::sim
