// What a disk must hold: a plain reading of core/env/batch.h and core/env/disk.h, and random
// batches to hold a real disk to it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/env/disk.h"
#include "sim/chooser.h"

namespace vordb::properties {

class DiskModel {
 public:
  explicit DiskModel(uint16_t families) : families_(families) {}

  void apply(const Batch& batch);
  ReadResult read(const ReadRequest& request) const;
  std::vector<Record> all(Family family) const;

  bool operator==(const DiskModel&) const = default;

 private:
  std::vector<std::map<std::string, std::string>> families_;
};

// Same status, records and `more`.
bool equal(const ReadResult& one, const ReadResult& other);

// A few puts, erases and erased ranges over few keys, all of which start with `prefix`.
Batch random_batch(sim::Chooser& chooser, uint16_t families, const std::string& prefix);
// A point or a range, with or without limits, of the keys that start with `prefix`.
ReadRequest random_read(sim::Chooser& chooser, uint16_t families, const std::string& prefix);

// The batches of the crash cases: numbered from 1, made from the seed alone, so that the process
// that dies and the one that looks at what is left agree on them. Batch n puts n under the key "n"
// of the meta family.
Batch numbered_batch(uint64_t seed, uint64_t n, uint16_t families);
// How many of these batches a meta record "n" tells of; 0 for none.
uint64_t number_in(const std::vector<Record>& records);
// The disk after the first `count` of them.
DiskModel after_numbered(uint64_t seed, uint64_t count, uint16_t families);

}  // namespace vordb::properties
