// What is known about one element of a set in a weak bucket, whose reads may be old. Adds win over
// removes that have not observed them: an acknowledged add stays, unless a remove may have come
// after its beginning; and it goes, if a remove surely had it before its eyes.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/call.h"
#include "sim/known_before.h"

namespace vordb::sim {

class WeakElement {
 public:
  // An acknowledged add: of several the one that began last is the hardest to explain away.
  struct Add {
    Step begin = 0;
    uint64_t timestamp_ms = 0;
    bool operator<(const Add& other) const { return begin < other.begin; }
  };

  void began(uint64_t call, bool adds, Step begin);
  // `node`: whose vnode surely carried it out, below `nodes`; else kNodeUnknown. `reach`: a removal
  // removes nothing that was added later than this. `counts`: the add was no victim of a drop.
  void acknowledged(uint64_t call, bool adds, Span span, Step reach, uint32_t node, uint32_t nodes,
                    uint64_t timestamp_ms, bool counts);
  void refused(uint64_t call, bool adds);
  void carried_out(uint64_t call, bool adds, Step end);
  void lost_sight(uint64_t call, bool adds, Step end);
  // What was acknowledged before `begin` is gone from now on.
  void dropped(Step begin);
  // What was acknowledged so far may be lost.
  void doubted();

  // The floors of a read: what was acknowledged by anyone, or through one node, before it began.
  Add added_before(Step begin) const { return acked_.before(begin); }
  Add added_before(Step begin, uint32_t node) const;

  // Whether the element may be missing, though this add was acknowledged; `ttl_ms` 0: elements do
  // not expire.
  bool may_be_missing(const Add& floor, uint64_t ttl_ms, NowBounds now) const;
  // Whether the element may be there at all; once every effect has arrived everywhere; and for a
  // read that began then through a node.
  bool may_be_there() const { return standing_ > 0; }
  bool may_be_there_at_last() const;
  bool may_be_there(Step begin, uint32_t node) const;
  // A remove was acknowledged, by anyone, or through the node before then.
  bool ever_removed() const { return last_remove_end_ > 0; }
  bool removed_before(Step begin, uint32_t node) const {
    return node < nodes_.size() && nodes_[node].removed.before(begin) > 0;
  }
  // A drop took all adds.
  bool surely_dropped() const { return dropped_ > 0 && last_add_end_ < dropped_; }

  void forget_before(Step horizon);

 private:
  struct Node {
    KnownBefore<Add> acked;
    KnownBefore<Step> removed;  // when removes through it began
    Step last_add_end = 0;
    Step last_remove_begin = 0;
    uint32_t adds = 0;
  };

  bool close(uint64_t call);

  KnownBefore<Add> acked_;
  std::vector<Node> nodes_;
  std::vector<uint64_t> open_removes_;
  Step last_remove_end_ = 0;  // no settled remove observed an add that began later
  Step last_add_end_ = 0;     // kNever: of an add that has no sure end
  Step dropped_ = 0;
  uint32_t standing_ = 0;  // adds that are not refused
  uint32_t placed_ = 0;    // of these, acknowledged and carried out by a known node
  uint32_t open_adds_ = 0;
};

}  // namespace vordb::sim
