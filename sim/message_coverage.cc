#include "sim/message_coverage.h"

#include "core/peer_check.h"
#include "core/peer_codec.h"
#include "proto/peer.pb.h"

namespace vordb::sim {

void MessageCoverage::add(const MessageCoverage& other) {
  for (size_t row = 0; row < kMessageRows; ++row) {
    for (size_t state = 0; state < kTakerStates; ++state) {
      counts_[row][state] += other.counts_[row][state];
    }
  }
}

uint64_t MessageCoverage::seen(size_t row) const {
  uint64_t sum = 0;
  for (const uint64_t count : counts_[row]) sum += count;
  return sum;
}

MessageCoverage::Cells MessageCoverage::cells(size_t row) const {
  Cells cells;
  for (size_t state = 0; state < kTakerStates; ++state) {
    if (!message_table()[row].possible(TakerState(state))) continue;
    ++cells.possible;
    cells.seen += counts_[row][state] > 0;
  }
  return cells;
}

TakerState taker_state_after(const pb::PeerMessage& message, TakerState before, bool refused) {
  if (!refused) return before;
  if (!check_peer_message(message).ok()) return TakerState::kIllFormed;
  // What passes the schema and is refused is either a request or an answer that its decoder finds
  // ill-formed, or speaks of the receiver's future.
  return is_between_vnodes(message) ? TakerState::kNamesFuture : TakerState::kIllFormed;
}

std::string name_of_message(std::string_view bytes) {
  pb::PeerMessage message;
  if (!message.ParseFromArray(bytes.data(), int(bytes.size()))) return "bytes";
  return message_table()[message_row(message)].name();
}

}  // namespace vordb::sim
