// The entries of one part of a snapshot, with what rule 3 demands of them (counterexample S): the
// logged dots that touched them and the entries that these touched. Collected read after read from
// the session's view of the disk, as a closure is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "core/cluster/configuration.h"
#include "core/env/disk.h"
#include "core/env/knobs.h"
#include "core/fields.h"
#include "core/ids.h"
#include "core/vnode/closure.h"
#include "core/vnode/key_state.h"
#include "core/vnode/record_keys.h"

namespace vordb::pb {
class Updates;
}

namespace vordb::vnode {

// A part ends behind the key that passes one of these.
struct PartLimits {
  uint32_t records = uint32_t(kDefaultKnobs.part_records);
  uint64_t bytes = kDefaultKnobs.part_bytes;
  VORDB_FIELDS(PartLimits, records, bytes)
};

// Where a part begins. First come the entries, then the dot log, then the answers to request
// tokens. A key that lies across this place is closed over once: what went with the closure does
// not go again. Its names weigh no more than one closure.
struct SnapshotPlace {
  Table table = Table::kEntries;
  std::string name;
  absl::btree_set<std::string> sent;  // entries behind `name` that have gone
  std::string bare;                   // the key whose closure is too large, or empty
  VORDB_FIELDS(SnapshotPlace, table, name, sent, bare)
};

class SnapshotPage {
 public:
  SnapshotPage(const Closure::Bounds& bounds, const PartLimits& limits, const SnapshotPlace& begin)
      : bounds_(bounds),
        limits_(limits),
        begin_(begin.name),
        sent_(begin.sent),
        bare_(begin.bare) {}

  // What is to be read next, from `data` where entries lie; nothing once all of it is there.
  std::optional<ReadRequest> next_read(Family data, const Configuration& configuration);
  // What that read brought. DataLoss: damage.
  absl::Status take(const ReadResult& result, const Configuration& configuration);

  // All but the base and the time.
  void add_to(pb::Updates* updates) const;
  // Where the next part begins.
  SnapshotPlace end() const;

 private:
  struct Row {
    std::string name;
    SharedEntry entry;
    size_t bytes = 0;
    VORDB_FIELDS(Row, name, entry, bytes)
  };
  enum class Reading : uint8_t { kRows, kNextTouch, kTouches, kClosure };

  ReadRequest request(Family data, Table table, std::string begin, uint32_t limit) const;
  bool full() const { return bytes_ >= limits_.bytes || records_ >= limits_.records; }
  // Begins the closure of those entries of the key under work that the log names.
  void begin_closure(const ReadResult& touches);
  void end_closure();
  // The other entries of that key go as they are.
  void end_key();
  absl::Status take_rows(const ReadResult& result);

  Closure::Bounds bounds_;
  PartLimits limits_;
  std::string begin_;
  Reading reading_ = Reading::kRows;
  bool rows_read_ = false;
  std::vector<Row> rows_;
  bool more_ = false;
  size_t next_ = 0;            // of `rows_`: the first of the key under work
  std::string touched_;        // the first row of the log's index at that key or behind it
  bool none_touched_ = false;  // there is none
  std::optional<Closure> closure_;
  std::vector<Closure::Key> keys_;
  size_t bytes_ = 0;  // of `keys_`, roughly
  size_t records_ = 0;
  absl::btree_set<std::string> sent_;  // entries that have gone with a closure
  std::string bare_;
  VORDB_FIELDS(SnapshotPage, bounds_, limits_, begin_, reading_, rows_read_, rows_, more_, next_,
               touched_, none_touched_, closure_, keys_, bytes_, records_, sent_, bare_)
};

}  // namespace vordb::vnode
