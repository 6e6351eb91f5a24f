#include "core/digests.h"

#include <algorithm>
#include <map>
#include <utility>

#include "proto/peer.pb.h"

namespace vordb {

void send_digests(VnodeTable& vnodes, uint16_t shard, NodeNumber self, vnode::Turn& turn) {
  const uint32_t step = turn.options.shards;
  std::map<std::pair<NodeNumber, uint8_t>, pb::PeerMessage> messages;
  vnodes.for_each([&](VnodeTable::Slot& vnode) {
    const PlacementId id = vnode->id();
    Hlc hlc{UINT64_MAX};
    Hlc stable{UINT64_MAX};
    const uint32_t content = vnode->standing_announcement(&hlc, &stable, turn);
    if (content == 0) return;
    for (const NodeNumber other : vnode->roles().others) {
      pb::PeerMessage& message = messages[{other, id.n}];
      pb::AnnouncementDigest* digest = message.mutable_digest();
      if (digest->step() == 0) {
        digest->set_replication_n(id.n);
        digest->set_first(shard);
        digest->set_step(step);
        digest->set_hlc(hlc.word);
        digest->set_stable_hlc(stable.word);
      }
      digest->set_hlc(std::min(digest->hlc(), hlc.word));
      digest->set_stable_hlc(std::min(digest->stable_hlc(), stable.word));
      digest->mutable_contents()->Resize(int((id.partition - shard) / step), 0);
      digest->add_contents(content);
    }
    vnode.edit().told(hlc, turn.env.clock.now());
  });
  for (auto& [to, message] : messages) {
    message.set_from_node(self);
    message.set_cluster(turn.configuration.cluster_hash());
    message.set_epoch(turn.configuration.epoch);
    turn.env.network.send(to.first, message);
  }
}

void hear_digest(const pb::PeerMessage& message, VnodeTable& vnodes, uint32_t ring_size,
                 vnode::Turn& turn) {
  const pb::AnnouncementDigest& digest = message.digest();
  if (digest.step() == 0 || digest.replication_n() > kReplicationMax) return;
  uint64_t partition = digest.first();
  for (const uint32_t content : digest.contents()) {
    if (partition >= ring_size) return;
    if (content != 0) {
      const PlacementId id{uint8_t(digest.replication_n()), uint16_t(partition)};
      if (VnodeTable::Slot* vnode = vnodes.find(id)) {
        vnode->edit().hear_standing(message.from_node(), content, Hlc{digest.hlc()},
                                    Hlc{digest.stable_hlc()}, message.epoch(), turn);
      }
    }
    partition += digest.step();
  }
}

}  // namespace vordb
