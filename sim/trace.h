// The record of a run: every event goes into a rolling 128-bit hash and, if a sink is given, out as
// one line of text. Two runs are the same run exactly if their hashes are equal; the first line
// that differs says where they parted.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "sim/event_queue.h"

namespace vordb::sim {

struct TraceHash {
  uint64_t high = 0;
  uint64_t low = 0;
  bool operator==(const TraceHash&) const = default;
  std::string hex() const;
};

class Trace {
 public:
  using Sink = std::function<void(std::string_view)>;

  // `sink`, if any, gets whole lines.
  explicit Trace(Sink sink = nullptr) : sink_(std::move(sink)) {}

  void set_sink(Sink sink) { sink_ = std::move(sink); }

  // `draws`: how many decisions had been made when the event was handled.
  void event(const Event& event, uint64_t draws);

  // Something worth a line that is no event of the queue: a fault, a log line of a node, an answer,
  // a violation. `what` is hashed too.
  void note(uint64_t time_us, std::string_view who, std::string_view what);

  // A line for readers only: not hashed, so that a run with a sink is the run without one.
  void comment(uint64_t time_us, std::string_view who, std::string_view what);

  bool has_sink() const { return sink_ != nullptr; }
  uint64_t events() const { return events_; }
  TraceHash hash() const { return hash_; }

 private:
  void mix(const void* data, size_t size);

  Sink sink_;
  TraceHash hash_;
  uint64_t events_ = 0;
};

// 64 bits of a payload, the same on every platform.
uint64_t digest_of(std::string_view bytes);

}  // namespace vordb::sim
