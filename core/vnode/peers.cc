#include "core/vnode/peers.h"

#include <algorithm>

namespace vordb::vnode {

const PeerView* Peers::find(NodeNumber node) const {
  const auto at = views_.find(node);
  return at == views_.end() ? nullptr : &at->second;
}

bool Peers::hear(const PeerView& view) {
  PeerView& known = views_[view.replica.node];
  if (known.replica == view.replica && view.hlc < known.hlc) return false;
  known = view;
  return true;
}

void Peers::hear_times(NodeNumber node, Hlc hlc, Hlc stable, uint64_t epoch) {
  PeerView& known = views_.at(node);
  known.hlc = std::max(known.hlc, hlc);
  known.stable = std::max(known.stable, stable);
  known.epoch = std::max(known.epoch, epoch);
}

void Peers::keep_only(const std::vector<NodeNumber>& nodes) {
  std::erase_if(views_, [&](const auto& view) {
    return std::find(nodes.begin(), nodes.end(), view.first) == nodes.end();
  });
}

const PeerView* Peers::counting(NodeNumber node, const Standpoint& at) const {
  const PeerView* view = find(node);
  const bool counts = view && view->fenced && view->pv == at.roles.pv &&
                      !retired(view->replica, at.fence, at.configuration);
  return counts ? view : nullptr;
}

bool Peers::all_have(const crdt::Dot& dot, const Standpoint& at) const {
  return std::all_of(at.roles.receivers.begin(), at.roles.receivers.end(), [&](NodeNumber node) {
    const PeerView* view = counting(node, at);
    return view && (view->clock.contains(dot) || view->sealed.covers(dot));
  });
}

std::optional<std::vector<const PeerView*>> Peers::agreeing(const Standpoint& at) const {
  std::vector<const PeerView*> views;
  for (const NodeNumber node : at.roles.others) {
    const PeerView* view = counting(node, at);
    // Under an earlier removal it may wait for owners that this one counts no more.
    if (!view || view->epoch < at.configuration.removed_epoch ||
        !at.fence.alike(view->fence, at.configuration)) {
      return std::nullopt;
    }
    views.push_back(view);
  }
  return views;
}

}  // namespace vordb::vnode
