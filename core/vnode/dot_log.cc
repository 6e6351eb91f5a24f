#include "core/vnode/dot_log.h"

#include <utility>

#include "core/assert.h"
#include "core/codec.h"
#include "core/crdt/entry.h"
#include "core/vnode/record_keys.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

namespace {

std::string row(PlacementId id, Table table, std::string name) {
  return table_begin(id, table) + std::move(name);
}

std::string touched_name(BucketId bucket, std::string_view key, std::string_view subkey,
                         const crdt::Dot& dot) {
  return touched_prefix(bucket, key, subkey) + dot_name(dot);
}

std::string purge_name(BucketId bucket, std::string_view key, const crdt::Dot& dot) {
  return key_begin(bucket, key) + dot_name(dot);
}

}  // namespace

LoggedDot logged_dot(const crdt::Dot& dot, const pb::DotRecord& record) {
  LoggedDot logged;
  logged.dot = dot;
  logged.subkeys.assign(record.subkeys().begin(), record.subkeys().end());
  logged.purge = record.purge();
  if (!record.token().empty()) logged.answer = {record.token(), from_pb(record.answer())};
  return logged;
}

void DotLog::write(BucketId bucket, std::string_view key, const LoggedDot& logged, Family family,
                   Batch& batch) {
  pb::DotRecord record;
  record.set_bucket_id(bucket);
  record.set_key(std::string(key));
  for (const std::string& subkey : logged.subkeys) record.add_subkeys(subkey);
  if (logged.answer) {
    record.set_token(logged.answer->first);
    to_pb(logged.answer->second, record.mutable_answer());
  }
  record.set_purge(logged.purge);
  const std::string at = row(id_, Table::kDots, dot_name(logged.dot));
  batch.put(family, at, seal_record(at, record));
  for (const std::string& subkey : logged.subkeys) {
    batch.put(family, row(id_, Table::kTouched, touched_name(bucket, key, subkey, logged.dot)), {});
  }
  if (logged.purge) {
    batch.put(family, row(id_, Table::kPurges, purge_name(bucket, key, logged.dot)), {});
    ++purges_;
  }
  news_ = true;
}

void DotLog::write_void(const crdt::Dot& dot, Family family, Batch& batch) {
  pb::DotRecord record;
  record.set_is_void(true);
  const std::string at = row(id_, Table::kDots, dot_name(dot));
  batch.put(family, at, seal_record(at, record));
  news_ = true;
}

void DotLog::forget(const crdt::Dot& dot, const pb::DotRecord& record, Family family,
                    Batch& batch) {
  batch.erase(family, row(id_, Table::kDots, dot_name(dot)));
  for (const std::string& subkey : record.subkeys()) {
    batch.erase(family, row(id_, Table::kTouched,
                            touched_name(record.bucket_id(), record.key(), subkey, dot)));
  }
  if (!record.purge()) return;
  batch.erase(family, row(id_, Table::kPurges, purge_name(record.bucket_id(), record.key(), dot)));
  VORDB_ASSERT(purges_ > 0, "every purge that is forgotten was counted");
  --purges_;
}

KeyRange DotLog::purges(BucketId bucket, std::string_view key) const {
  return {row(id_, Table::kPurges, key_begin(bucket, key)),
          row(id_, Table::kPurges, key_end(bucket, key))};
}

std::vector<KeyRange> DotLog::data(BucketId bucket, std::string_view key) const {
  const std::string deadline =
      row(id_, Table::kTouched, touched_prefix(bucket, key, crdt::meta_subkey()));
  return {{row(id_, Table::kTouched, key_begin(bucket, key)), deadline},
          {prefix_end(deadline), row(id_, Table::kTouched, key_end(bucket, key))}};
}

bool DotLog::take_news() { return std::exchange(news_, false); }

}  // namespace vordb::vnode
