#include "core/vnode/snapshot_page.h"

#include <memory>
#include <string_view>
#include <utility>

#include "core/assert.h"
#include "core/codec.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

using crdt::Entry;

namespace {

EntryName parsed(std::string_view raw) {
  EntryName name;
  VORDB_ASSERT(parse_entry_name(raw, &name), "the page's names were parsed before");
  return name;
}

std::string key_of(std::string_view raw) {
  const EntryName name = parsed(raw);
  return key_begin(name.bucket, name.key);
}

}  // namespace

ReadRequest SnapshotPage::request(Family data, Table table, std::string begin,
                                  uint32_t limit) const {
  ReadRequest request;
  request.family = data;
  request.snapshot = bounds_.view;
  request.begin = record_key(bounds_.id, table, begin);
  request.end = table_end(bounds_.id, table);
  request.limit_records = limit;
  return request;
}

// Most entries are in no log any more: keys that the log does not name are skipped, by one look at
// the index for all that lie together.
std::optional<ReadRequest> SnapshotPage::next_read(Family data,
                                                   const Configuration& configuration) {
  if (!rows_read_) {
    reading_ = Reading::kRows;
    ReadRequest rows = request(data, Table::kEntries, begin_, limits_.records);
    rows.limit_bytes = limits_.bytes;
    return rows;
  }
  for (;;) {
    if (closure_) {
      reading_ = Reading::kClosure;
      if (std::optional<ReadRequest> next = closure_->next_read(data)) return next;
      end_closure();
    }
    if (next_ == rows_.size() || full()) return std::nullopt;
    const std::string key = key_of(rows_[next_].name);
    const bool dropped = !configuration.bucket(parsed(rows_[next_].name).bucket);
    if (dropped || key == bare_) {
      end_key();
    } else if (!none_touched_ && touched_ < key) {
      reading_ = Reading::kNextTouch;
      return request(data, Table::kTouched, key, 1);
    } else if (none_touched_ || !touched_.starts_with(key)) {
      end_key();
    } else {
      reading_ = Reading::kTouches;
      ReadRequest touches = request(data, Table::kTouched, key, limits_.records);
      touches.end = record_key(bounds_.id, Table::kTouched, prefix_end(key));
      return touches;
    }
  }
}

absl::Status SnapshotPage::take(const ReadResult& result, const Configuration& configuration) {
  if (!result.status.ok()) return result.status;
  switch (reading_) {
    case Reading::kRows:
      return take_rows(result);
    case Reading::kNextTouch:
      none_touched_ = result.records.empty();
      if (!none_touched_) touched_ = result.records[0].key.substr(kTablePrefixBytes);
      return absl::OkStatus();
    case Reading::kTouches:
      begin_closure(result);
      return absl::OkStatus();
    case Reading::kClosure:
      return closure_->take(result, configuration);
  }
  return absl::OkStatus();
}

absl::Status SnapshotPage::take_rows(const ReadResult& result) {
  rows_read_ = true;
  more_ = result.more;
  for (const Record& record : result.records) {
    auto entry = std::make_shared<Entry>();
    const absl::Status decoded = decode_entry(record.key, record.value, entry.get());
    if (!decoded.ok()) return decoded;
    EntryName name;
    Row& row = rows_.emplace_back();
    row.name = record.key.substr(kTablePrefixBytes);
    row.entry = std::move(entry);
    row.bytes = record.value.size();
    if (!parse_entry_name(row.name, &name)) {
      return absl::DataLossError("an entry lies under a key that none has");
    }
  }
  return absl::OkStatus();
}

// A row of the index is the entry's name, with the length of the subkey before it, and the dot.
void SnapshotPage::begin_closure(const ReadResult& touches) {
  const EntryName first = parsed(rows_[next_].name);
  const std::string key = key_begin(first.bucket, first.key);
  absl::btree_set<std::string_view> touched;
  for (const Record& record : touches.records) {
    const std::string_view row = std::string_view(record.key).substr(kTablePrefixBytes);
    const size_t before = key.size() + sizeof(uint32_t);
    if (row.size() < before + kDotNameBytes) continue;
    touched.insert(row.substr(before, row.size() - before - kDotNameBytes));
  }
  std::vector<std::string> subkeys;
  for (size_t at = next_; at < rows_.size() && rows_[at].name.starts_with(key); ++at) {
    const std::string_view subkey = std::string_view(rows_[at].name).substr(key.size());
    if (sent_.contains(rows_[at].name)) continue;
    if (touches.more || touched.contains(subkey)) subkeys.emplace_back(subkey);
  }
  if (subkeys.empty()) return end_key();
  closure_ = Closure::of_entries(bounds_, first.bucket, std::string(first.key), subkeys);
}

void SnapshotPage::end_closure() {
  const Closure closure = *std::exchange(closure_, std::nullopt);
  const std::string key = key_of(rows_[next_].name);
  if (closure.keys().empty()) bare_ = key;
  for (const Closure::Key& closed : closure.keys()) {
    for (const KeyEntry& e : closed.entries) {
      if (!e.entry->vacant()) sent_.insert(key + e.subkey);
    }
    records_ += closed.entries.size() + closed.dots.size();
    keys_.push_back(closed);
  }
  bytes_ += closure.bytes();
  end_key();
}

void SnapshotPage::end_key() {
  const EntryName first = parsed(rows_[next_].name);
  const std::string key = key_begin(first.bucket, first.key);
  Closure::Key rest;
  rest.bucket = first.bucket;
  rest.key = std::string(first.key);
  for (; next_ < rows_.size() && rows_[next_].name.starts_with(key); ++next_) {
    Row& row = rows_[next_];
    if (sent_.contains(row.name)) continue;
    bytes_ += row.bytes;
    ++records_;
    rest.entries.push_back(KeyEntry{row.name.substr(key.size()), std::move(row.entry)});
  }
  if (!rest.entries.empty()) keys_.push_back(std::move(rest));
}

void SnapshotPage::add_to(pb::Updates* updates) const {
  for (const Closure::Key& key : keys_) key.add_to(updates);
}

SnapshotPlace SnapshotPage::end() const {
  SnapshotPlace place;
  if (next_ == rows_.size() && !more_) {
    place.table = Table::kDots;
    return place;
  }
  place.name = rows_[next_ - 1].name + '\0';
  place.bare = bare_;
  place.sent.insert(sent_.lower_bound(place.name), sent_.end());
  return place;
}

}  // namespace vordb::vnode
