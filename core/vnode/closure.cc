// What a body of updates must carry, collected read after read.
#include "core/vnode/closure.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "core/codec.h"
#include "core/crdt/set.h"
#include "core/vnode/key_update.h"
#include "core/vnode/record_keys.h"
#include "core/vnode/stored_vnode.h"
#include "proto/peer.pb.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

using crdt::Dot;
using crdt::Entry;

namespace {

// What a dot takes of a message, beside the names of its entries.
constexpr size_t kDotBytes = 48;

}  // namespace

Closure Closure::of_dots(const Bounds& bounds, std::vector<Dot> dots) {
  Closure closure(bounds);
  closure.wanted_ = std::move(dots);
  std::reverse(closure.wanted_.begin(), closure.wanted_.end());
  return closure;
}

Closure Closure::of_entries(const Bounds& bounds, BucketId bucket, std::string key,
                            const std::vector<std::string>& subkeys) {
  Closure closure(bounds);
  Work& work = closure.work_.emplace(Work{});
  work.key.bucket = bucket;
  work.key.key = std::move(key);
  work.subkeys.insert(subkeys.begin(), subkeys.end());
  work.untouched = subkeys;
  return closure;
}

ReadRequest Closure::point(Family data, Table table, std::string_view name) const {
  ReadRequest request;
  request.family = data;
  request.snapshot = bounds_.view;
  request.begin = record_key(bounds_.id, table, name);
  return request;
}

std::optional<ReadRequest> Closure::next_read(Family data) {
  if (!base_) {
    reading_ = Reading::kBase;
    ReadRequest request = read_stored(bounds_.id);
    request.snapshot = bounds_.view;
    return request;
  }
  if (work_ && work_->bytes > bounds_.key_bytes_max) give_up_work();
  if (work_) {
    if (std::optional<ReadRequest> request = read_of_work(data)) return request;
    for (const LoggedDot& logged : work_->key.dots) settled_.insert(logged.dot);
    const bool full = size_.fills(work_->bytes, work_->key.dots.size(), bounds_.body);
    done_.push_back(std::move(work_->key));
    work_.reset();
    if (full) return std::nullopt;  // the peer announces what it took in, and is sent the rest
  }
  while (!wanted_.empty() && settled_.size() < bounds_.body.asked_max) {
    dot_ = wanted_.back();
    wanted_.pop_back();
    if (settled_.contains(dot_) || given_up_.contains(dot_)) continue;
    reading_ = Reading::kRecord;
    return point(data, Table::kDots, dot_name(dot_));
  }
  return std::nullopt;
}

// Its other dots would lead to the same.
void Closure::give_up_work() {
  given_up_.insert(work_->found.begin(), work_->found.end());
  unlogged_ = true;
  work_.reset();
}

// First the dots that touched its entries and the entries that these touched, until there are no
// more; then the entries, in order.
std::optional<ReadRequest> Closure::read_of_work(Family data) {
  Work& work = *work_;
  if (!work.untouched.empty()) {
    reading_ = Reading::kTouches;
    ReadRequest request =
        point(data, Table::kTouched,
              touched_prefix(work.key.bucket, work.key.key, work.untouched.back()));
    work.untouched.pop_back();
    request.end = prefix_end(request.begin);
    request.limit_records = UINT32_MAX;
    return request;
  }
  if (!work.unread.empty()) {
    reading_ = Reading::kRecord;
    dot_ = work.unread.back();
    work.unread.pop_back();
    return point(data, Table::kDots, dot_name(dot_));
  }
  const std::vector<KeyEntry>& entries = work.key.entries;
  const auto next =
      entries.empty() ? work.subkeys.begin() : work.subkeys.upper_bound(entries.back().subkey);
  if (next == work.subkeys.end()) return std::nullopt;
  reading_ = Reading::kEntry;
  subkey_ = *next;
  return point(data, Table::kEntries, entry_name(work.key.bucket, work.key.key, subkey_));
}

absl::Status Closure::take(const ReadResult& result, const Configuration& configuration) {
  if (!result.status.ok()) return result.status;
  switch (reading_) {
    case Reading::kBase:
      return take_base(result);
    case Reading::kTouches:
      take_touches(result);
      return absl::OkStatus();
    case Reading::kRecord:
      return take_record(result, configuration);
    case Reading::kEntry:
      return take_entry(result);
  }
  return absl::OkStatus();
}

absl::Status Closure::take_base(const ReadResult& result) {
  StoredVnode stored;
  const absl::Status decoded = decode_stored(bounds_.id, result.records, &stored);
  if (!decoded.ok()) return decoded;
  if (!stored.any) return absl::NotFoundError("the vnode has no record yet");
  base_ = stored.clock.base();
  return absl::OkStatus();
}

void Closure::take_touches(const ReadResult& result) {
  for (const Record& row : result.records) {
    Dot dot;
    if (!parse_dot_name(std::string_view(row.key).substr(row.key.size() - kDotNameBytes), &dot))
      continue;
    if (work_->found.insert(dot).second) work_->unread.push_back(dot);
  }
}

absl::Status Closure::take_record(const ReadResult& result, const Configuration& configuration) {
  if (result.records.empty()) {
    // Of a closure it may have been forgotten: every owner has that one.
    unlogged_ = unlogged_ || !work_;
    return absl::OkStatus();
  }
  pb::DotRecord record;
  const absl::Status opened = open_record(result.records[0].key, result.records[0].value, &record);
  if (!opened.ok()) return opened;
  const Bucket* bucket = configuration.bucket(record.bucket_id());
  if (record.is_void() || !bucket) {
    // Of a closure, too: the key's bucket has been dropped since the closure was begun.
    if (settled_.insert(dot_).second) voids_.push_back(dot_);
    return absl::OkStatus();
  }
  if (!work_) {
    work_ = Work{};
    work_->key.bucket = record.bucket_id();
    work_->key.key = record.key();
    work_->found.insert(dot_);
  }
  work_->bytes += kDotBytes + record.token().size();
  work_->key.dots.push_back(logged_dot(dot_, record));
  const auto touch = [&](const std::string& subkey) {
    work_->bytes += subkey.size();
    if (work_->subkeys.insert(subkey).second) work_->untouched.push_back(subkey);
  };
  for (const std::string& subkey : record.subkeys()) touch(subkey);
  if (bucket->has_deadlines()) touch(crdt::meta_subkey());
  return absl::OkStatus();
}

absl::Status Closure::take_entry(const ReadResult& result) {
  auto entry = std::make_shared<Entry>();  // absent: live = {} under the whole base
  if (!result.records.empty()) {
    const Record& record = result.records[0];
    const absl::Status decoded = decode_entry(record.key, record.value, entry.get());
    if (!decoded.ok()) return decoded;
    work_->bytes += record.value.size();
  }
  work_->key.entries.push_back(KeyEntry{std::move(subkey_), std::move(entry)});
  return absl::OkStatus();
}

void Closure::add_to(pb::Updates* updates) const {
  to_pb(*base_, updates->mutable_base());
  for (const Dot& dot : voids_) to_pb(dot, updates->add_voids());
  for (const Key& key : done_) key.add_to(updates);
}

void Closure::Key::add_to(pb::Updates* updates) const {
  pb::KeyUpdate* update = updates->add_keys();
  update->set_bucket_id(bucket);
  update->set_key(key);
  for (const KeyEntry& e : entries) add_entry(e.subkey, *e.entry, update);
  for (const LoggedDot& logged : dots) add_dot(logged, update);
}

}  // namespace vordb::vnode
