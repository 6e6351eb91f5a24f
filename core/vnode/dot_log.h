// The dot log (DATA.md rule 15): per dot a record of the entries that its mutation touched, kept in
// the same batch as the entries until every owner has the dot, so that it can be passed on. Beside
// the records lie two indexes: the dots of an entry (rule 3), and the purges of a key (rule 12).
//
// This value writes and erases rows and says where to look; the rows themselves are on the disk.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/crdt/dot.h"
#include "core/env/batch.h"
#include "core/fields.h"
#include "core/ids.h"
#include "core/vnode/answers.h"

namespace vordb::pb {
class DotRecord;
}

namespace vordb::vnode {

struct LoggedDot {
  crdt::Dot dot;
  std::vector<std::string> subkeys;   // that it touched
  std::optional<TokenAnswer> answer;  // to its mutation's request token
  bool purge = false;                 // it removed what had expired
  VORDB_FIELDS(LoggedDot, dot, subkeys, answer, purge)
};

// What the dot's record says, if it is not void.
LoggedDot logged_dot(const crdt::Dot& dot, const pb::DotRecord& record);

// Keys of records, from `begin` to before `end`.
struct KeyRange {
  std::string begin;
  std::string end;
  VORDB_FIELDS(KeyRange, begin, end)
};

class DotLog {
 public:
  explicit DotLog(PlacementId id) : id_(id) {}

  // At start: so many rows of purges are on the disk.
  void recover(size_t purges) { purges_ = purges; }

  void write(BucketId bucket, std::string_view key, const LoggedDot& logged, Family family,
             Batch& batch);
  // The dot's bucket is gone: there is nothing else to say of it.
  void write_void(const crdt::Dot& dot, Family family, Batch& batch);
  // Every owner has the dot.
  void forget(const crdt::Dot& dot, const pb::DotRecord& record, Family family, Batch& batch);

  // Whether any record may be one of a purge.
  bool holds_purges() const { return purges_ > 0; }
  // Where a row lies for each purge of the key.
  KeyRange purges(BucketId bucket, std::string_view key) const;
  // Where a row lies for each dot that touched something of the key beside its deadline.
  std::vector<KeyRange> data(BucketId bucket, std::string_view key) const;

  // Since this was last asked, something has come by which a record may have become forgettable.
  bool take_news();
  void note_news() { news_ = true; }

  bool operator==(const DotLog&) const = default;

 private:
  PlacementId id_;
  size_t purges_ = 0;
  bool news_ = true;
  VORDB_FIELDS(DotLog, id_, purges_, news_)
};

}  // namespace vordb::vnode
