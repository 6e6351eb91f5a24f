// What the other owners have announced of themselves, the newest of each, and what follows from it:
// who holds a dot, and whether all agree on who is retired. A view counts while it was made under
// the placement's present version by a life that is not retired: an earlier life may have lost what
// it spoke of.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "core/cluster/configuration.h"
#include "core/fields.h"
#include "core/vnode/fence.h"
#include "core/vnode/peer_view.h"
#include "core/vnode/roles.h"

namespace vordb::vnode {

// By what views are judged.
struct Standpoint {
  const Roles& roles;
  const Fence& fence;  // the durable one
  const Configuration& configuration;
};

class Peers {
 public:
  // Null: nothing was heard of it.
  const PeerView* find(NodeNumber node) const;
  // Announcements may overtake one another; of one life the later one has the higher time. False:
  // a later one is known.
  bool hear(const PeerView& view);
  // What `node` told last still holds, under this configuration, and its times are these.
  void hear_times(NodeNumber node, Hlc hlc, Hlc stable, uint64_t epoch);
  void keep_only(const std::vector<NodeNumber>& nodes);

  // Null: nothing that counts.
  const PeerView* counting(NodeNumber node, const Standpoint& at) const;
  // Every one of the receivers has said that it holds the dot (rule 15).
  bool all_have(const crdt::Dot& dot, const Standpoint& at) const;
  // The views of all others, if all of them take part and know the same lives and removals: only
  // then may anything be sealed or become stable (rules 9 and 10).
  std::optional<std::vector<const PeerView*>> agreeing(const Standpoint& at) const;

  bool operator==(const Peers&) const = default;

 private:
  std::map<NodeNumber, PeerView> views_;
  VORDB_FIELDS(Peers, views_)
};

}  // namespace vordb::vnode
