// What an owner sends to repair another one, made from its records without the vnode's help.
#include <set>

#include "core/assert.h"
#include "core/codec.h"
#include "core/vnode/record_keys.h"
#include "proto/peer.pb.h"
#include "proto/storage.pb.h"
#include "sim/vnode_lab.h"

namespace vordb::sim {

void VnodeLab::repair(NodeNumber from, NodeNumber to, const std::string& key, BucketId bucket) {
  pb::PeerMessage message;
  const PlacementId placement = vnode(from).id();
  message.set_partition(placement.partition);
  message.set_replication_n(placement.n);
  message.set_from_node(from);
  to_pb(vnode(from).self(), message.mutable_from_replica());
  pb::Updates* updates = message.mutable_gossip();
  to_pb(vnode(from).durable_clock().base(), updates->mutable_base());
  updates->set_hlc(vnode(from).highest_hlc().word);
  pb::KeyUpdate* update = updates->add_keys();
  update->set_bucket_id(bucket);
  update->set_key(key);
  std::set<std::string> subkeys;
  const std::string dots = vnode::table_begin(placement, vnode::Table::kDots);
  for (const auto& [name, value] : disk(from).records()) {
    pb::DotRecord record;
    crdt::Dot dot;
    if (name.second.substr(0, dots.size()) != dots) continue;
    VORDB_ASSERT(open_record(name.second, value, &record).ok(), "the lab's records are whole");
    VORDB_ASSERT(vnode::parse_dot_name(name.second.substr(dots.size()), &dot),
                 "the lab's dots parse");
    if (record.bucket_id() != bucket || record.key() != key) continue;
    pb::LoggedDot* logged = update->add_dots();
    to_pb(dot, logged->mutable_dot());
    *logged->mutable_subkeys() = record.subkeys();
    subkeys.insert(record.subkeys().begin(), record.subkeys().end());
  }
  const auto state = read(from, key, bucket).state;
  if (!state) return;  // the bucket was dropped here, or is not known yet
  for (const KeyEntry& e : state->entries) subkeys.insert(e.subkey);
  for (const std::string& subkey : subkeys) {
    const crdt::Entry* entry = state->find(subkey);
    pb::KeyEntry* out = update->add_entries();
    out->set_subkey(subkey);
    to_pb(entry ? *entry : crdt::Entry{}, out->mutable_entry());
  }
  packets.push_back({from, to, message.SerializeAsString()});
}

}  // namespace vordb::sim
