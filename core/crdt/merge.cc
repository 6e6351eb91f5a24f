#include "core/crdt/merge.h"

#include <algorithm>
#include <tuple>

namespace vordb::crdt {

namespace {

// Keeps one live dot: the highest of a register by (hlc, dot), of a counter entry by dot. Elements
// and meta keep all.
void keep_highest(EntryKind kind, Entry& entry) {
  if (entry.live.size() < 2 || kind == EntryKind::kElement || kind == EntryKind::kMeta) return;
  const auto highest = std::max_element(
      entry.live.begin(), entry.live.end(), [&](const LiveDot& a, const LiveDot& b) {
        if (kind == EntryKind::kCounter) return a.dot < b.dot;
        return std::tie(a.payload.hlc, a.dot) < std::tie(b.payload.hlc, b.dot);
      });
  LiveDot kept = std::move(*highest);
  entry.live.clear();
  entry.live.push_back(std::move(kept));
}

Baseline join(const Baseline& a, const Baseline& b) {
  if (a.birth != b.birth) return a.birth > b.birth ? a : b;
  return Baseline{a.birth, std::max(a.p, b.p), std::max(a.n, b.n),
                  std::max(a.reset_hlc, b.reset_hlc)};
}

// A baseline whose totals are gone, or of an earlier birth than they, says nothing any more. An
// owner that had dropped the entry has none, so to keep it here would leave two owners with
// different bytes: for ever, when a copy of the reset comes late.
void forget_stale_baseline(Entry& entry) {
  if (entry.live.empty() || entry.baseline.birth < entry.live.back().payload.birth)
    entry.baseline = {};
}

}  // namespace

Entry merge(EntryKind kind, const Filled& ours, const Filled& theirs) {
  Entry merged;
  auto a = ours.entry.live.begin();
  auto b = theirs.entry.live.begin();
  while (a != ours.entry.live.end() || b != theirs.entry.live.end()) {
    const bool a_ended = a == ours.entry.live.end();
    const bool b_ended = b == theirs.entry.live.end();
    if (b_ended || (!a_ended && a->dot < b->dot)) {
      if (!theirs.has_seen(a->dot)) merged.live.push_back(*a);
      ++a;
    } else if (a_ended || b->dot < a->dot) {
      if (!ours.has_seen(b->dot)) merged.live.push_back(*b);
      ++b;
    } else {
      // One dot has one payload; should two ever differ, both sides still choose the same one.
      merged.live.push_back(LiveDot{a->dot, std::max(a->payload, b->payload)});
      ++a;
      ++b;
    }
  }
  keep_highest(kind, merged);
  merged.context = ours.entry.context;
  merged.context.join(theirs.entry.context);
  merged.context.join(theirs.base);
  merged.baseline = join(ours.entry.baseline, theirs.entry.baseline);
  forget_stale_baseline(merged);
  return merged;
}

}  // namespace vordb::crdt
