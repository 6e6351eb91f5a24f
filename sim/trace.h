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

// Who a line of a trace speaks of.
struct Voice {
  enum class Kind : uint8_t { kNode, kClient, kFault, kProperty, kOperator, kRun };
  Kind kind = Kind::kRun;
  uint32_t index = 0;     // a node's or a client's
  const char* name = "";  // a fault's, a property's, of what the run tells; of a node: see below

  static Voice node(uint32_t index) { return {Kind::kNode, index, ""}; }
  static Voice client(uint32_t index) { return {Kind::kClient, index, ""}; }
  std::string text() const;
};

// The names of a node's voice where it comes to run or ceases to; else it has none.
inline constexpr const char* kStarts = "starts";
inline constexpr const char* kStops = "stops";

// What became of a message between nodes.
enum class Fate : uint8_t {
  kArrived,
  kLost,    // by chance
  kCut,     // the link was cut
  kFull,    // too much was on its way already
  kReset,   // its connection broke when it was sent
  kBroken,  // or later, while it was on its way
  kNobody,  // no process listened
};
const char* to_string(Fate fate);

struct Passage {
  uint32_t from = 0;
  uint32_t to = 0;
  Fate fate = Fate::kArrived;
  std::string_view bytes;
};

// Hears of a run while it goes on. What comes between two events belongs to the first of them; what
// comes before the first event, to the beginning of the run.
class TraceListener {
 public:
  virtual ~TraceListener() = default;
  virtual void event(const Event& event, uint64_t draws) = 0;
  // What the event brought to a node: a message of another shard, a request, what the disk has
  // done.
  virtual void brought(std::string_view what) = 0;
  // A message between nodes: where it arrives or is lost.
  virtual void passage(const Passage& passage) = 0;
  // `lasts_us`: of a fault that lasts; else 0.
  virtual void note(const Voice& who, std::string_view what, uint64_t lasts_us) = 0;
};

class Trace {
 public:
  using Sink = std::function<void(std::string_view)>;

  // `sink`, if any, gets whole lines.
  explicit Trace(Sink sink = nullptr) : sink_(std::move(sink)) {}

  void set_sink(Sink sink) { sink_ = std::move(sink); }
  // Null: nobody listens.
  void set_listener(TraceListener* listener) { listener_ = listener; }

  // `draws`: how many decisions had been made when the event was handled.
  void event(const Event& event, uint64_t draws);

  // Something worth a line that is no event of the queue: a fault, a log line of a node, an answer,
  // a violation. `what` is hashed too. `lasts_us`: see TraceListener.
  void note(uint64_t time_us, const Voice& who, std::string_view what, uint64_t lasts_us = 0);

  // ---- For readers only: not hashed, so that a run with readers is the run without them. Whoever
  // must work for what it would say asks first whether anybody hears it.
  bool heard() const { return sink_ != nullptr || listener_ != nullptr; }
  void comment(uint64_t time_us, const Voice& who, std::string_view what, uint64_t lasts_us = 0);
  void brought(uint64_t time_us, uint32_t node, std::string_view what);
  void passage(uint64_t time_us, const Passage& passage);

  uint64_t events() const { return events_; }
  TraceHash hash() const { return hash_; }

 private:
  void mix(const void* data, size_t size);

  void line(uint64_t time_us, std::string_view who, std::string_view what);

  Sink sink_;
  TraceListener* listener_ = nullptr;
  TraceHash hash_;
  uint64_t events_ = 0;
};

// 64 bits of a payload, the same on every platform.
uint64_t digest_of(std::string_view bytes);

}  // namespace vordb::sim
