// Giving a snapshot, part by part.
#include "core/vnode/giving.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "core/codec.h"
#include "core/vnode/key_update.h"
#include "core/vnode/stored_vnode.h"
#include "proto/peer.pb.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

namespace {

constexpr uint32_t kPartRecords = 1000;
constexpr uint64_t kPartBytes = 512 << 10;
// A view of the disk costs space: it is closed when nobody has asked for so long.
constexpr uint64_t kPatienceUs = 30'000'000;

}  // namespace

void Giving::give(const pb::SnapshotPull& pull, NodeNumber from) {
  const Standing& standing = vnode.durable.standing;
  if (!vnode.durable.any || !standing.fenced || !standing.complete) return;
  const uint64_t now_us = turn.env.clock.monotonic_us();
  auto at = vnode.serving.find(from);
  if (at != vnode.serving.end() && at->second.receiver_session != pull.receiver_session()) {
    if (at->second.busy) return;  // asked again once the part under way is read
    end(from);
    at = vnode.serving.end();
  }
  const bool none = at == vnode.serving.end();
  if (pull.part() != 0 && (none || pull.session() != at->second.session)) {
    pb::PeerMessage message;
    message.mutable_snapshot_part()->set_receiver_session(pull.receiver_session());
    return send(from, message);
  }
  if (none) {
    Serving serving;
    serving.session = new_session(turn.env.random);
    serving.receiver_session = pull.receiver_session();
    serving.snapshot = turn.env.disk.open_snapshot();
    at = vnode.serving.emplace(from, std::move(serving)).first;
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
  go_on(ServeTask{from, serving.session}, nullptr);
}

void Giving::go_on(ServeTask task, ReadResult* arrived) {
  for (;;) {
    const auto at = vnode.serving.find(task.to);
    if (at == vnode.serving.end() || at->second.session != task.session) return;
    Serving& serving = at->second;
    const auto request = [&] {
      ReadRequest part = read_stored(vnode.id);
      if (serving.clock_known) {
        part = whole(serving.part_begin.table);
        part.begin.append(serving.part_begin.name);
        part.limit_records = kPartRecords;
        part.limit_bytes = kPartBytes;
      }
      part.snapshot = serving.snapshot;
      return part;
    };
    const std::optional<ReadResult> result = next_result(task, arrived, request);
    if (!result) return;
    note_damage(result->status);
    if (!result->status.ok()) return end(task.to);
    if (serving.clock_known) return send_part(task, *result);
    if (absl::Status taken = take_clock(serving, *result); !taken.ok()) {
      note_damage(taken);
      return end(task.to);
    }
  }
}

// The clock that the view of the disk holds: what is really known goes to the receiver's clock, the
// base with its void dots is what the entries are filled by.
absl::Status Giving::take_clock(Serving& serving, const ReadResult& result) {
  StoredVnode stored;
  const absl::Status decoded = decode_stored(vnode.id, result.records, &stored);
  if (!decoded.ok()) return decoded;
  if (!stored.any) return absl::DataLossError("the vnode's record is missing");
  serving.clock_known = true;
  serving.base = stored.clock.base();
  serving.clock = decode_standing(stored.record).seals.known(stored.clock);
  return absl::OkStatus();
}

void Giving::send_part(const ServeTask& task, const ReadResult& result) {
  Serving& serving = vnode.serving.at(task.to);
  serving.busy = false;
  pb::PeerMessage message;
  pb::SnapshotPart* part = message.mutable_snapshot_part();
  part->set_session(serving.session);
  part->set_receiver_session(serving.receiver_session);
  part->set_part(serving.part);
  to_pb(serving.clock, part->mutable_clock());
  to_pb(serving.base, part->mutable_updates()->mutable_base());
  part->mutable_updates()->set_hlc(vnode.durable.hlc.word);
  const bool entries = serving.part_begin.table == Table::kEntries;
  const absl::Status added = entries ? add_entries(result.records, part->mutable_updates())
                                     : add_answers(result.records, part);
  note_damage(added);
  if (!added.ok()) return end(task.to);
  if (result.more) {
    serving.part_end = {serving.part_begin.table,
                        result.records.back().key.substr(kTablePrefixBytes) + '\0'};
  } else {
    serving.part_end = {Table::kAnswers, {}};
  }
  serving.last = !entries && !result.more;
  part->set_last(serving.last);
  vnode.exchanged.sent_bytes += part->ByteSizeLong();
  send(task.to, message);
}

absl::Status Giving::add_entries(const std::vector<Record>& records, pb::Updates* updates) {
  pb::KeyUpdate* key = nullptr;
  for (const Record& record : records) {
    EntryName name;
    absl::Status status;
    const SharedEntry entry = decode(record, &status);
    if (!entry) return status;
    if (!parse_entry_name(std::string_view(record.key).substr(kTablePrefixBytes), &name)) {
      return absl::DataLossError("an entry lies under a key that none has");
    }
    if (!key || key->bucket_id() != name.bucket || key->key() != name.key) {
      key = updates->add_keys();
      key->set_bucket_id(name.bucket);
      key->set_key(std::string(name.key));
    }
    add_entry(name.subkey, *entry, key);
  }
  return absl::OkStatus();
}

absl::Status Giving::add_answers(const std::vector<Record>& records, pb::SnapshotPart* part) {
  for (const Record& record : records) {
    pb::TokenAnswer* answer = part->add_answers();
    answer->set_token(record.key.substr(kTablePrefixBytes));
    const absl::Status opened = open_record(record.key, record.value, answer->mutable_answer());
    if (!opened.ok()) return opened;
  }
  return absl::OkStatus();
}

void Giving::end(NodeNumber to) {
  const auto at = vnode.serving.find(to);
  turn.env.disk.close_snapshot(at->second.snapshot);
  vnode.serving.erase(at);
}

void Giving::end_idle() {
  const uint64_t now_us = turn.env.clock.monotonic_us();
  std::vector<NodeNumber> ended;
  for (const auto& [to, serving] : vnode.serving) {
    const bool gone = std::find(vnode.roles.receivers.begin(), vnode.roles.receivers.end(), to) ==
                      vnode.roles.receivers.end();
    const bool quiet = serving.asked_us + kPatienceUs < now_us;
    if (!serving.busy && (gone || quiet)) ended.push_back(to);
  }
  for (const NodeNumber to : ended) end(to);
}

}  // namespace vordb::vnode
