// What a step of a vnode may use beside the vnode itself. It lives on the stack, for one turn of
// the shard.
#pragma once

#include <cstdint>
#include <vector>

#include "core/cluster/configuration.h"
#include "core/env.h"
#include "core/ids.h"
#include "core/messages.h"
#include "core/node_options.h"
#include "core/tick.h"
#include "core/vnode/ceiling.h"
#include "core/vnode/key_cache.h"

namespace vordb::vnode {

struct Turn {
  Env& env;
  const Configuration& configuration;
  const NodeOptions& options;
  KeyCache& cache;
  uint16_t shard = 0;
  std::vector<Envelope>& outbox;        // to actors of this node
  std::vector<PlacementId>& unflushed;  // vnodes with an open group; their flush() ends the turn
  Ceiling& ceiling;
  uint32_t& fetches;         // snapshots that vnodes of this shard are receiving
  bool clock_ahead = false;  // this node takes no mutations
};

// How often pulse() comes.
inline constexpr uint64_t kPulseUs = kTickMs * 1000;

}  // namespace vordb::vnode
