// The records of a simulated disk, family by family. A copy costs one pointer a family: families
// are shared until one side writes, so snapshots, backups and the explorer's states are cheap.
// Equal records have equal digests, whatever the order in which they were written.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "core/env/disk.h"

namespace vordb::sim {

enum class Rot : uint8_t {
  kNone,
  kDamaged,  // the disk's own checksum notices
  kSilent,   // bytes were flipped and nothing below core notices
};

struct SimRecord {
  std::string value;
  Rot rot = Rot::kNone;
  bool operator==(const SimRecord&) const = default;
};

class SimRecords {
 public:
  using Family = absl::btree_map<std::string, SimRecord, std::less<>>;

  // What one key was before a write.
  struct Undo {
    vordb::Family family;
    std::string key;
    std::optional<SimRecord> before;
  };

  // `families` counts the meta family.
  explicit SimRecords(uint16_t families);

  // `undo`, when given, receives what undo() needs to take the write back.
  void apply(const Batch::Write& write, std::vector<Undo>* undo);
  // Takes back what `undo` recorded, last first.
  void undo(const std::vector<Undo>& undo);

  // The records that `request` names (its snapshot is not looked at); DataLoss when one of them is
  // damaged.
  ReadResult read(const ReadRequest& request) const;

  // Null when the key is absent. Valid until the next change.
  const SimRecord* find(vordb::Family family, std::string_view key) const;
  void set(vordb::Family family, std::string_view key, SimRecord record);

  const Family& family(vordb::Family family) const;
  uint16_t families() const { return uint16_t(families_.size()); }
  uint64_t size() const;

  // 128 bits; a sum over the records, kept up to date by each write.
  std::pair<uint64_t, uint64_t> digest() const { return digest_; }

 private:
  Family& own(vordb::Family family);
  void count(vordb::Family family, std::string_view key, const SimRecord& record, uint64_t times);
  void put(vordb::Family family, std::string_view key, SimRecord record, std::vector<Undo>* undo);
  void erase(vordb::Family family, Family::iterator at, std::vector<Undo>* undo);

  std::vector<std::shared_ptr<Family>> families_;
  std::pair<uint64_t, uint64_t> digest_{0, 0};
};

}  // namespace vordb::sim
