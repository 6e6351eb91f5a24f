// What the clients of a VnodeLab do: mutations and reads.
#include <utility>

#include "core/cluster/ring.h"
#include "core/codec.h"
#include "core/crdt/counter.h"
#include "core/crdt/register.h"
#include "core/crdt/set.h"
#include "core/vnode/causal_token.h"
#include "sim/vnode_lab_node.h"

namespace vordb::sim {

OpId VnodeLab::mutate(NodeNumber node, KeyMutation mutation) {
  mutation.op = next_op_++;
  mutation.pv = configuration_.partitions[0].pv;
  mutation.wants_acks = true;
  mutation.placement = kPlacement;
  mutation.key_hash = cluster::ring_hash(mutation.bucket, mutation.key);
  const OpId op = mutation.op;
  step(node, [&](vnode::Vnode& v, vnode::Turn& c) { v.step(std::move(mutation), c); });
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

OpId VnodeLab::erase(NodeNumber node, const std::string& key, BucketId bucket, Seen seen) {
  KeyMutation m;
  m.bucket = bucket;
  m.operation = Operation::kDelete;
  m.seen = std::move(seen);
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
                      BucketId bucket, Seen seen) {
  KeyMutation m;
  m.bucket = bucket;
  m.operation = Operation::kSetRemove;
  m.seen = std::move(seen);
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

// Of what is durable, and whatever the disk does to the vnode's own reads.
OpId VnodeLab::begin_read(NodeNumber node, const std::string& key, BucketId bucket) {
  KeyRead read;
  read.op = next_op_++;
  read.pv = configuration_.partitions[0].pv;
  read.placement = kPlacement;
  read.bucket = bucket;
  read.key = key;
  read.key_hash = cluster::ring_hash(bucket, key);
  const OpId op = read.op;
  step(node, [&](vnode::Vnode& v, vnode::Turn& c) { v.step(std::move(read), c); });
  return op;
}

VnodeLab::Answer VnodeLab::read(NodeNumber node, const std::string& key, BucketId bucket) {
  MemoryDisk& disk = at(node).disk;
  const bool waits = std::exchange(disk.reads_wait, false);
  const uint32_t fail = std::exchange(disk.fail_reads, 0);
  const OpId op = begin_read(node, key, bucket);
  disk.reads_wait = waits;
  disk.fail_reads = fail;
  Answer answer = std::move(answers_[op]);
  answers_.erase(op);
  return answer;
}

std::optional<std::string> VnodeLab::value(NodeNumber node, const std::string& key,
                                           BucketId bucket) {
  const auto state = read(node, key, bucket).state;
  const crdt::Entry* entry = state ? state->find(crdt::kRegisterSubkey) : nullptr;
  const crdt::Payload* payload =
      entry ? crdt::register_read(*entry, at(node).clock.now_ms) : nullptr;
  return payload ? std::optional(payload->value) : std::nullopt;
}

bool VnodeLab::expired(NodeNumber node, const std::string& key, BucketId bucket) {
  const auto state = read(node, key, bucket).state;
  const crdt::Entry* meta = state ? state->find(crdt::meta_subkey()) : nullptr;
  return meta && crdt::meta_expired(*meta, at(node).clock.now_ms);
}

std::vector<std::string> VnodeLab::live_elements(NodeNumber node, const std::string& key,
                                                 BucketId bucket) {
  const auto state = read(node, key, bucket).state;
  std::vector<std::string> found;
  if (!state) return found;
  for (const KeyEntry& e : state->entries) {
    crdt::EntryKind kind;
    crdt::parse_kind(e.subkey, &kind);
    if (kind == crdt::EntryKind::kElement && crdt::element_present(*e.entry)) {
      found.emplace_back(crdt::element_of(e.subkey));
    }
  }
  return found;
}

std::vector<std::string> VnodeLab::members(NodeNumber node, const std::string& key,
                                           BucketId bucket) {
  if (expired(node, key, bucket)) return {};
  return live_elements(node, key, bucket);
}

int64_t VnodeLab::total(NodeNumber node, const std::string& key, BucketId bucket) {
  const auto state = read(node, key, bucket).state;
  crdt::CounterSum sum;
  if (!state) return 0;
  const crdt::Entry* meta = state->find(crdt::meta_subkey());
  if (meta && crdt::meta_expired(*meta, at(node).clock.now_ms)) return 0;
  for (const KeyEntry& e : state->entries) {
    if (e.subkey != crdt::meta_subkey()) sum.add(*e.entry);
  }
  return sum.saturated();
}

VnodeLab::Seen VnodeLab::seen(NodeNumber node, const std::string& key, BucketId bucket) {
  const Answer answer = read(node, key, bucket);
  if (!answer.state || answer.context.empty()) return nullptr;
  const auto decoded = decode_token(answer.context);
  VORDB_ASSERT(decoded.ok(), "what a read gives decodes");
  return std::make_shared<const CausalToken>(*decoded);
}

}  // namespace vordb::sim
