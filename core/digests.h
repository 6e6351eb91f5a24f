// What a shard's vnodes tell the other owners when nothing but time has passed: one message a peer
// for all of them, so that an idle cluster costs the same whatever its keys. A vnode that has
// changed announces itself (core/vnode/announcements.h); a receiver that remembers something else
// than a digest says asks for an announcement.
//
// Where the owners agree on everything and wait for nothing, a digest that says again what the last
// one said is sent more rarely: its loss delays nobody.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "core/fields.h"
#include "core/ids.h"
#include "core/vnode/vnode.h"
#include "core/vnode_table.h"

namespace vordb {

class Digests {
 public:
  // Every sync interval: to every node that shares a placement with a vnode of this shard.
  void send(VnodeTable& vnodes, uint16_t shard, NodeNumber self, vnode::Turn& turn);

  bool operator==(const Digests&) const = default;

 private:
  using Peer = std::pair<NodeNumber, uint8_t>;  // and the replication factor
  struct Told {
    std::pair<uint64_t, uint64_t> said{0, 0};  // fingerprint of the digest
    uint32_t unsent = 0;                       // intervals since
    bool operator==(const Told&) const = default;
    VORDB_FIELDS(Told, said, unsent)
  };

  bool is_due(const Peer& to, const pb::PeerMessage& message, bool settled,
              const vnode::Turn& turn);

  std::map<Peer, Told> told_;
  VORDB_FIELDS(Digests, told_)
};

// For those of the digest's vnodes that live on this shard. Ill-formed ones are ignored.
void hear_digest(const pb::PeerMessage& message, VnodeTable& vnodes, uint32_t ring_size,
                 vnode::Turn& turn);

}  // namespace vordb
