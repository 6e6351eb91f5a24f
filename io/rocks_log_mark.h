// How far the write-ahead log is known to be synced: a small file beside the logs, so that a start
// can tell a torn last write from the loss of what was promised.
//
// The file is replaced whole, by a thread of its own: no writer waits for it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rocksdb {
class DB;
}

namespace vordb::io {

struct LogMark {
  uint64_t log = 0;       // the number of the log that was written to
  uint64_t bytes = 0;     // of it, and all of the logs before it, are synced
  uint64_t sequence = 0;  // the last write in them
  bool buffered = false;  // whether records are written before the ones ahead of them are synced
  std::string boot;       // of the kernel; empty: unknown

  bool operator==(const LogMark&) const = default;
};

// A number that the kernel makes anew when it starts; empty when it tells none.
std::string kernel_boot();

// NotFound: there is none. DataLoss: it is damaged.
absl::StatusOr<LogMark> read_log_mark(const std::string& directory);
// Durable when it returns.
absl::Status write_log_mark(const std::string& directory, const LogMark& mark);

class LogMarker {
 public:
  using Log = std::function<void(std::string_view)>;

  // Writes the first mark before it returns. A mark that cannot be written is logged, no more: on a
  // full disk the node goes on, and the older mark promises less. `db` outlives it; `log` may be
  // null.
  LogMarker(rocksdb::DB& db, std::string directory, bool buffered, Log log);
  // Writes what is still to be written.
  ~LogMarker();
  LogMarker(const LogMarker&) = delete;
  LogMarker& operator=(const LogMarker&) = delete;

  // All that the database holds is synced now, and nobody writes to it during the call.
  void mark();

 private:
  std::optional<LogMark> look() const;
  void write(const LogMark& mark);
  void run();

  rocksdb::DB& db_;
  const std::string directory_;
  const bool buffered_;
  const Log log_;
  const std::string boot_ = kernel_boot();
  bool failed_ = false;  // of the thread

  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<LogMark> next_;  // under mutex_
  bool stop_ = false;            // under mutex_
  std::thread thread_;
};

}  // namespace vordb::io
