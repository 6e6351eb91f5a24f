// The table of all messages between nodes: which actor sends each, which takes it, and what becomes
// of it there, by the state of the taker. It describes what the actors do and steers nothing: a
// driver that looks on (sim/message_coverage.h) counts what was seen of it, and reports what it
// calls impossible. A body of pb::PeerMessage without a row fails core/message_table_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/ids.h"
#include "core/taker_state.h"

namespace vordb {

namespace pb {
class PeerMessage;
}

enum class Effect : uint8_t {
  kImpossible,  // nodes that are whole never bring it about, whatever the network and disks do
  kIgnored,     // dropped; what matters of it comes again by itself
  kRefused,     // answered, with a refusal
  kTaken,       // handed to what deals with it, which may still find that it comes too late
};

struct MessageRow {
  bool of_cluster = false;  // a body of pb::ClusterMessage, which pb::PeerMessage carries
  int body = 0;             // its number in the oneof
  ActorKind from = ActorKind::kVnode;
  ActorKind to = ActorKind::kVnode;
  std::array<Effect, kTakerStates> effects{};

  constexpr Effect effect(TakerState state) const { return effects[size_t(state)]; }
  constexpr bool possible(TakerState state) const { return effect(state) != Effect::kImpossible; }
  // As the schema names the body.
  const std::string& name() const;
};

inline constexpr size_t kMessageRows = 30;
std::span<const MessageRow, kMessageRows> message_table();

// The index of its row. The message has a body.
size_t message_row(const pb::PeerMessage& message);

}  // namespace vordb
