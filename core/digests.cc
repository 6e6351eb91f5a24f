#include "core/digests.h"

#include <algorithm>
#include <optional>

#include "core/fingerprint.h"
#include "proto/peer.pb.h"

namespace vordb {

namespace {

// While nothing happens, every so many intervals.

}  // namespace

void Digests::send(VnodeTable& vnodes, uint16_t shard, NodeNumber self, vnode::Turn& turn) {
  const uint32_t step = turn.options.shards;
  struct Draft {
    pb::PeerMessage message;
    bool settled = true;
  };
  std::map<Peer, Draft> drafts;
  vnodes.for_each([&](VnodeTable::Slot& vnode) {
    const PlacementId id = vnode->id();
    const std::optional<vnode::StandingWord> word = vnode->standing_word(turn);
    if (!word) return;
    const bool settled = vnode->settled(turn.configuration);
    for (const NodeNumber other : vnode->roles().others) {
      Draft& draft = drafts[{other, id.n}];
      pb::AnnouncementDigest* digest = draft.message.mutable_digest();
      if (digest->step() == 0) {
        digest->set_replication_n(id.n);
        digest->set_first(shard);
        digest->set_step(step);
        digest->set_hlc(word->hlc.word);
        digest->set_stable_hlc(word->stable.word);
      }
      digest->set_hlc(std::min(digest->hlc(), word->hlc.word));
      digest->set_stable_hlc(std::min(digest->stable_hlc(), word->stable.word));
      digest->set_awaited_hlc(std::max(digest->awaited_hlc(), word->awaited.word));
      digest->mutable_contents()->Resize(int((id.partition - shard) / step), 0);
      digest->add_contents(word->content);
      draft.settled = draft.settled && settled;
    }
    if (vnode->highest_hlc() < word->hlc) vnode.edit().told(word->hlc, turn.env.clock.now());
  });
  std::erase_if(told_, [&](const auto& told) { return !drafts.contains(told.first); });
  for (auto& [to, draft] : drafts) {
    pb::PeerMessage& message = draft.message;
    message.set_from_node(self);
    message.set_cluster(turn.configuration.cluster_hash());
    message.set_epoch(turn.configuration.epoch);
    if (is_due(to, message, draft.settled, turn)) turn.env.network.send(to.first, message);
  }
}

bool Digests::is_due(const Peer& to, const pb::PeerMessage& message, bool settled,
                     const vnode::Turn& turn) {
  Fingerprint fingerprint;
  fingerprint.add(message.SerializeAsString());
  Told& told = told_[to];
  const bool repeats = told.said == fingerprint.digest();
  if (repeats && settled && ++told.unsent < turn.env.knobs.digest_rest_intervals &&
      !turn.env.buggify(Site::kDigestAnyway))
    return false;
  told = {fingerprint.digest(), 0};
  return true;
}

void hear_digest(const pb::PeerMessage& message, VnodeTable& vnodes, uint32_t ring_size,
                 vnode::Turn& turn) {
  const pb::AnnouncementDigest& digest = message.digest();
  if (digest.step() == 0 || digest.replication_n() > kReplicationMax) return;
  vnode::StandingWord word{0, Hlc{digest.hlc()}, Hlc{digest.stable_hlc()},
                           Hlc{digest.awaited_hlc()}};
  uint64_t partition = digest.first();
  for (const uint32_t content : digest.contents()) {
    if (partition >= ring_size) return;
    if (content != 0) {
      const PlacementId id{uint8_t(digest.replication_n()), uint16_t(partition)};
      word.content = content;
      if (VnodeTable::Slot* vnode = vnodes.find(id)) {
        vnode->edit().hear_standing(message.from_node(), word, message.epoch(), turn);
      }
    }
    partition += digest.step();
  }
}

}  // namespace vordb
