// A client's read: one key, one element, a page of a set, or the keys of a bucket. Only what is
// durable is shown, so that an answer never holds what a crash would take back. Whether a key has
// expired is judged by who asked, by one "now" for all replicas; so the entry that holds the
// deadline comes with every answer. That time must not be taken back either: an answer by which a
// key has expired waits until the time is durable.
#include <algorithm>
#include <utility>

#include "core/codec.h"
#include "core/crdt/counter.h"
#include "core/crdt/register.h"
#include "core/crdt/set.h"
#include "core/prefetch.h"
#include "core/vnode/causal_context.h"
#include "core/vnode/vnode.h"

namespace vordb::vnode {

using crdt::Entry;

namespace {

constexpr uint32_t kListPageRecords = 256;

template <typename Request>
Envelope to_coordinator(const Request& request, Message message) {
  return Envelope{ActorId{ActorKind::kCoordinator, request.shard, {}}, std::move(message),
                  request.from};
}

ClientError rejected(ErrorCode code, std::string message, std::string hint) {
  return ClientError{code, Outcome::kRejected, std::move(message), std::move(hint)};
}

ClientError read_error(bool corrupt) {
  return corrupt ? rejected(ErrorCode::kCorrupt, "this partition's data is damaged here",
                            "restore the node from its peers or a backup")
                 : rejected(ErrorCode::kUnavailable, "the disk could not be read", "retry");
}

}  // namespace

void Vnode::step(KeyRead read, Context& context) {
  if (read.now_ms != 0) take_time(read.now_ms, context);
  KeyReadReply reply;
  reply.op = read.op;
  reply.now_ms = time_.last().ms();
  reply.moved = read.pv != roles_.pv || !roles_.serves() || dropped_;
  if (reply.moved) {
    context.outbox.push_back(to_coordinator(read, std::move(reply)));
    return;
  }
  if (corrupt_) {
    reply.error = read_error(true);
  } else if (!standing_.fenced || (read.alone && !standing_.synced)) {
    reply.error = rejected(ErrorCode::kNotReady, "this partition has not met another owner yet",
                           "retry at another node");
  } else if (read.context && read.context->placement == id_ &&
             !token()->context.past.covers(read.context->past)) {
    reply.error = rejected(ErrorCode::kUnavailable,
                           "this replica has not seen all that the context names", "retry");
  }
  if (reply.error) {
    context.outbox.push_back(to_coordinator(read, std::move(reply)));
    return;
  }
  if (read.subkeys.empty() && read.limit == 0 && !read.after) {
    if (auto cached = context.cache.find(read.key_hash, read.bucket, read.key)) {
      answer_state(read, std::move(cached), false, *token(), durable_base(), context);
      return;
    }
  }
  ReadTask task;
  task.reading_meta = !read.subkeys.empty() || read.after;
  task.begun_at = durable_groups_;
  // As of now: a base that covers more than what is read would deny what is not read yet.
  task.base = durable_base();
  task.token = token();
  task.read = std::move(read);
  run(std::move(task), nullptr, context);
}

// What comes from now on is judged by no earlier time than the request's.
void Vnode::take_time(uint64_t now_ms, Context& context) {
  const Instant now = context.env.clock.now();
  time_.observe(Hlc::from_ms(now_ms), now);
  time_.advance(now);
}

void Vnode::reply(Envelope answer, uint64_t pv, bool shows_expiry, Context& context) {
  if (!shows_expiry) {
    context.outbox.push_back(std::move(answer));
    return;
  }
  open(context).state_changed = true;
  overlay_.open().held.push_back({std::move(answer), pv});
}

void Vnode::release(HeldReply held, Context& context) {
  if (auto* read = std::get_if<KeyReadReply>(&held.envelope.message)) {
    read->moved = held.pv != roles_.pv || !roles_.serves();
  }
  context.outbox.push_back(std::move(held.envelope));
}

// Reads the deadline first where the entries asked for do not bring it, then those entries one by
// one, or their range.
ReadRequest Vnode::next_read(const ReadTask& task, Context& context) const {
  const KeyRead& read = task.read;
  ReadRequest request;
  if (task.reading_meta) {
    request.begin =
        record_key(Table::kEntries, entry_name(read.bucket, read.key, crdt::meta_subkey()));
  } else if (!read.subkeys.empty()) {
    request.begin = record_key(Table::kEntries,
                               entry_name(read.bucket, read.key, read.subkeys[task.next_subkey]));
  } else {
    const std::string begin =
        read.after ? entry_name(read.bucket, read.key, crdt::element_subkey(*read.after)) + '\0'
                   : key_begin(read.bucket, read.key);
    request = entry_range(begin, key_end(read.bucket, read.key));
    // One more for the deadline, which comes first.
    const bool all = read.limit == 0 || read.limit == UINT32_MAX;
    request.limit_records = all ? UINT32_MAX : read.limit + 1;
    request.limit_bytes = context.options.max_reply_bytes * 2;
  }
  request.family = family(context);
  return request;
}

void Vnode::run(ReadTask task, ReadResult* arrived, Context& context) {
  for (;;) {
    const auto request = [&] { return next_read(task, context); };
    std::optional<ReadResult> result = next_result(task, arrived, request, context);
    if (!result) return;
    const bool points = task.reading_meta || !task.read.subkeys.empty();
    if (!points || !result->status.ok()) return answer(task, *std::move(result), context);
    absl::Status status;
    if (!result->records.empty()) {
      SharedEntry entry = decode(result->records[0], &status, context);
      if (!status.ok()) return answer(task, ReadResult{status, {}, false}, context);
      task.found.set(task.reading_meta ? crdt::meta_subkey() : task.read.subkeys[task.next_subkey],
                     std::move(entry));
    }
    if (!task.reading_meta) ++task.next_subkey;
    task.reading_meta = false;
    const bool all = !task.read.subkeys.empty() && task.next_subkey == task.read.subkeys.size();
    if (all) return answer(task, ReadResult{}, context);
  }
}

void Vnode::answer(ReadTask& task, ReadResult result, Context& context) {
  auto state = std::make_shared<KeyState>(std::move(task.found));
  absl::Status status = result.status;
  note_damage(status, context);
  for (const Record& record : result.records) {
    EntryName name;
    SharedEntry entry = decode(record, &status, context);
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
                            : read_error(corrupt_);
    context.outbox.push_back(to_coordinator(read, std::move(reply)));
    return;
  }
  const bool whole = !points && !read.after && !result.more;
  const bool newest =
      task.begun_at == durable_groups_ && overlay_.of_key(read.bucket, read.key).empty();
  if (whole && newest) {
    context.cache.put(read.key_hash, read.bucket, read.key, state);
  }
  answer_state(read, std::move(state), result.more, *task.token, std::move(task.base), context);
}

// What fills the entries of an answer, where others may answer too.
crdt::VersionVector Vnode::durable_base() const {
  return roles_.receivers.empty() ? crdt::VersionVector{} : durable_.clock.base();
}

void Vnode::answer_state(const KeyRead& read, std::shared_ptr<const KeyState> state, bool more,
                         const Token& token, crdt::VersionVector base, Context& context) {
  if (!state->entries.empty()) prefetch(state->entries[0].entry.get());
  KeyReadReply reply;
  reply.op = read.op;
  reply.state = std::move(state);
  reply.more = more;
  reply.now_ms = time_.last().ms();
  reply.context = token.bytes;
  if (read.now_ms != 0) {
    CausalContext seen = token.context;
    seen.hlc = std::max(seen.hlc, Hlc::from_ms(reply.now_ms));
    reply.context = encode_context(seen);
  }
  reply.moved = read.pv != roles_.pv;
  reply.base = std::move(base);
  const bool shows_expiry =
      read.now_ms != 0 && expires_between(*reply.state, durable_.ceiling.ms(), reply.now_ms);
  this->reply(to_coordinator(read, std::move(reply)), read.pv, shows_expiry, context);
}

void Vnode::step(KeyList list, Context& context) {
  take_time(list.now_ms, context);
  list.now_ms = time_.last().ms();
  ListTask task;
  task.from = list.after.empty() ? bucket_begin(list.bucket) : key_end(list.bucket, list.after);
  task.list = std::move(list);
  run(std::move(task), nullptr, context);
}

// Whether an entry makes its key worth listing.
bool Vnode::shows(const Bucket& bucket, std::string_view subkey, const Entry& entry,
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

void Vnode::run(ListTask task, ReadResult* arrived, Context& context) {
  KeyListReply reply;
  reply.op = task.list.op;
  const Bucket* bucket = context.configuration.bucket(task.list.bucket);
  for (;;) {
    if (corrupt_ || !bucket) {
      reply.error = bucket ? read_error(true)
                           : rejected(ErrorCode::kBucketNotFound, "the bucket was deleted", "");
      break;
    }
    const auto request = [&] {
      ReadRequest page = entry_range(task.from, bucket_end(task.list.bucket));
      page.family = family(context);
      page.limit_records = kListPageRecords;
      page.limit_bytes = context.options.max_reply_bytes;
      return page;
    };
    const std::optional<ReadResult> result = next_result(task, arrived, request, context);
    if (!result) return;
    absl::Status status = result->status;
    note_damage(status, context);
    bool skipped = false;
    for (const Record& record : result->records) {
      EntryName name;
      const std::string_view raw = std::string_view(record.key).substr(kTablePrefixBytes);
      SharedEntry entry = decode(record, &status, context);
      if (!entry || !parse_entry_name(raw, &name)) break;
      task.from = std::string(raw) + '\0';
      const bool expired =
          name.subkey == crdt::meta_subkey() && crdt::meta_expired(*entry, task.list.now_ms);
      const bool shown = shows(*bucket, name.subkey, *entry, task.list.now_ms);
      task.shows_expiry |=
          expires_between(name.subkey, *entry, durable_.ceiling.ms(), task.list.now_ms);
      if (shown) task.keys.emplace_back(name.key);
      if (!shown && !expired) continue;
      // Its other entries say nothing more: go on behind the key.
      task.from = key_end(task.list.bucket, name.key);
      skipped = bucket->config.type != BucketType::kLww;
      if (skipped || task.keys.size() >= task.list.limit) break;
    }
    if (!status.ok()) {
      reply.error = read_error(corrupt_);
      break;
    }
    reply.more = task.keys.size() >= task.list.limit;
    if (reply.more || (!result->more && !skipped)) break;
  }
  reply.keys = std::move(task.keys);
  this->reply(to_coordinator(task.list, std::move(reply)), 0, task.shows_expiry, context);
}

}  // namespace vordb::vnode
