#include "server/sim/captured_errors.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace vordb::server {

namespace {
constexpr off_t kBytesMax = 1 << 16;
}

CapturedErrors CapturedErrors::make() {
  CapturedErrors errors;
  errors.file_ = memfd_create("stderr", MFD_CLOEXEC);
  return errors;
}

CapturedErrors::~CapturedErrors() {
  if (file_ >= 0) close(file_);
}

CapturedErrors::CapturedErrors(CapturedErrors&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}

CapturedErrors& CapturedErrors::operator=(CapturedErrors&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

bool CapturedErrors::take_over() const { return dup2(file_, STDERR_FILENO) >= 0; }

std::string CapturedErrors::text() const {
  struct stat found;
  if (file_ < 0 || fstat(file_, &found) != 0) return "";
  std::string text(size_t(std::min(found.st_size, kBytesMax)), '\0');
  const ssize_t got = pread(file_, text.data(), text.size(), found.st_size - off_t(text.size()));
  text.resize(size_t(std::max<ssize_t>(got, 0)));
  return text;
}

}  // namespace vordb::server
