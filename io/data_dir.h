// The folder of everything durable, held by one process at a time.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace vordb::io {

class DataDir {
 public:
  // Makes the folder when it is absent and locks it until the object or the process dies, however
  // it dies. FailedPrecondition: another process holds it; PermissionDenied or Internal: it cannot
  // be made or written.
  static absl::StatusOr<DataDir> open(const std::string& path);

  DataDir(DataDir&& other) noexcept;
  DataDir& operator=(DataDir&& other) noexcept;
  ~DataDir();

  // Where the store lies. Nothing else of value is in the folder.
  std::string store_path() const { return path_ + "/store"; }

  // Deletes the store. False when there was none.
  absl::StatusOr<bool> clear();

 private:
  DataDir(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

  std::string path_;
  int lock_fd_ = -1;
};

}  // namespace vordb::io
