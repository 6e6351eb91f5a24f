#include "io/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace vordb::io {
namespace {

// The process id in a lock file that is held, or "unknown".
std::string holder_of(int fd) {
  char text[32] = {};
  const ssize_t got = pread(fd, text, sizeof text - 1, 0);
  std::string holder(text, size_t(got > 0 ? got : 0));
  while (!holder.empty() && holder.back() == '\n') holder.pop_back();
  return holder.empty() ? "unknown" : holder;
}

}  // namespace

absl::StatusOr<DataDir> DataDir::open(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    return absl::PermissionDeniedError("data_dir " + path + " cannot be made: " + error.message());
  const std::string lock = path + "/vordb.lock";
  const int fd = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0)
    return absl::PermissionDeniedError(lock + " cannot be opened: " + std::strerror(errno));
  DataDir dir(path, fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return absl::InternalError(lock + " cannot be locked: " + std::strerror(errno));
    return absl::FailedPreconditionError(
        "data_dir " + path + " is in use by another vordb (process " + holder_of(fd) +
        "); stop it first, or give this one a data_dir of its own");
  }
  // The id only serves the message above, so a full disk must not keep a node from starting.
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) return dir;
  return dir;
}

DataDir::DataDir(DataDir&& other) noexcept
    : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

DataDir& DataDir::operator=(DataDir&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_fd_, other.lock_fd_);
  return *this;
}

DataDir::~DataDir() {
  if (lock_fd_ >= 0) close(lock_fd_);
}

absl::StatusOr<bool> DataDir::clear() {
  std::error_code error;
  const bool was_there = std::filesystem::remove_all(store_path(), error) > 0;
  if (error) return absl::InternalError(store_path() + " cannot be deleted: " + error.message());
  return was_there;
}

}  // namespace vordb::io
