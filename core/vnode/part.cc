// What all parts of a vnode share.
#include "core/vnode/part.h"

#include <memory>
#include <string>

#include "core/codec.h"
#include "core/peer_wire.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

Family Part::family() const {
  return Family(1 + vnode.id.partition % turn.options.column_families);
}

ReadRequest Part::whole(Table table) const {
  ReadRequest request;
  request.family = family();
  request.begin = table_begin(vnode.id, table);
  request.end = table_end(vnode.id, table);
  return request;
}

ReadRequest Part::point(Table table, std::string_view name) const {
  ReadRequest request;
  request.family = family();
  request.begin = record_key(vnode.id, table, name);
  return request;
}

ReadRequest Part::range(Table table, std::string_view begin, std::string_view end) const {
  ReadRequest request;
  request.family = family();
  request.begin = record_key(vnode.id, table, begin);
  request.end = record_key(vnode.id, table, end);
  return request;
}

std::optional<ReadResult> Part::read(const ReadRequest& request) {
  const OpId op = vnode.next_op++;
  return turn.env.disk.read(ActorId{ActorKind::kVnode, 0, vnode.id}, op, request);
}

void Part::park(Task task) {
  if (const auto* key_task = std::get_if<KeyTask>(&task)) {
    vnode.lanes.occupy(key_begin(key_task->bucket, key_task->key));
  }
  vnode.parked.emplace(vnode.next_op - 1, std::move(task));
}

SharedEntry Part::decode(const Record& record, absl::Status* status) {
  auto entry = std::make_shared<crdt::Entry>();
  const absl::Status decoded = decode_entry(record.key, record.value, entry.get());
  if (decoded.ok()) return entry;
  status->Update(decoded);
  note_damage(decoded);
  return nullptr;
}

void Part::note_damage(const absl::Status& status) {
  if (!absl::IsDataLoss(status) || vnode.corrupt) return;
  vnode.corrupt = true;
  turn.env.telemetry.log(LogLevel::kError,
                         "partition " + std::to_string(vnode.id.partition) +
                             " (n=" + std::to_string(vnode.id.n) +
                             ") is damaged and serves nothing: " + std::string(status.message()));
}

Group& Part::open() {
  Group& group = vnode.overlay.open();
  if (!std::exchange(group.announced_work, true)) turn.unflushed.push_back(vnode.id);
  return group;
}

Standing& Part::change_standing() {
  Group& group = open();
  group.wanted = group.record_changed = true;
  return vnode.standing;
}

void Part::add_updates(const Closure& closure, pb::Updates* updates) const {
  closure.add_to(updates);
  updates->set_hlc(vnode.durable.hlc.word);
}

Hlc Part::announced_time() {
  return vnode.time.announce(vnode.overlay.lowest_hlc(), vnode.ceiling(turn.ceiling),
                             turn.env.clock.now());
}

void Part::send(NodeNumber to, pb::PeerMessage& message) {
  message.set_partition(vnode.id.partition);
  message.set_replication_n(vnode.id.n);
  message.set_from_node(vnode.self.node);
  message.set_cluster(turn.configuration.cluster_hash());
  message.set_epoch(vnode.roles.epoch);
  message.set_pv(vnode.roles.pv);
  if (!message.has_places()) to_pb(vnode.self, message.mutable_from_replica());
  put_in_form(wire_form(turn.options, turn.configuration, to), &message);
  turn.env.network.send(to, message);
}

}  // namespace vordb::vnode
