// What is known about one register of a weak bucket, whose reads may be old. The winner of any two
// writes is the later by hybrid time, whatever the order in which clients made them; an
// acknowledgement tells that time, so "not older than" is exact for acknowledged writes however far
// the nodes' clocks are apart.
//
// A write of unknown outcome may have any time up to the end of what is known about it.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/call.h"

namespace vordb::sim {

class WeakRegister {
 public:
  enum class Verdict : uint8_t {
    kFits,
    kNeverWritten,  // or refused
    kOlder,         // than the floor
    kExpired,
    kNoReason,  // nothing there, though something at the floor or later must be
    kDropped,   // it was written before its bucket was dropped
  };

  void began(uint64_t call, bool value, Step begin);
  void acknowledged(uint64_t call, Step end, uint64_t timestamp_ms);
  // False: a read has shown it.
  bool refused(uint64_t call);
  void lost_sight(uint64_t call, uint64_t high_ms);
  // What was acknowledged before `begin` is gone from now on.
  void dropped(Step begin) { dropped_ = std::max(dropped_, begin); }

  // A read of the value of `put`, or of nothing, that must show what was written at `floor_ms` or
  // later (0: anything will do). `ttl_ms` 0: values do not expire. `drops`: every node knows of the
  // drops.
  Verdict read_value(uint64_t put, uint64_t floor_ms, uint64_t ttl_ms, NowBounds now, bool drops);
  Verdict read_nothing(uint64_t floor_ms, uint64_t ttl_ms, NowBounds now) const;

  // The time of an acknowledged write; 0: it is not known.
  uint64_t timestamp_of(uint64_t call) const;
  // Some write that is not refused began.
  bool ever_written() const { return standing_ > 0; }
  bool deletes_open() const { return open_deletes_ > 0; }
  // No delete is as late as this.
  bool surely_after_deletes(uint64_t timestamp_ms) const {
    return open_deletes_ == 0 && deleted_ms_ < timestamp_ms;
  }

 private:
  struct Write {
    uint64_t call;
    Step end;         // kNever: not acknowledged
    uint64_t low_ms;  // of its hybrid time
    uint64_t high_ms;
    bool value;
    bool open;
    bool refused;
    bool shown;
  };

  Write* find(uint64_t call);
  const Write* find(uint64_t call) const { return const_cast<WeakRegister*>(this)->find(call); }
  void close(Write& write, uint64_t low_ms, uint64_t high_ms);

  std::vector<Write> writes_;  // by call
  uint64_t deleted_ms_ = 0;    // no settled delete is later
  uint32_t open_deletes_ = 0;
  uint32_t standing_ = 0;
  Step dropped_ = 0;
};

}  // namespace vordb::sim
