// How much of the table of messages between nodes (core/message_table.h) a run has seen: for each
// message and each state of its taker, how often the one reached the other. Counting changes
// nothing of a run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/message_table.h"

namespace vordb::sim {

class MessageCoverage {
 public:
  void count(size_t row, TakerState state, uint64_t times = 1) {
    counts_[row][size_t(state)] += times;
  }
  void add(const MessageCoverage& other);

  uint64_t seen(size_t row, TakerState state) const { return counts_[row][size_t(state)]; }
  uint64_t seen(size_t row) const;  // in any state

  // Of the cells that are possible: how many there are, and how many of them were seen.
  struct Cells {
    uint64_t possible = 0;
    uint64_t seen = 0;
  };
  Cells cells(size_t row) const;

 private:
  std::array<std::array<uint64_t, kTakerStates>, kMessageRows> counts_{};
};

// What the bytes of a message between nodes are called in the table; "bytes": they are none.
std::string name_of_message(std::string_view bytes);

// How the shard stands to this message, which was handed to it when it stood like `before`.
// `refused`: it has said that the message breaks a rule.
TakerState taker_state_after(const pb::PeerMessage& message, TakerState before, bool refused);

}  // namespace vordb::sim
