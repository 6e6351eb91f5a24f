// How whoever asked a vnode something is answered: the coordinator of a shard, here or elsewhere.
#pragma once

#include <utility>

#include "core/messages.h"

namespace vordb::vnode {

// `asked` names whom to answer: node `from`, 0 or `self` for this one, and the shard there.
template <typename Asked>
Envelope to_coordinator(NodeNumber self, const Asked& asked, Message answer) {
  return Envelope{ActorId{ActorKind::kCoordinator, asked.shard, {}}, std::move(answer),
                  asked.from == self ? 0 : asked.from};
}

}  // namespace vordb::vnode
