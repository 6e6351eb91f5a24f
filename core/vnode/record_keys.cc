#include "core/vnode/record_keys.h"

#include "core/big_endian.h"

namespace vordb::vnode {

namespace {

constexpr char kStatePrefix = 's';
constexpr size_t kStateBytes = 1 + 1 + 2;
constexpr size_t kReplicaBytes = 4 + 8 + 8;
constexpr char kCeilingPrefix = 'h';

std::string state_prefix() { return std::string(1, kStatePrefix); }

void append_placement(std::string& out, PlacementId id) {
  append_big_endian(out, id.n);
  append_big_endian(out, id.partition);
}

void append_replica(std::string& out, const crdt::ReplicaId& replica) {
  append_big_endian(out, replica.node);
  append_big_endian(out, replica.incarnation);
  append_big_endian(out, replica.life);
}

}  // namespace

std::string node_record_key() { return "n"; }
std::string configuration_record_key() { return "c"; }
std::string acceptor_record_key() { return "a"; }

std::string vnode_state_key(PlacementId id) {
  std::string key = state_prefix();
  append_placement(key, id);
  return key;
}

std::string clock_row_key(PlacementId id, const crdt::ReplicaId& replica) {
  std::string key = vnode_state_key(id);
  append_replica(key, replica);
  return key;
}

bool parse_stored_key(std::string_view key, PlacementId* id) {
  const bool whole = key.size() == kStateBytes || key.size() == kStateBytes + kReplicaBytes;
  if (!whole || key[0] != kStatePrefix) return false;
  id->n = uint8_t(key[1]);
  id->partition = read_big_endian<uint16_t>(key.substr(2));
  return true;
}

std::string vnode_states_begin() { return state_prefix(); }
std::string vnode_states_end() { return prefix_end(state_prefix()); }

std::string ceilings_begin() { return std::string(1, kCeilingPrefix); }
std::string ceilings_end() { return prefix_end(ceilings_begin()); }
std::string ceiling_key(uint16_t shard) {
  std::string key = ceilings_begin();
  append_big_endian(key, shard);
  return key;
}

std::string table_begin(PlacementId id, Table table) {
  std::string key;
  key.reserve(64);
  append_placement(key, id);
  key.push_back(char(table));
  return key;
}

std::string table_end(PlacementId id, Table table) { return prefix_end(table_begin(id, table)); }

std::string record_key(PlacementId id, Table table, std::string_view name) {
  std::string key = table_begin(id, table);
  key.append(name);
  return key;
}

std::string entry_name(BucketId bucket, std::string_view key, std::string_view subkey) {
  std::string name = key_begin(bucket, key);
  name.append(subkey);
  return name;
}

std::string key_begin(BucketId bucket, std::string_view key) {
  std::string name;
  name.reserve(8 + 4 + key.size() + 24);
  append_big_endian(name, bucket);
  append_big_endian(name, uint32_t(key.size()));
  name.append(key);
  return name;
}

std::string key_end(BucketId bucket, std::string_view key) {
  return prefix_end(key_begin(bucket, key));
}

std::string bucket_begin(BucketId bucket) {
  std::string name;
  append_big_endian(name, bucket);
  return name;
}

std::string bucket_end(BucketId bucket) { return prefix_end(bucket_begin(bucket)); }

std::string prefix_end(std::string prefix) {
  while (!prefix.empty() && uint8_t(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = char(uint8_t(prefix.back()) + 1);
  return prefix;
}

bool parse_entry_name(std::string_view name, EntryName* parsed) {
  if (name.size() < 12) return false;
  parsed->bucket = read_big_endian<uint64_t>(name);
  const size_t key_bytes = read_big_endian<uint32_t>(name.substr(8));
  if (name.size() - 12 < key_bytes) return false;
  parsed->key = name.substr(12, key_bytes);
  parsed->subkey = name.substr(12 + key_bytes);
  return true;
}

std::string dot_name(const crdt::Dot& dot) {
  std::string name;
  name.reserve(kDotNameBytes);
  append_replica(name, dot.replica);
  append_big_endian(name, dot.counter);
  return name;
}

bool parse_dot_name(std::string_view name, crdt::Dot* dot) {
  if (name.size() != kDotNameBytes) return false;
  dot->replica.node = read_big_endian<uint32_t>(name);
  dot->replica.incarnation = read_big_endian<uint64_t>(name.substr(4));
  dot->replica.life = read_big_endian<uint64_t>(name.substr(12));
  dot->counter = read_big_endian<uint64_t>(name.substr(20));
  return true;
}

std::string touched_prefix(BucketId bucket, std::string_view key, std::string_view subkey) {
  std::string name = key_begin(bucket, key);
  append_big_endian(name, uint32_t(subkey.size()));
  name.append(subkey);
  return name;
}

std::string due_name(Hlc when, std::string_view entry) {
  std::string name;
  name.reserve(kDueTimeBytes + entry.size());
  append_big_endian(name, when.word);
  name.append(entry);
  return name;
}

}  // namespace vordb::vnode
