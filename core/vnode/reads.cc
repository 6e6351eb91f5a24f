// Reads. Whether a key has expired is judged by who asked, by one "now" for all replicas; so the
// entry that holds the deadline comes with every answer. That time must not be taken back either:
// an answer by which a key has expired waits until the time is durable.
#include "core/vnode/reads.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/crdt/counter.h"
#include "core/crdt/register.h"
#include "core/crdt/set.h"
#include "core/prefetch.h"
#include "core/vnode/causal_token.h"
#include "core/vnode/refusals.h"
#include "core/vnode/to_coordinator.h"

namespace vordb::vnode {

using crdt::Entry;

namespace {

ClientError read_error(bool corrupt) { return corrupt ? damaged() : unreadable(); }

}  // namespace

void Reads::begin(KeyRead read) {
  if (read.now_ms != 0) take_time(read.now_ms);
  KeyReadReply reply;
  reply.op = read.op;
  reply.now_ms = vnode.time.last().ms();
  reply.moved = read.pv != vnode.roles.pv || !vnode.roles.serves() || vnode.dropped;
  if (reply.moved) {
    turn.outbox.push_back(to_coordinator(vnode.self.node, read, std::move(reply)));
    return;
  }
  if (vnode.corrupt) {
    reply.error = damaged();
  } else if (!vnode.standing.fenced || (read.alone && !vnode.standing.synced)) {
    reply.error = unmet();
  } else if (read.seen && read.seen->placement == vnode.id &&
             !vnode.token()->seen.past.covers(read.seen->past)) {
    reply.error = behind();
  }
  if (reply.error) {
    turn.outbox.push_back(to_coordinator(vnode.self.node, read, std::move(reply)));
    return;
  }
  if (read.subkeys.empty() && read.limit == 0 && !read.after) {
    auto cached = turn.cache.find(read.key_hash, read.bucket, read.key);
    if (cached && !turn.env.buggify(Site::kReadsPastCache)) {
      answer_state(read, std::move(cached), false, *vnode.token(), durable_base());
      return;
    }
  }
  ReadTask task;
  task.reading_meta = !read.subkeys.empty() || read.after;
  task.begun_at = vnode.durable_groups;
  // As of now: a base that covers more than what is read would deny what is not read yet.
  task.base = durable_base();
  task.token = vnode.token();
  task.read = std::move(read);
  go_on(std::move(task), nullptr);
}

void Reads::take_time(uint64_t now_ms) {
  const Instant now = turn.env.clock.now();
  vnode.time.observe(Hlc::from_ms(now_ms), now);
  vnode.time.advance(now);
}

void Reads::deliver(Envelope answer, uint64_t pv, bool shows_expiry) {
  if (!shows_expiry) {
    turn.outbox.push_back(std::move(answer));
    return;
  }
  open().wanted = true;
  vnode.overlay.open().held.push_back({std::move(answer), pv});
}

void Reads::release(HeldReply held) {
  if (auto* read = std::get_if<KeyReadReply>(&held.envelope.message)) {
    read->moved = held.pv != vnode.roles.pv || !vnode.roles.serves();
  }
  turn.outbox.push_back(std::move(held.envelope));
}

// Reads the deadline first where the entries asked for do not bring it, then those entries one by
// one, or their range.
ReadRequest Reads::next_read(const ReadTask& task) const {
  const KeyRead& read = task.read;
  if (task.reading_meta || !read.subkeys.empty()) {
    const std::string& subkey =
        task.reading_meta ? crdt::meta_subkey() : read.subkeys[task.next_subkey];
    return point(Table::kEntries, entry_name(read.bucket, read.key, subkey));
  }
  const std::string begin =
      read.after ? entry_name(read.bucket, read.key, crdt::element_subkey(*read.after)) + '\0'
                 : key_begin(read.bucket, read.key);
  ReadRequest page = range(Table::kEntries, begin, key_end(read.bucket, read.key));
  // One more for the deadline, which comes first.
  const bool all = read.limit == 0 || read.limit == UINT32_MAX;
  page.limit_records = all ? UINT32_MAX : read.limit + 1;
  page.limit_bytes = turn.options.max_reply_bytes * 2;
  return page;
}

void Reads::go_on(ReadTask task, ReadResult* arrived) {
  for (;;) {
    const auto request = [&] { return next_read(task); };
    std::optional<ReadResult> result = next_result(task, arrived, request);
    if (!result) return;
    const bool points = task.reading_meta || !task.read.subkeys.empty();
    if (!points || !result->status.ok()) return answer(task, *std::move(result));
    absl::Status status;
    if (!result->records.empty()) {
      SharedEntry entry = decode(result->records[0], &status);
      if (!status.ok()) return answer(task, ReadResult{status, {}, false});
      task.found.set(task.reading_meta ? crdt::meta_subkey() : task.read.subkeys[task.next_subkey],
                     std::move(entry));
    }
    if (!task.reading_meta) ++task.next_subkey;
    task.reading_meta = false;
    const bool all = !task.read.subkeys.empty() && task.next_subkey == task.read.subkeys.size();
    if (all) return answer(task, ReadResult{});
  }
}

void Reads::answer(ReadTask& task, ReadResult result) {
  auto state = std::make_shared<KeyState>(std::move(task.found));
  absl::Status status = result.status;
  note_damage(status);
  for (const Record& record : result.records) {
    EntryName name;
    SharedEntry entry = decode(record, &status);
    if (!entry || !parse_entry_name(std::string_view(record.key).substr(kTablePrefixBytes), &name))
      break;
    state->entries.push_back(KeyEntry{std::string(name.subkey), std::move(entry)});
  }
  const KeyRead& read = task.read;
  const bool points = !read.subkeys.empty();
  const bool too_large = status.ok() && result.more && read.limit == 0;
  if (!status.ok() || too_large) {
    KeyReadReply reply;
    reply.op = read.op;
    reply.error = too_large ? rejected(ErrorCode::kTooLarge, "the set does not fit one answer",
                                       "read it in pages with limit and after")
                            : read_error(vnode.corrupt);
    turn.outbox.push_back(to_coordinator(vnode.self.node, read, std::move(reply)));
    return;
  }
  const bool whole = !points && !read.after && !result.more;
  const bool newest =
      task.begun_at == vnode.durable_groups && vnode.overlay.of_key(read.bucket, read.key).empty();
  if (whole && newest && !turn.env.buggify(Site::kKeepsNoRead)) {
    turn.cache.put(read.key_hash, read.bucket, read.key, state);
  }
  answer_state(read, std::move(state), result.more, *task.token, std::move(task.base));
}

crdt::VersionVector Reads::durable_base() const {
  return vnode.roles.receivers.empty() ? crdt::VersionVector{} : vnode.durable.clock.base();
}

void Reads::answer_state(const KeyRead& read, std::shared_ptr<const KeyState> state, bool more,
                         const ReadToken& token, crdt::VersionVector base) {
  if (!state->entries.empty()) prefetch(state->entries[0].entry.get());
  KeyReadReply reply;
  reply.op = read.op;
  reply.state = std::move(state);
  reply.more = more;
  reply.now_ms = vnode.time.last().ms();
  reply.context = token.bytes;
  if (read.now_ms != 0) {
    CausalToken seen = token.seen;
    seen.hlc = std::max(seen.hlc, Hlc::from_ms(reply.now_ms));
    reply.context = encode_token(seen);
  }
  reply.moved = read.pv != vnode.roles.pv;
  reply.base = std::move(base);
  const bool shows_expiry =
      read.now_ms != 0 && expires_between(*reply.state, turn.ceiling.durable().ms(), reply.now_ms);
  deliver(to_coordinator(vnode.self.node, read, std::move(reply)), read.pv, shows_expiry);
}

void Reads::begin_listing(KeyList list) {
  take_time(list.now_ms);
  list.now_ms = vnode.time.last().ms();
  ListTask task;
  task.from = list.after.empty() ? bucket_begin(list.bucket) : key_end(list.bucket, list.after);
  task.list = std::move(list);
  go_on_listing(std::move(task), nullptr);
}

bool Reads::shows(const Bucket& bucket, std::string_view subkey, const Entry& entry,
                  uint64_t now_ms) const {
  crdt::EntryKind kind;
  if (!crdt::parse_kind(subkey, &kind) || kind == crdt::EntryKind::kMeta) return false;
  switch (bucket.config.type) {
    case BucketType::kLww:
      return crdt::register_read(entry, now_ms) != nullptr;
    case BucketType::kOrswot:
      return crdt::element_present(entry);
    case BucketType::kPnCounter:
      return crdt::counter_present(entry);
  }
  return false;
}

void Reads::go_on_listing(ListTask task, ReadResult* arrived) {
  KeyListReply reply;
  reply.op = task.list.op;
  const Bucket* bucket = turn.configuration.bucket(task.list.bucket);
  for (;;) {
    if (vnode.corrupt || !bucket) {
      reply.error = bucket ? damaged() : bucket_gone();
      break;
    }
    const auto request = [&] {
      ReadRequest page = range(Table::kEntries, task.from, bucket_end(task.list.bucket));
      page.limit_records = uint32_t(turn.env.knobs.list_page_records);
      page.limit_bytes = turn.options.max_reply_bytes;
      if (turn.env.buggify(Site::kListPageOfOne)) page.limit_records = 1;
      return page;
    };
    const std::optional<ReadResult> result = next_result(task, arrived, request);
    if (!result) return;
    absl::Status status = result->status;
    note_damage(status);
    bool skipped = false;
    for (const Record& record : result->records) {
      EntryName name;
      const std::string_view raw = std::string_view(record.key).substr(kTablePrefixBytes);
      SharedEntry entry = decode(record, &status);
      if (!entry || !parse_entry_name(raw, &name)) break;
      task.from = std::string(raw) + '\0';
      const bool expired =
          name.subkey == crdt::meta_subkey() && crdt::meta_expired(*entry, task.list.now_ms);
      const bool shown = shows(*bucket, name.subkey, *entry, task.list.now_ms);
      task.shows_expiry |=
          expires_between(name.subkey, *entry, turn.ceiling.durable().ms(), task.list.now_ms);
      if (shown) task.keys.emplace_back(name.key);
      if (!shown && !expired) continue;
      // Its other entries say nothing more: go on behind the key.
      task.from = key_end(task.list.bucket, name.key);
      skipped = bucket->config.type != BucketType::kLww;
      if (skipped || task.keys.size() >= task.list.limit) break;
    }
    if (!status.ok()) {
      reply.error = read_error(vnode.corrupt);
      break;
    }
    reply.more = task.keys.size() >= task.list.limit;
    if (reply.more || (!result->more && !skipped)) break;
  }
  reply.keys = std::move(task.keys);
  deliver(to_coordinator(vnode.self.node, task.list, std::move(reply)), 0, task.shows_expiry);
}

}  // namespace vordb::vnode
