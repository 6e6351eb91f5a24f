// What a process writes to its standard error, kept in memory for the process that started it: why
// it aborted is found there.
#pragma once

#include <string>

namespace vordb::server {

class CapturedErrors {
 public:
  CapturedErrors() = default;  // captures nothing
  // Not ok where the system has no file left: then nothing is captured.
  static CapturedErrors make();
  ~CapturedErrors();
  CapturedErrors(CapturedErrors&& other) noexcept;
  CapturedErrors& operator=(CapturedErrors&& other) noexcept;
  bool ok() const { return file_ >= 0; }

  // In the process that was started: from here on its standard error goes there.
  bool take_over() const;

  // In the other: what was written, its last part where it is long.
  std::string text() const;

 private:
  int file_ = -1;
};

}  // namespace vordb::server
