// What a causal token promises to whoever gives it back: the newest things that the answer it came
// with, and the tokens before that, had seen of one key. Made by the oracles, carried by clients.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/call.h"

namespace vordb::sim {

struct Promise {
  static constexpr size_t kPartsMax = 32;

  // Of a register: it shows this write or a later one. 0: nothing is promised.
  uint64_t timestamp_ms = 0;

  // Of a set: elements with an acknowledged add that began then. Of a counter: amounts that an
  // acknowledged call of that step added.
  struct Part {
    Step begin = 0;
    uint64_t timestamp_ms = 0;
    int64_t amount = 0;    // of a counter
    uint32_t element = 0;  // of a set
  };
  std::vector<Part> parts;
};

}  // namespace vordb::sim
