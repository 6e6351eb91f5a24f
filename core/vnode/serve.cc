// Giving a snapshot (DATA.md rule 16): the receiver asks for one part after the other; all parts
// and the clock come from one view of the disk, so a part that was lost is read again the same.
#include <algorithm>
#include <utility>

#include "core/codec.h"
#include "core/vnode/vnode.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

namespace {

constexpr uint32_t kPartRecords = 1000;
constexpr uint64_t kPartBytes = 512 << 10;
// A view of the disk costs space: it is closed when nobody has asked for so long.
constexpr uint64_t kPatienceUs = 30'000'000;

}  // namespace

void Vnode::receive(const pb::SnapshotPull& pull, NodeNumber from, Context& context) {
  const Standing& standing = durable_.standing;
  if (!durable_.any || !standing.fenced || !standing.complete) return;
  const uint64_t now_us = context.env.clock.monotonic_us();
  auto at = serving_.find(from);
  if (at != serving_.end() && at->second.receiver_session != pull.receiver_session()) {
    if (at->second.busy) return;  // asked again once the part under way is read
    end_serving(from, context);
    at = serving_.end();
  }
  const bool none = at == serving_.end();
  if (pull.part() != 0 && (none || pull.session() != at->second.session)) {
    pb::PeerMessage message;
    message.mutable_snapshot_part()->set_receiver_session(pull.receiver_session());
    return send(from, message, context);
  }
  if (none) {
    Serving serving;
    serving.session = new_session(context);
    serving.receiver_session = pull.receiver_session();
    serving.snapshot = context.env.disk.open_snapshot();
    at = serving_.emplace(from, std::move(serving)).first;
  }
  Serving& serving = at->second;
  serving.asked_us = now_us;
  if (serving.busy) return;
  if (pull.part() == serving.part + 1 && !serving.last) {
    serving.part = pull.part();
    serving.part_begin = serving.part_end;
  } else if (pull.part() != serving.part) {
    return;
  }
  serving.busy = true;
  run(ServeTask{from, serving.session}, nullptr, context);
}

void Vnode::run(ServeTask task, ReadResult* arrived, Context& context) {
  for (;;) {
    const auto at = serving_.find(task.to);
    if (at == serving_.end() || at->second.session != task.session) return;
    Serving& serving = at->second;
    const auto request = [&] {
      ReadRequest part;
      if (serving.clock_known) {
        part.begin = record_key(serving.part_begin.table, serving.part_begin.name);
        part.end = table_end(id_, serving.part_begin.table);
        part.family = family(context);
        part.limit_records = kPartRecords;
        part.limit_bytes = kPartBytes;
      } else {
        part.begin = vnode_state_key(id_);
      }
      part.snapshot = serving.snapshot;
      return part;
    };
    const std::optional<ReadResult> result = next_result(task, arrived, request, context);
    if (!result) return;
    note_damage(result->status, context);
    if (!result->status.ok()) return end_serving(task.to, context);
    if (serving.clock_known) return send_part(task, *result, context);
    if (absl::Status taken = take_clock(serving, *result); !taken.ok()) {
      note_damage(taken, context);
      return end_serving(task.to, context);
    }
  }
}

// The clock that the view of the disk holds: what is really known goes to the receiver's clock, the
// base with its void dots is what the entries are filled by.
absl::Status Vnode::take_clock(Serving& serving, const ReadResult& result) {
  if (result.records.empty()) return absl::DataLossError("the vnode's state record is missing");
  pb::VnodeState state;
  const absl::Status opened = open_record(result.records[0].key, result.records[0].value, &state);
  if (!opened.ok()) return opened;
  const crdt::VnodeClock clock = clock_from_pb(state.clock());
  serving.clock_known = true;
  serving.base = clock.base();
  serving.clock = decode_standing(state).seals.known(clock);
  return absl::OkStatus();
}

void Vnode::send_part(const ServeTask& task, const ReadResult& result, Context& context) {
  Serving& serving = serving_.at(task.to);
  serving.busy = false;
  pb::PeerMessage message;
  pb::SnapshotPart* part = message.mutable_snapshot_part();
  part->set_session(serving.session);
  part->set_receiver_session(serving.receiver_session);
  part->set_part(serving.part);
  to_pb(serving.clock, part->mutable_clock());
  to_pb(serving.base, part->mutable_updates()->mutable_base());
  part->mutable_updates()->set_hlc(durable_.hlc.word);
  const bool entries = serving.part_begin.table == Table::kEntries;
  const absl::Status added = entries ? add_entries(result.records, part->mutable_updates(), context)
                                     : add_answers(result.records, part);
  note_damage(added, context);
  if (!added.ok()) return end_serving(task.to, context);
  if (result.more) {
    serving.part_end = {serving.part_begin.table,
                        result.records.back().key.substr(kTablePrefixBytes) + '\0'};
  } else {
    serving.part_end = {Table::kAnswers, {}};
  }
  serving.last = !entries && !result.more;
  part->set_last(serving.last);
  exchanged_.sent_bytes += part->ByteSizeLong();
  send(task.to, message, context);
}

absl::Status Vnode::add_entries(const std::vector<Record>& records, pb::Updates* updates,
                                Context& context) {
  pb::KeyUpdate* key = nullptr;
  for (const Record& record : records) {
    EntryName name;
    absl::Status status;
    const SharedEntry entry = decode(record, &status, context);
    if (!entry) return status;
    if (!parse_entry_name(std::string_view(record.key).substr(kTablePrefixBytes), &name)) {
      return absl::DataLossError("an entry lies under a key that none has");
    }
    if (!key || key->bucket_id() != name.bucket || key->key() != name.key) {
      key = updates->add_keys();
      key->set_bucket_id(name.bucket);
      key->set_key(std::string(name.key));
    }
    pb::KeyEntry* out = key->add_entries();
    out->set_subkey(std::string(name.subkey));
    to_pb(*entry, out->mutable_entry());
  }
  return absl::OkStatus();
}

absl::Status Vnode::add_answers(const std::vector<Record>& records, pb::SnapshotPart* part) {
  for (const Record& record : records) {
    pb::TokenAnswer* answer = part->add_answers();
    answer->set_token(record.key.substr(kTablePrefixBytes));
    const absl::Status opened = open_record(record.key, record.value, answer->mutable_answer());
    if (!opened.ok()) return opened;
  }
  return absl::OkStatus();
}

void Vnode::end_serving(NodeNumber to, Context& context) {
  const auto at = serving_.find(to);
  context.env.disk.close_snapshot(at->second.snapshot);
  serving_.erase(at);
}

void Vnode::end_idle_servings(Context& context) {
  const uint64_t now_us = context.env.clock.monotonic_us();
  std::vector<NodeNumber> ended;
  for (const auto& [to, serving] : serving_) {
    const bool gone =
        std::find(roles_.receivers.begin(), roles_.receivers.end(), to) == roles_.receivers.end();
    const bool quiet = serving.asked_us + kPatienceUs < now_us;
    if (!serving.busy && (gone || quiet)) ended.push_back(to);
  }
  for (const NodeNumber to : ended) end_serving(to, context);
}

}  // namespace vordb::vnode
