// What is going to happen in a simulated world, ordered by virtual time and, at equal times, by
// when it was planned. Events are small plain values in one flat 4-ary heap; what they carry lies
// in the world's pools.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/assert.h"

namespace vordb::sim {

enum class EventKind : uint8_t {
  kBoot,          // a node starts
  kTick,          // a shard's timer
  kEndTurn,       // a shard finishes a group of calls
  kLocalMessage,  // between shards of a node
  kPeerMessage,   // between nodes
  kDisk,          // a node's device has something to do
  kCompletion,    // what a disk completed reaches its shard
  kRequest,       // bytes of a client reach a node
  kReply,         // bytes of a node reach a client
  kDisconnect,    // a client notices that its connection is gone
  kThink,         // a client decides what to do next
  kFault,         // the fault injector decides
  kCheck,         // oracles look at durable state
  kOperator,      // what a node says to an operator reaches him
};
inline constexpr int kEventKinds = int(EventKind::kOperator) + 1;

const char* to_string(EventKind kind);

// Whose number Event::actor is: a client's, else a node's.
constexpr bool is_of_client(EventKind kind) {
  return kind == EventKind::kReply || kind == EventKind::kDisconnect || kind == EventKind::kThink;
}

struct Event {
  uint64_t time_us = 0;
  uint64_t sequence = 0;
  uint64_t digest = 0;   // of what it carries: part of the trace
  uint64_t payload = 0;  // a slot in the pool of its kind, or a number
  uint64_t cause = 0;    // the number of the event that planned it; 0: the beginning of the run
  uint32_t actor = 0;    // a node or a client, by kind
  uint32_t life = 0;     // of the node: events of an earlier life come to nothing
  uint16_t shard = 0;
  EventKind kind = EventKind::kTick;
};

class EventQueue {
 public:
  // What is planned from now on is planned by this event.
  void during(uint64_t event) { during_ = event; }

  void push(Event event) {
    event.sequence = next_sequence_++;
    event.cause = during_;
    heap_.push_back(event);
    size_t at = heap_.size() - 1;
    while (at > 0) {
      const size_t parent = (at - 1) / 4;
      if (!before(event, heap_[parent])) break;
      heap_[at] = heap_[parent];
      at = parent;
    }
    heap_[at] = event;
  }

  Event pop() {
    VORDB_ASSERT(!heap_.empty(), "nothing is planned");
    const Event first = heap_[0];
    const Event last = heap_.back();
    heap_.pop_back();
    if (heap_.empty()) return first;
    size_t at = 0;
    for (;;) {
      const size_t child = at * 4 + 1;
      if (child >= heap_.size()) break;
      size_t least = child;
      for (size_t other = child + 1; other < child + 4 && other < heap_.size(); ++other) {
        if (before(heap_[other], heap_[least])) least = other;
      }
      if (!before(heap_[least], last)) break;
      heap_[at] = heap_[least];
      at = least;
    }
    heap_[at] = last;
    return first;
  }

  bool empty() const { return heap_.empty(); }
  size_t size() const { return heap_.size(); }
  uint64_t next_time_us() const { return heap_[0].time_us; }
  // Nothing is planned: null.
  const Event* next() const { return heap_.empty() ? nullptr : &heap_[0]; }
  // All that is planned, in the order in which it is to come.
  std::vector<Event> planned() const {
    std::vector<Event> events = heap_;
    std::sort(events.begin(), events.end(), before);
    return events;
  }

 private:
  static bool before(const Event& a, const Event& b) {
    return a.time_us != b.time_us ? a.time_us < b.time_us : a.sequence < b.sequence;
  }

  std::vector<Event> heap_;
  uint64_t next_sequence_ = 0;
  uint64_t during_ = 0;
};

// Values by slot number; a slot is used again once its value is taken.
template <typename T>
class Pool {
 public:
  uint64_t put(T value) {
    if (free_.empty()) {
      values_.push_back(std::move(value));
      return values_.size() - 1;
    }
    const uint64_t slot = free_.back();
    free_.pop_back();
    values_[slot] = std::move(value);
    return slot;
  }

  const T& look_at(uint64_t slot) const { return values_[slot]; }

  T take(uint64_t slot) {
    free_.push_back(slot);
    return std::move(values_[slot]);
  }

 private:
  std::vector<T> values_;
  std::vector<uint64_t> free_;
};

}  // namespace vordb::sim
