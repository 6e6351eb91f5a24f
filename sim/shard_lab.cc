#include "sim/shard_lab.h"

#include "core/assert.h"

namespace vordb::sim {

// What the shards see of the world besides disk and clock.
class ShardLab::Doors : public Network, public Random, public Telemetry {
 public:
  explicit Doors(ShardLab& lab) : lab_(lab) {}

  void send(NodeNumber, const pb::PeerMessage&) override {
    VORDB_ASSERT(false, "a node alone has nobody to send to");
  }
  void send_to(std::string_view, const pb::PeerMessage&) override {
    VORDB_ASSERT(false, "a node alone has nobody to send to");
  }
  void set_peers(const Configuration&) override {}
  void reply_to_operator(ClusterChangeReply) override {
    VORDB_ASSERT(false, "no operator asks here");
  }
  void send_local(ActorId to, Message message) override {
    lab_.messages_.emplace_back(to, std::move(message));
  }
  void reply(ClientId client, ClientReply reply) override {
    const bool first = lab_.replies_.emplace(client, std::move(reply)).second;
    VORDB_ASSERT(first && client < lab_.next_client_, "each request is answered once");
  }

  uint64_t next() override { return last_ += 0x9e3779b97f4a7c15; }

  void received(ActorKind, uint8_t) override {}
  void sent(ActorKind, uint8_t) override {}
  void transition(ActorKind, uint8_t) override {}
  void violated(std::string_view) override {}
  void log(LogLevel, std::string_view) override {}

 private:
  ShardLab& lab_;
  uint64_t last_ = 0;
};

NodeOptions ShardLab::small_node(uint16_t shards) {
  NodeOptions options;
  options.ring_size = 8;
  options.column_families = 4;
  options.shards = shards;
  options.sync_interval_ms = 100;
  options.ttl_sweep_interval_ms = 200;
  return options;
}

ShardLab::ShardLab(NodeOptions options)
    : options_(std::move(options)),
      doors_(std::make_unique<Doors>(*this)),
      env_{clock_, *doors_, disk_, *doors_, *doors_} {
  const absl::Status started = start();
  VORDB_ASSERT(started.ok(), "a node starts on an empty disk");
}

ShardLab::~ShardLab() = default;

absl::Status ShardLab::start() {
  shards_.clear();
  for (uint16_t index = 0; index < options_.shards; ++index) {
    Shard& shard = shards_.emplace_back(index, options_);
    if (absl::Status status = shard.start(env_); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ShardLab::try_restart() {
  disk_.crash();
  messages_.clear();
  return start();
}

void ShardLab::restart() {
  const absl::Status started = try_restart();
  VORDB_ASSERT(started.ok(), "a node starts on its own disk");
}

// The shards share one disk; a completion belongs to the shard where its actor lives.
uint16_t ShardLab::shard_of(const ActorId& actor) const {
  switch (actor.kind) {
    case ActorKind::kMembership:
      return 0;
    case ActorKind::kCoordinator:
      return actor.shard;
    case ActorKind::kVnode:
      return uint16_t(actor.placement.partition % options_.shards);
  }
  return 0;
}

ClientId ShardLab::submit(ClientRequest request, uint16_t shard) {
  request.client = next_client_++;
  const ClientId client = request.client;
  shards_[shard].submit(std::move(request), env_);
  return client;
}

ClientReply ShardLab::ask(ClientRequest request, uint16_t shard) {
  const ClientId client = submit(std::move(request), shard);
  settle();
  VORDB_ASSERT(answered(client), "a settled request is answered");
  return replies_.at(client);
}

void ShardLab::flush() {
  for (Shard& shard : shards_) shard.end_turn(env_);
}

bool ShardLab::step() {
  flush();
  if (!messages_.empty()) {
    auto [to, message] = std::move(messages_.front());
    messages_.pop_front();
    const uint16_t at = shard_of(to);
    shards_[at].on_message(to, std::move(message), env_);
    return true;
  }
  std::vector<DiskEvent> events;
  if (disk_.pending() > 0) {
    events.push_back(disk_.make_durable());
  } else {
    events = disk_.take_reads();
  }
  for (DiskEvent& event : events) {
    const uint16_t at = shard_of(event.actor);
    shards_[at].on_disk(std::move(event), env_);
  }
  return !events.empty();
}

void ShardLab::settle() {
  while (step()) {
  }
}

void ShardLab::run_for(uint64_t ms) {
  for (uint64_t passed = 0; passed < ms; passed += kTickMs) {
    advance(kTickMs);
    for (Shard& shard : shards_) shard.tick(env_);
    settle();
  }
}

namespace {

ClientRequest request_of(Operation operation, const std::string& key, const std::string& bucket) {
  ClientRequest request;
  request.operation = operation;
  request.key = key;
  request.bucket = bucket;
  return request;
}

}  // namespace

ClientReply ShardLab::put(const std::string& key, const std::string& value,
                          const std::string& bucket) {
  ClientRequest request = request_of(Operation::kPut, key, bucket);
  request.value = value;
  return ask(std::move(request));
}

ClientReply ShardLab::get(const std::string& key, const std::string& bucket) {
  return ask(request_of(Operation::kGet, key, bucket));
}

ClientReply ShardLab::erase(const std::string& key, const std::string& bucket,
                            const std::string& context) {
  ClientRequest request = request_of(Operation::kDelete, key, bucket);
  request.context = context;
  return ask(std::move(request));
}

ClientReply ShardLab::add(const std::string& key, std::vector<std::string> elements,
                          const std::string& bucket) {
  ClientRequest request = request_of(Operation::kSetAdd, key, bucket);
  request.elements = std::move(elements);
  return ask(std::move(request));
}

ClientReply ShardLab::remove(const std::string& key, std::vector<std::string> elements,
                             const std::string& bucket, const std::string& context) {
  ClientRequest request = request_of(Operation::kSetRemove, key, bucket);
  request.elements = std::move(elements);
  request.context = context;
  return ask(std::move(request));
}

ClientReply ShardLab::members(const std::string& key, const std::string& bucket) {
  return ask(request_of(Operation::kSetMembers, key, bucket));
}

ClientReply ShardLab::count(const std::string& key, int64_t by, const std::string& bucket) {
  const Operation operation = by < 0 ? Operation::kCounterDecrement : Operation::kCounterIncrement;
  ClientRequest request = request_of(operation, key, bucket);
  request.amount = by < 0 ? uint64_t(-by) : uint64_t(by);
  return ask(std::move(request));
}

ClientReply ShardLab::total(const std::string& key, const std::string& bucket) {
  return ask(request_of(Operation::kCounterValue, key, bucket));
}

ClientReply ShardLab::create(const std::string& bucket, BucketType type, uint64_t ttl_seconds,
                             uint8_t write_quorum) {
  ClientRequest request;
  request.operation = Operation::kCreateBucket;
  request.config.name = bucket;
  request.config.type = type;
  request.config.ttl_seconds = ttl_seconds;
  request.config.write_quorum = write_quorum;
  return ask(std::move(request));
}

ClientReply ShardLab::drop(const std::string& bucket) {
  ClientRequest request;
  request.operation = Operation::kDeleteBucket;
  request.bucket = bucket;
  return ask(std::move(request));
}

}  // namespace vordb::sim
