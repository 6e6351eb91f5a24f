// A line on standard error that is written over, for people who wait; nothing where nobody looks.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <string>

namespace vordb::server {

class ProgressLine {
 public:
  void tell(const std::string& text) const {
    if (shown_) std::fprintf(stderr, "\r\033[K%s", text.c_str());
  }
  void end() const { tell(""); }

 private:
  bool shown_ = isatty(STDERR_FILENO) == 1;
};

}  // namespace vordb::server
