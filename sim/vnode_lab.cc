#include "sim/vnode_lab.h"

#include <algorithm>
#include <utility>

#include "core/codec.h"
#include "core/vnode/record_keys.h"
#include "core/vnode/stored_vnode.h"
#include "proto/storage.pb.h"
#include "sim/vnode_lab_node.h"

namespace vordb::sim {

namespace {

std::string to_text(const crdt::VnodeClock& clock) {
  std::string text = "{";
  for (const auto& r : clock.replicas()) {
    text += " n" + std::to_string(r.id.node) + "." + std::to_string(r.id.incarnation) + "." +
            std::to_string(r.id.life >> 16) + ":" + std::to_string(r.base);
    for (const uint64_t counter : r.above) text += "+" + std::to_string(counter);
  }
  return text + " }";
}

// Of an entry's record.
std::string to_text(const std::string& record_key) {
  vnode::EntryName name;
  if (!vnode::parse_entry_name(std::string_view(record_key).substr(vnode::kTablePrefixBytes),
                               &name))
    return "a name that does not parse";
  return "bucket " + std::to_string(name.bucket) + " key " + std::string(name.key) + " subkey " +
         std::string(name.subkey);
}

vnode::StoredVnode stored(MemoryDisk& disk) {
  const ReadResult found = disk.read_at_start(vnode::read_stored(kPlacement));
  vnode::StoredVnode stored;
  VORDB_ASSERT(vnode::decode_stored(kPlacement, found.records, &stored).ok(),
               "the lab's records are whole");
  return stored;
}

}  // namespace

VnodeLab::VnodeLab(NodeNumber nodes, size_t cache_bytes) : cache_bytes_(cache_bytes) {
  options_.ring_size = 1;
  options_.column_families = 1;
  Member first;
  first.node = 1;
  first.node_id = "n1";
  configuration_ = found_cluster(std::string(16, 'c'), 1, {first}, BucketConfig{});
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
    nodes_.back()->configuration = configuration_;
    start(*nodes_.back());
  }
}

VnodeLab::~VnodeLab() = default;

VnodeLab::Node& VnodeLab::at(NodeNumber node) { return *nodes_.at(node - 1); }
vnode::Vnode& VnodeLab::vnode(NodeNumber node) { return *at(node).vnode; }
MemoryDisk& VnodeLab::disk(NodeNumber node) { return at(node).disk; }

void VnodeLab::start(Node& node) {
  ++node.boot;
  node.cache = KeyCache(cache_bytes_);
  node.outbox.clear();
  node.unflushed.clear();
  vnode::Birth birth;
  birth.node = node.number;
  birth.incarnation = node.incarnation;
  birth.life = crdt::make_life(node.boot, 0, node.random.next());
  // An owner that was not there from the beginning has a fence to learn.
  Configuration known = node.configuration;
  if (!node.founding) known.replication_since = {};
  Hlc highest;
  const ReadResult rows = node.disk.read_at_start(vnode::read_ceilings());
  VORDB_ASSERT(vnode::decode_ceilings(rows.records, &highest).ok(), "the lab's records are whole");
  node.ceiling = vnode::Ceiling(highest);
  birth.above = highest;
  node.vnode.emplace(kPlacement, birth, known);
  node.fetches = 0;
  vnode::Turn turn = node.turn(options_);
  if (const vnode::StoredVnode found = stored(node.disk); found.any) {
    VORDB_ASSERT(node.vnode->recover(found, turn).ok(), "the lab's disks recover");
  }
  // What dropped buckets left behind goes, if a crash came before.
  node.vnode->configuration_changed(turn);
}

void VnodeLab::take_answers(Node& node) {
  for (Envelope& envelope : node.outbox) {
    if (auto* reply = std::get_if<KeyMutationReply>(&envelope.message)) {
      if (!reply->error) acknowledged_[reply->op] = true;
    } else if (auto* ack = std::get_if<KeyAck>(&envelope.message)) {
      if (!ack->refused) confirmed_.insert({ack->op, node.number});
    } else if (auto* read = std::get_if<KeyReadReply>(&envelope.message)) {
      answers_[read->op] = {read->error ? nullptr : read->state, read->context};
    }
  }
  node.outbox.clear();
}

void VnodeLab::flush(NodeNumber node) {
  at(node).unflushed.clear();
  step(node, [](vnode::Vnode& v, vnode::Turn& c) { v.flush(c); });
}

void VnodeLab::make_one_durable(NodeNumber node) {
  if (at(node).disk.pending() == 0) return;
  step(node, [&](vnode::Vnode& v, vnode::Turn& c) { v.step(at(node).disk.make_durable(), c); });
}

void VnodeLab::answer_reads(NodeNumber node) {
  for (DiskEvent& event : at(node).disk.take_reads()) take(node, std::move(event));
}

void VnodeLab::take(NodeNumber node, DiskEvent event) {
  step(node, [&](vnode::Vnode& v, vnode::Turn& c) { v.step(std::move(event), c); });
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
  begin_incarnation(n);
}

void VnodeLab::restore(NodeNumber node, const MemoryDisk::Records& copy) {
  Node& n = at(node);
  n.disk.wipe();
  n.disk.records() = copy;
  begin_incarnation(n);
}

void VnodeLab::begin_incarnation(Node& node) {
  node.incarnation = ++configuration_.epoch;
  node.founding = false;
  node.configuration = configuration_;
  start(node);
}

BucketId VnodeLab::create_bucket(BucketType type, uint64_t ttl_seconds, uint8_t quorum) {
  const BucketId id = ++configuration_.epoch;
  BucketConfig config;
  config.name = "bucket" + std::to_string(id);
  config.type = type;
  config.ttl_seconds = ttl_seconds;
  config.write_quorum = config.read_quorum = quorum;
  configuration_.add_bucket(Bucket{id, config});
  return id;
}

void VnodeLab::drop_bucket(BucketId bucket) {
  ++configuration_.epoch;
  configuration_.bucket_names.erase(configuration_.buckets.at(bucket).config.name);
  configuration_.buckets.erase(bucket);
}

bool VnodeLab::knows_bucket(NodeNumber node, BucketId bucket) {
  return at(node).configuration.bucket(bucket) != nullptr;
}

void VnodeLab::learn_configuration(NodeNumber node) {
  at(node).configuration = configuration_;
  step(node, [](vnode::Vnode& v, vnode::Turn& c) { v.configuration_changed(c); });
}

void VnodeLab::deliver(size_t index) {
  const Packet packet = packets.at(index);
  packets.erase(packets.begin() + std::ptrdiff_t(index));
  pb::PeerMessage message;
  VORDB_ASSERT(message.ParseFromString(packet.bytes), "what was encoded decodes");
  step(packet.to, [&](vnode::Vnode& v, vnode::Turn& c) { v.step(message, c); });
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
  for (auto& node : nodes_) {
    node->clock.now_ms += ms;
    node->clock.steady_ms += ms;
    latest_ms_ = std::max(latest_ms_, node->clock.now_ms);
  }
}

void VnodeLab::skew(NodeNumber node, int64_t ms) {
  at(node).clock.now_ms = uint64_t(int64_t(at(node).clock.now_ms) + ms);
  latest_ms_ = std::max(latest_ms_, at(node).clock.now_ms);
}

void VnodeLab::align_clocks() {
  for (const auto& node : nodes_) {
    latest_ms_ = std::max({latest_ms_, node->clock.now_ms, node->vnode->highest_hlc().ms() + 1});
  }
  for (const auto& node : nodes_) node->clock.now_ms = latest_ms_;
}

void VnodeLab::tick(NodeNumber node) {
  // There is no shard here to say for its vnodes that nothing has changed.
  step(node, [](vnode::Vnode& v, vnode::Turn& c) {
    v.tick(c);
    v.announce_to_all(c);
  });
}

void VnodeLab::sweep(NodeNumber node) {
  step(node, [](vnode::Vnode& v, vnode::Turn& c) { v.sweep(c); });
}

void VnodeLab::pulse(NodeNumber node) {
  step(node, [](vnode::Vnode& v, vnode::Turn& c) { v.pulse(c); });
}

void VnodeLab::scrub(NodeNumber node) {
  step(node, [](vnode::Vnode& v, vnode::Turn& c) { v.scrub(c); });
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

size_t VnodeLab::entries_of(NodeNumber node, BucketId bucket) {
  const std::string begin = vnode::table_begin(kPlacement, vnode::Table::kEntries);
  const auto& records = at(node).disk.records();
  return size_t(std::distance(records.lower_bound({1, begin + vnode::bucket_begin(bucket)}),
                              records.lower_bound({1, begin + vnode::bucket_end(bucket)})));
}

bool VnodeLab::knows_retired(NodeNumber node, const crdt::ReplicaId& replica) {
  return vnode::decode_standing(stored(at(node).disk).record).fence.retired(replica);
}

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
    const auto first_end = first.lower_bound({1, end});
    const auto other_end = other.lower_bound({1, end});
    const auto [mine, theirs] = std::mismatch(first.lower_bound({1, begin}), first_end,
                                              other.lower_bound({1, begin}), other_end);
    if (mine == first_end && theirs == other_end) continue;
    const bool theirs_first =
        mine == first_end || (theirs != other_end && theirs->first < mine->first);
    return who + ": other entries than node 1, first at " +
           to_text(theirs_first ? theirs->first.second : mine->first.second);
  }
  return {};
}

}  // namespace vordb::sim
