#include "sim/weak_element.h"

#include <algorithm>

#include "core/assert.h"

namespace vordb::sim {

void WeakElement::began(uint64_t call, bool adds, Step) {
  if (adds) {
    ++standing_;
    ++open_adds_;
  } else {
    open_removes_.push_back(call);
  }
}

// Whether the remove was still open.
bool WeakElement::close(uint64_t call) {
  const auto found = std::find(open_removes_.begin(), open_removes_.end(), call);
  if (found == open_removes_.end()) return false;
  open_removes_.erase(found);
  return true;
}

void WeakElement::acknowledged(uint64_t call, bool adds, Span span, Step reach, uint32_t node,
                               uint32_t nodes, uint64_t timestamp_ms, bool counts) {
  const bool placed = node < nodes;
  if (placed && nodes_.empty()) nodes_.resize(nodes);
  if (!adds) {
    close(call);
    last_remove_end_ = std::max(last_remove_end_, reach);
    if (!placed) return;
    nodes_[node].removed.know(span.end, span.begin);
    nodes_[node].last_remove_begin = std::max(nodes_[node].last_remove_begin, span.begin);
    return;
  }
  --open_adds_;
  last_add_end_ = std::max(last_add_end_, span.end);
  const Add add{span.begin, timestamp_ms};
  if (counts) acked_.know(span.end, add);
  if (!placed) return;
  ++placed_;
  ++nodes_[node].adds;
  nodes_[node].last_add_end = std::max(nodes_[node].last_add_end, span.end);
  if (counts) nodes_[node].acked.know(span.end, add);
}

void WeakElement::refused(uint64_t call, bool adds) {
  if (!adds) {
    close(call);
    return;
  }
  VORDB_ASSERT(standing_ > 0 && open_adds_ > 0, "only an add that began is refused");
  --standing_;
  --open_adds_;
}

void WeakElement::carried_out(uint64_t call, bool adds, Step end) {
  if (!adds && close(call)) last_remove_end_ = std::max(last_remove_end_, end);
}

void WeakElement::lost_sight(uint64_t call, bool adds, Step end) {
  if (!adds) return carried_out(call, adds, end);
  // It may have come into being as late as `end`, and stands without a node.
  --open_adds_;
  last_add_end_ = std::max(last_add_end_, end);
}

void WeakElement::dropped(Step begin) {
  dropped_ = std::max(dropped_, begin);
  doubted();
}

void WeakElement::doubted() {
  acked_.clear();
  for (Node& node : nodes_) node.acked.clear();
}

WeakElement::Add WeakElement::added_before(Step begin, uint32_t node) const {
  return node < nodes_.size() ? nodes_[node].acked.before(begin) : Add{};
}

bool WeakElement::may_be_missing(const Add& floor, uint64_t ttl_ms, NowBounds now) const {
  if (floor.begin == 0 || !open_removes_.empty() || last_remove_end_ >= floor.begin) return true;
  return ttl_ms > 0 && floor.timestamp_ms + ttl_ms <= now.high_ms;
}

bool WeakElement::may_be_there_at_last() const {
  if (standing_ > placed_) return true;
  return std::any_of(nodes_.begin(), nodes_.end(), [](const Node& node) {
    return node.adds > 0 && node.last_add_end >= node.last_remove_begin;
  });
}

bool WeakElement::may_be_there(Step begin, uint32_t node) const {
  if (node >= nodes_.size()) return standing_ > 0;
  const Node& own = nodes_[node];
  return standing_ > own.adds || (own.adds > 0 && own.last_add_end >= own.removed.before(begin));
}

void WeakElement::forget_before(Step horizon) {
  acked_.forget_before(horizon);
  for (Node& node : nodes_) {
    node.acked.forget_before(horizon);
    node.removed.forget_before(horizon);
  }
}

}  // namespace vordb::sim
