#include "sim/weak_counter.h"

namespace vordb::sim {

void WeakCounter::add_began(int64_t amount) { all_.add(amount, UINT64_MAX); }

void WeakCounter::add_refused(int64_t amount) {
  --all_.calls;
  (amount < 0 ? all_.minus : all_.plus) -= amount;
}

void WeakCounter::add_acknowledged(int64_t amount, Span span, uint32_t node, uint32_t nodes,
                                   uint64_t timestamp_ms, bool counts) {
  const bool placed = node < nodes;
  if (placed && nodes_.empty()) nodes_.resize(nodes);
  if (placed) nodes_[node].ever.add(amount, timestamp_ms);
  // A reset that is still open takes this back as it ends.
  if (!counts || span.begin <= last_reset_end_) return;
  sum_.add(amount, timestamp_ms);
  acked_.know(span.end, sum_);
  if (!placed) return;
  nodes_[node].sum.add(amount, timestamp_ms);
  nodes_[node].acked.know(span.end, nodes_[node].sum);
}

void WeakCounter::reset_began(uint64_t call, uint32_t node) {
  open_resets_.push_back({call, node, node < nodes_.size() ? nodes_[node].ever : Sum{}});
}

bool WeakCounter::is_open(uint64_t call) const {
  return std::any_of(open_resets_.begin(), open_resets_.end(),
                     [call](const Reset& reset) { return reset.call == call; });
}

WeakCounter::Reset WeakCounter::take(uint64_t call) {
  Reset taken{};
  std::erase_if(open_resets_, [&](const Reset& reset) {
    if (reset.call != call) return false;
    taken = reset;
    return true;
  });
  return taken;
}

void WeakCounter::reset_acknowledged(uint64_t call, Span span, uint32_t node) {
  const Reset reset = take(call);
  doubted(span.end);
  if (node < nodes_.size() && node == reset.node && nodes_[node].taken < reset.ever)
    nodes_[node].taken = reset.ever;
}

void WeakCounter::reset_refused(uint64_t call) { take(call); }

void WeakCounter::reset_carried_out(uint64_t call, Step end) {
  if (!is_open(call)) return;
  take(call);
  doubted(end);
}

void WeakCounter::doubted(Step end) {
  last_reset_end_ = std::max(last_reset_end_, end);
  sum_ = Sum{};
  acked_.clear();
  for (Node& node : nodes_) {
    node.sum = Sum{};
    node.acked.clear();
  }
}

WeakCounter::Sum WeakCounter::added_before(Step begin) const {
  return open_resets_.empty() ? acked_.before(begin) : Sum{};
}

WeakCounter::Sum WeakCounter::added_before(Step begin, uint32_t node) const {
  return open_resets_.empty() && node < nodes_.size() ? nodes_[node].acked.before(begin) : Sum{};
}

bool WeakCounter::may_show(int64_t value, const Sum& floor, bool at_last) const {
  Sum possible = all_;
  if (at_last) {
    for (const Node& node : nodes_) {
      possible.plus -= node.taken.plus;
      possible.minus -= node.taken.minus;
    }
  }
  const int64_t low = floor.plus + possible.minus;
  const int64_t high = possible.plus + floor.minus;
  return all_.calls > 0 && value >= low && value <= high;
}

bool WeakCounter::surely_gone() const {
  uint64_t taken = 0;
  for (const Node& node : nodes_) taken += node.taken.calls;
  return all_.calls > 0 && taken == all_.calls;
}

void WeakCounter::forget_before(Step horizon) {
  acked_.forget_before(horizon);
  for (Node& node : nodes_) node.acked.forget_before(horizon);
}

}  // namespace vordb::sim
