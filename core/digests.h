// What a shard's vnodes tell the other owners when nothing but time has passed: one message a peer
// for all of them, so that an idle cluster costs the same whatever its keys. A vnode that has
// changed announces itself (core/vnode/announce.cc); a receiver that remembers something else than
// a digest says asks for an announcement.
#pragma once

#include <cstdint>

#include "core/ids.h"
#include "core/vnode/vnode.h"
#include "core/vnode_table.h"

namespace vordb {

// To every node that shares a placement with a vnode of this shard.
void send_digests(VnodeTable& vnodes, uint16_t shard, NodeNumber self, vnode::Turn& turn);

// For those of the digest's vnodes that live on this shard. Ill-formed ones are ignored.
void hear_digest(const pb::PeerMessage& message, VnodeTable& vnodes, uint32_t ring_size,
                 vnode::Turn& turn);

}  // namespace vordb
