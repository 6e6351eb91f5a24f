// The real side of the Disk contract: a RocksStore in a directory of its own, and a way to be a
// process that dies.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/rocks_store.h"
#include "io/testing/files.h"
#include "properties/disk_side.h"

namespace vordb::properties {

// With a store in it.
class TempDirectory : public io::TempDir {
 public:
  std::string store() const { return path() + "/store"; }
  // The store's files whose names end so, oldest first.
  std::vector<std::string> files(const std::string& ending) const;
};

io::RocksStoreOptions small_store(const std::string& directory, bool buffered);

// Over a directory that outlives it. The store must open.
std::unique_ptr<DiskSide> make_rocks_side(const io::RocksStoreOptions& options);

// A second process that commits numbered_batch(seed, 1..) into `directory` as fast as it can, some
// at a time, until it is killed or its disk fails. It tells each group that became durable, and
// each number that it read back.
class Writer {
 public:
  Writer(const std::string& directory, uint64_t seed, bool buffered);
  // Kills it when it still runs.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // The number of the last batch of the next group that is durable, or that a read showed; 0 when
  // the process is gone.
  uint64_t next_told();
  // kill -9. Then next_told() gives the rest of what it told.
  void kill();
  // Of a process that ended by itself; waits for it.
  int exit_code();

 private:
  int pid_ = 0;
  int pipe_ = -1;
};

// What another process hears that opens `directory`: the status's text.
std::string open_elsewhere(const std::string& directory);

}  // namespace vordb::properties
