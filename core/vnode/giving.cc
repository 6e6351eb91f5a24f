// Giving a snapshot, part by part.
#include "core/vnode/giving.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/codec.h"
#include "core/vnode/key_update.h"
#include "core/vnode/stored_vnode.h"
#include "proto/peer.pb.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

using crdt::Dot;

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
  if (at != vnode.serving.end() && !at->second.busy && turn.env.buggify(Site::kGiverForgets)) {
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
  go_on(ServeTask{from, serving.session, std::nullopt}, nullptr);
}

void Giving::go_on(ServeTask task, ReadResult* arrived) {
  for (;;) {
    const auto at = vnode.serving.find(task.to);
    if (at == vnode.serving.end() || at->second.session != task.session) return;
    Serving& serving = at->second;
    std::optional<ReadRequest> request;
    if (!arrived && !(request = next_read(serving, task))) return send_part(task, {});
    const std::optional<ReadResult> result =
        next_result(task, arrived, [&] { return *std::move(request); });
    if (!result) return;
    absl::Status status = result->status;
    if (status.ok() && !serving.clock_known) {
      status = take_clock(serving, *result);
    } else if (status.ok() && task.page) {
      status = task.page->take(*result, turn.configuration);
    } else if (status.ok()) {
      return send_part(task, *result);
    }
    note_damage(status);
    if (!status.ok()) return end(task.to);
  }
}

PartLimits Giving::part_limits() const {
  if (turn.env.buggify(Site::kPartOfOne)) return {1, 1};
  return {uint32_t(turn.env.knobs.part_records), turn.env.knobs.part_bytes};
}

std::optional<ReadRequest> Giving::next_read(const Serving& serving, ServeTask& task) {
  if (!serving.clock_known) {
    ReadRequest clock = read_stored(vnode.id);
    clock.snapshot = serving.snapshot;
    return clock;
  }
  if (serving.part_begin.table == Table::kEntries) {
    const Closure::Bounds bounds{vnode.id, serving.snapshot, turn.options.max_reply_bytes,
                                 BodyLimits::of(turn.env.knobs)};
    if (!task.page) task.page = SnapshotPage(bounds, part_limits(), serving.part_begin);
    return task.page->next_read(family(), turn.configuration);
  }
  ReadRequest rows = whole(serving.part_begin.table);
  rows.begin.append(serving.part_begin.name);
  const PartLimits limits = part_limits();
  rows.limit_records = limits.records;
  rows.limit_bytes = limits.bytes;
  rows.snapshot = serving.snapshot;
  return rows;
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

void Giving::send_part(const ServeTask& task, const ReadResult& rows) {
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
  if (task.page) {
    task.page->add_to(part->mutable_updates());
    serving.part_end = task.page->end();
  } else {
    const bool log = serving.part_begin.table == Table::kDots;
    const absl::Status added = log ? add_log(rows.records, part) : add_answers(rows.records, part);
    note_damage(added);
    if (!added.ok()) return end(task.to);
    serving.part_end = {};
    serving.part_end.table = log && rows.more ? Table::kDots : Table::kAnswers;
    if (rows.more) {
      serving.part_end.name = rows.records.back().key.substr(kTablePrefixBytes) + '\0';
    }
    serving.last = !log && !rows.more;
  }
  part->set_last(serving.last);
  vnode.exchanged.sent_bytes += part->ByteSizeLong();
  send(task.to, message);
}

// All of it, what has gone with the entries too: the receiver knows which that was.
absl::Status Giving::add_log(const std::vector<Record>& records, pb::SnapshotPart* part) {
  for (const Record& row : records) {
    Dot dot;
    pb::DotRecord record;
    const absl::Status opened = open_record(row.key, row.value, &record);
    if (!opened.ok()) return opened;
    if (!parse_dot_name(std::string_view(row.key).substr(kTablePrefixBytes), &dot)) {
      return absl::DataLossError("a record of the dot log lies under a key that none has");
    }
    if (record.is_void() || !turn.configuration.bucket(record.bucket_id())) {
      to_pb(dot, part->add_voids());
      continue;
    }
    pb::KeyUpdate* key = part->add_log();
    key->set_bucket_id(record.bucket_id());
    key->set_key(record.key());
    add_dot(logged_dot(dot, record), key);
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
    const bool quiet = serving.asked_us + turn.env.knobs.give_patience_us < now_us ||
                       turn.env.buggify(Site::kGiverLosesPatience);
    const PeerView* view = vnode.peers.counting(to, vnode.standpoint(turn.configuration));
    const bool taken = serving.last && view && view->seen().covers(serving.clock);
    if (!serving.busy && (gone || quiet || taken)) ended.push_back(to);
  }
  for (const NodeNumber to : ended) end(to);
}

}  // namespace vordb::vnode
