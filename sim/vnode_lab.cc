#include "sim/vnode_lab.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/assert.h"
#include "core/cluster/ring.h"
#include "core/codec.h"
#include "core/crdt/counter.h"
#include "core/crdt/register.h"
#include "core/crdt/set.h"
#include "proto/peer.pb.h"

namespace vordb::sim {

namespace {

constexpr PlacementId kPlacement{3, 0};
constexpr uint64_t kStartMs = 1'700'000'000'000;

std::string to_text(const crdt::VnodeClock& clock) {
  std::string text = "{";
  for (const auto& r : clock.replicas()) {
    text += " n" + std::to_string(r.id.node) + "." + std::to_string(r.id.incarnation) + "." +
            std::to_string(r.id.life >> 16) + ":" + std::to_string(r.base);
    for (const uint64_t counter : r.above) text += "+" + std::to_string(counter);
  }
  return text + " }";
}

class LabClock : public Clock {
 public:
  uint64_t now_ms = kStartMs;
  uint64_t wall_ms() override { return now_ms; }
  uint64_t monotonic_us() override { return now_ms * 1000; }
};

class LabRandom : public Random {
 public:
  uint64_t next() override { return ++last_; }

 private:
  uint64_t last_ = 0;
};

class CountingTelemetry : public Telemetry {
 public:
  uint64_t violations = 0;
  void received(ActorKind, uint8_t) override {}
  void sent(ActorKind, uint8_t) override {}
  void transition(ActorKind, uint8_t) override {}
  void violated(std::string_view) override { ++violations; }
  void log(LogLevel, std::string_view) override {}
};

class LabNetwork : public Network {
 public:
  LabNetwork(NodeNumber from, std::vector<VnodeLab::Packet>& packets)
      : from_(from), packets_(packets) {}
  void send(NodeNumber to, const pb::PeerMessage& message) override {
    packets_.push_back({from_, to, message.SerializeAsString()});
  }
  void send_to(std::string_view, const pb::PeerMessage&) override {
    VORDB_ASSERT(false, "vnodes speak to members");
  }
  void set_peers(const Configuration&) override {}
  void reply_to_operator(ClusterChangeReply) override {}
  void send_local(ActorId, Message) override { VORDB_ASSERT(false, "a lab node has one shard"); }
  void reply(ClientId, ClientReply) override { VORDB_ASSERT(false, "a lab has no coordinator"); }

 private:
  NodeNumber from_;
  std::vector<VnodeLab::Packet>& packets_;
};

}  // namespace

struct VnodeLab::Node {
  Node(NodeNumber node_number, std::vector<Packet>& packets)
      : number(node_number),
        network(node_number, packets),
        env{clock, network, disk, random, telemetry} {}

  NodeNumber number;
  LabClock clock;
  LabNetwork network;
  MemoryDisk disk;
  LabRandom random;
  CountingTelemetry telemetry;
  Env env;
  uint64_t boot = 0;
  uint64_t incarnation = kFirstEpoch;
  bool founding = true;
  KeyCache cache{1 << 20};
  std::vector<Envelope> outbox;
  std::vector<PlacementId> unflushed;
  uint32_t fetches = 0;
  std::optional<vnode::Vnode> vnode;
};

VnodeLab::VnodeLab(NodeNumber nodes) {
  options_.ring_size = 1;
  options_.column_families = 1;
  Member first;
  first.node = 1;
  first.node_id = "n1";
  configuration_ = found_cluster(std::string(16, 'c'), 1, first, BucketConfig{});
  configuration_.epoch = kTtlCounter;
  const BucketType types[] = {BucketType::kLww, BucketType::kOrswot, BucketType::kPnCounter};
  for (int i = 0; i < 3; ++i) {
    BucketConfig config;
    config.name = std::string("ttl") + char('0' + i);
    config.type = types[i];
    config.ttl_seconds = kTtlMs / 1000;
    configuration_.add_bucket(Bucket{kTtlRegister + BucketId(i), config});
  }
  for (NodeNumber n = 2; n <= nodes; ++n) {
    Member member;
    member.node = n;
    member.node_id = "n" + std::to_string(n);
    member.admitted = kFirstEpoch;
    configuration_.members.push_back(member);
    configuration_.partitions[0].owners.push_back(n);
  }
  for (NodeNumber n = 1; n <= nodes; ++n) {
    nodes_.push_back(std::make_unique<Node>(n, packets));
    start(*nodes_.back());
  }
}

VnodeLab::~VnodeLab() = default;

VnodeLab::Node& VnodeLab::at(NodeNumber node) { return *nodes_.at(node - 1); }
vnode::Vnode& VnodeLab::vnode(NodeNumber node) { return *at(node).vnode; }
MemoryDisk& VnodeLab::disk(NodeNumber node) { return at(node).disk; }

void VnodeLab::start(Node& node) {
  ++node.boot;
  node.cache = KeyCache(1 << 20);
  node.outbox.clear();
  node.unflushed.clear();
  vnode::Birth birth;
  birth.node = node.number;
  birth.incarnation = node.incarnation;
  birth.life = crdt::make_life(node.boot, 0, node.random.next());
  // An owner that was not there from the beginning has a fence to learn.
  Configuration known = configuration_;
  if (!node.founding) known.replication_since = {};
  node.vnode.emplace(kPlacement, birth, known);
  node.fetches = 0;
  vnode::Context context{node.env,    configuration_, options_,    node.cache,
                         node.outbox, node.unflushed, node.fetches};
  const std::string key = vnode::vnode_state_key(kPlacement);
  ReadRequest request;
  request.begin = key;
  const ReadResult found = node.disk.read_at_start(request);
  if (!found.records.empty()) {
    pb::VnodeState state;
    VORDB_ASSERT(open_record(key, found.records[0].value, &state).ok(),
                 "the lab's records are whole");
    VORDB_ASSERT(node.vnode->recover(state, context).ok(), "the lab's disks recover");
  }
}

template <typename Step>
void VnodeLab::step(NodeNumber number, Step&& body) {
  Node& node = at(number);
  vnode::Context context{node.env,    configuration_, options_,    node.cache,
                         node.outbox, node.unflushed, node.fetches};
  body(*node.vnode, context);
  take_answers(node);
}

void VnodeLab::take_answers(Node& node) {
  for (Envelope& envelope : node.outbox) {
    if (auto* reply = std::get_if<KeyMutationReply>(&envelope.message)) {
      if (!reply->error) acknowledged_[reply->op] = true;
    } else if (auto* read = std::get_if<KeyReadReply>(&envelope.message)) {
      answers_[read->op] = read->error ? nullptr : read->state;
    }
  }
  node.outbox.clear();
}

OpId VnodeLab::mutate(NodeNumber node, KeyMutation mutation) {
  mutation.op = next_op_++;
  mutation.pv = configuration_.partitions[0].pv;
  mutation.placement = kPlacement;
  mutation.key_hash = cluster::ring_hash(mutation.bucket, mutation.key);
  const OpId op = mutation.op;
  step(node, [&](vnode::Vnode& v, vnode::Context& c) { v.step(std::move(mutation), c); });
  return op;
}

OpId VnodeLab::put(NodeNumber node, const std::string& key, const std::string& value,
                   BucketId bucket) {
  KeyMutation m;
  m.bucket = bucket;
  m.operation = Operation::kPut;
  m.key = key;
  m.value = value;
  return mutate(node, std::move(m));
}

OpId VnodeLab::erase(NodeNumber node, const std::string& key, BucketId bucket) {
  KeyMutation m;
  m.bucket = bucket;
  m.operation = Operation::kDelete;
  m.key = key;
  return mutate(node, std::move(m));
}

OpId VnodeLab::add(NodeNumber node, const std::string& key, std::vector<std::string> elements,
                   BucketId bucket) {
  KeyMutation m;
  m.bucket = bucket;
  m.operation = Operation::kSetAdd;
  m.key = key;
  m.elements = std::move(elements);
  return mutate(node, std::move(m));
}

OpId VnodeLab::remove(NodeNumber node, const std::string& key, std::vector<std::string> elements,
                      BucketId bucket) {
  KeyMutation m;
  m.bucket = bucket;
  m.operation = Operation::kSetRemove;
  m.key = key;
  m.elements = std::move(elements);
  return mutate(node, std::move(m));
}

OpId VnodeLab::count(NodeNumber node, const std::string& key, int64_t by, BucketId bucket) {
  KeyMutation m;
  m.bucket = bucket;
  m.operation = by < 0 ? Operation::kCounterDecrement : Operation::kCounterIncrement;
  m.key = key;
  m.amount = uint64_t(by < 0 ? -by : by);
  return mutate(node, std::move(m));
}

std::shared_ptr<const KeyState> VnodeLab::read(NodeNumber node, const std::string& key,
                                               BucketId bucket) {
  KeyRead read;
  read.op = next_op_++;
  read.pv = configuration_.partitions[0].pv;
  read.placement = kPlacement;
  read.bucket = bucket;
  read.key = key;
  read.key_hash = cluster::ring_hash(bucket, key);
  const OpId op = read.op;
  const bool waits = std::exchange(at(node).disk.reads_wait, false);
  step(node, [&](vnode::Vnode& v, vnode::Context& c) { v.step(std::move(read), c); });
  at(node).disk.reads_wait = waits;
  return answers_[op];
}

std::optional<std::string> VnodeLab::value(NodeNumber node, const std::string& key,
                                           BucketId bucket) {
  const auto state = read(node, key, bucket);
  const crdt::Entry* entry = state ? state->find(crdt::kRegisterSubkey) : nullptr;
  const crdt::Payload* payload =
      entry ? crdt::register_read(*entry, at(node).clock.now_ms) : nullptr;
  return payload ? std::optional(payload->value) : std::nullopt;
}

std::vector<std::string> VnodeLab::members(NodeNumber node, const std::string& key,
                                           BucketId bucket) {
  const auto state = read(node, key, bucket);
  std::vector<std::string> found;
  if (!state) return found;
  const crdt::Entry* meta = state->find(crdt::meta_subkey());
  if (meta && crdt::meta_expired(*meta, at(node).clock.now_ms)) return found;
  for (const KeyEntry& e : state->entries) {
    crdt::EntryKind kind;
    crdt::parse_kind(e.subkey, &kind);
    if (kind == crdt::EntryKind::kElement && crdt::element_present(*e.entry)) {
      found.emplace_back(crdt::element_of(e.subkey));
    }
  }
  return found;
}

int64_t VnodeLab::total(NodeNumber node, const std::string& key, BucketId bucket) {
  const auto state = read(node, key, bucket);
  crdt::CounterSum sum;
  if (!state) return 0;
  const crdt::Entry* meta = state->find(crdt::meta_subkey());
  if (meta && crdt::meta_expired(*meta, at(node).clock.now_ms)) return 0;
  for (const KeyEntry& e : state->entries) {
    if (e.subkey != crdt::meta_subkey()) sum.add(*e.entry);
  }
  return sum.saturated();
}

void VnodeLab::flush(NodeNumber node) {
  at(node).unflushed.clear();
  step(node, [](vnode::Vnode& v, vnode::Context& c) { v.flush(c); });
}

void VnodeLab::make_one_durable(NodeNumber node) {
  if (at(node).disk.pending() == 0) return;
  step(node, [&](vnode::Vnode& v, vnode::Context& c) { v.step(at(node).disk.make_durable(), c); });
}

void VnodeLab::answer_reads(NodeNumber node) {
  for (DiskEvent& event : at(node).disk.take_reads()) {
    step(node, [&](vnode::Vnode& v, vnode::Context& c) { v.step(std::move(event), c); });
  }
}

void VnodeLab::settle(NodeNumber node) {
  Node& n = at(node);
  for (;;) {
    flush(node);
    answer_reads(node);
    if (n.disk.pending() == 0 && n.vnode->idle()) return;
    while (n.disk.pending() > 0) make_one_durable(node);
  }
}

void VnodeLab::restart(NodeNumber node) {
  at(node).disk.crash();
  start(at(node));
}

void VnodeLab::wipe(NodeNumber node) {
  Node& n = at(node);
  n.disk.wipe();
  // A new disk is a new incarnation, which the configuration admits; it knows nothing of what was
  // before.
  n.incarnation = ++configuration_.epoch;
  n.founding = false;
  start(n);
}

void VnodeLab::deliver(size_t index) {
  const Packet packet = packets.at(index);
  packets.erase(packets.begin() + std::ptrdiff_t(index));
  pb::PeerMessage message;
  VORDB_ASSERT(message.ParseFromString(packet.bytes), "what was encoded decodes");
  step(packet.to, [&](vnode::Vnode& v, vnode::Context& c) { v.step(message, c); });
}

void VnodeLab::deliver_copy(size_t index) {
  packets.push_back(packets.at(index));
  deliver(index);
}

void VnodeLab::deliver_all() {
  while (!packets.empty()) {
    const NodeNumber to = packets[0].to;
    deliver(0);
    settle(to);
  }
}

void VnodeLab::advance(uint64_t ms) {
  for (auto& node : nodes_) node->clock.now_ms += ms;
}

void VnodeLab::skew(NodeNumber node, int64_t ms) {
  at(node).clock.now_ms = uint64_t(int64_t(at(node).clock.now_ms) + ms);
}

void VnodeLab::tick(NodeNumber node) {
  // There is no shard here to say for its vnodes that nothing has changed.
  step(node, [](vnode::Vnode& v, vnode::Context& c) {
    v.tick(c);
    v.announce_to_all(c);
  });
}

void VnodeLab::sweep(NodeNumber node) {
  step(node, [](vnode::Vnode& v, vnode::Context& c) { v.sweep(c); });
}

void VnodeLab::pulse(NodeNumber node) {
  step(node, [](vnode::Vnode& v, vnode::Context& c) { v.pulse(c); });
}

void VnodeLab::sweep_all() {
  for (const auto& node : nodes_) {
    sweep(node->number);
    settle(node->number);
  }
}

void VnodeLab::quiesce(int rounds) {
  for (int round = 0; round < rounds; ++round) {
    advance(1000);
    for (const auto& node : nodes_) {
      pulse(node->number);
      tick(node->number);
      settle(node->number);
      tick(node->number);
      settle(node->number);
    }
    deliver_all();
  }
}

size_t VnodeLab::records(NodeNumber node, vnode::Table table) {
  const std::string begin = vnode::table_begin(kPlacement, table);
  const std::string end = vnode::table_end(kPlacement, table);
  const auto& records = at(node).disk.records();
  return size_t(std::distance(records.lower_bound({1, begin}), records.lower_bound({1, end})));
}

size_t VnodeLab::entries(NodeNumber node) { return records(node, vnode::Table::kEntries); }
size_t VnodeLab::logged_dots(NodeNumber node) { return records(node, vnode::Table::kDots); }

uint64_t VnodeLab::snapshots_received(NodeNumber node) {
  return vnode(node).exchanged().received_snapshots;
}

uint64_t VnodeLab::violations(NodeNumber node) { return at(node).telemetry.violations; }

std::string VnodeLab::difference() {
  const std::string begin = vnode::table_begin(kPlacement, vnode::Table::kEntries);
  const std::string end = vnode::table_end(kPlacement, vnode::Table::kEntries);
  const MemoryDisk::Records& first = at(1).disk.records();
  for (const auto& node : nodes_) {
    const std::string who = "node " + std::to_string(node->number);
    const crdt::VnodeClock& clock = node->vnode->durable_clock();
    const crdt::VnodeClock& first_clock = nodes_[0]->vnode->durable_clock();
    if (!(clock == first_clock)) {
      return who + " has clock " + to_text(clock) + ", node 1 has " + to_text(first_clock);
    }
    const MemoryDisk::Records& other = node->disk.records();
    if (!std::equal(first.lower_bound({1, begin}), first.lower_bound({1, end}),
                    other.lower_bound({1, begin}), other.lower_bound({1, end}))) {
      return who + ": other entries than node 1";
    }
  }
  return {};
}

}  // namespace vordb::sim
