// How far a command is, for people who wait: on a terminal one line that is written over, else of a
// swarm a line every five seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace vordb::server {

struct ProgressFigures {
  uint64_t runs = 0;
  uint64_t asked = 0;
  uint64_t failed = 0;
  uint64_t made = 0;  // runs of these that were made since the begin, in:
  uint64_t ms = 0;
};
// Such as "[#####...............] 25 of 100 runs, 1 failed, 12 s left".
std::string bar_of(const ProgressFigures& figures);

class Progress {
 public:
  explicit Progress(bool wanted);
  // Leaves no half line behind.
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void tell(const ProgressFigures& figures);
  // On a terminal only: something that takes a while.
  void tell(const std::string& text);
  void clear();

 private:
  bool wanted_;
  bool terminal_;
  bool shown_ = false;
  uint64_t next_ms_ = 0;
};

}  // namespace vordb::server
