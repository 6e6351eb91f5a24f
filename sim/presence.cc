#include "sim/presence.h"

#include <algorithm>

#include "core/assert.h"

namespace vordb::sim {

namespace {
constexpr size_t kTidyAbove = 12;
}

Presence::Presence() { candidates_[0].push_back({0, 0, 0, 0, true}); }

Presence::Candidate* Presence::find(uint64_t call, bool& present) {
  for (const int value : {0, 1}) {
    for (Candidate& candidate : candidates_[value]) {
      if (candidate.call == call && !candidate.settled) {
        present = value == 1;
        return &candidate;
      }
    }
  }
  return nullptr;
}

void Presence::began(uint64_t call, bool present, Step begin) {
  candidates_[present].push_back({call, begin, kNever, kNever, false});
}

void Presence::acknowledged(uint64_t call, Span span, Span reach) {
  bool present = false;
  Candidate* candidate = find(call, present);
  VORDB_ASSERT(candidate != nullptr, "only a write that began is acknowledged");
  candidate->end = span.end;
  candidate->reach = std::min(span.end, reach.end);
  candidate->settled = true;
  writes_[present].push_back({std::min(span.begin, reach.begin), span.end});
  tidy();
}

void Presence::refused(uint64_t call) {
  for (auto& list : candidates_) {
    std::erase_if(list, [call](const Candidate& c) { return c.call == call && !c.settled; });
  }
}

void Presence::carried_out(uint64_t call, Step end) {
  bool present = false;
  Candidate* candidate = find(call, present);
  if (candidate != nullptr && !present) candidate->reach = std::min(candidate->reach, end);
}

void Presence::lost_sight(uint64_t call, Step end) {
  bool present = false;
  Candidate* candidate = find(call, present);
  VORDB_ASSERT(candidate != nullptr, "only a write that began can be lost sight of");
  candidate->end = end;
  candidate->reach = std::min(candidate->reach, end);
  candidate->settled = true;
  tidy();
}

void Presence::vanished(Span span, bool surely) {
  candidates_[0].push_back({0, span.begin, span.end, span.end, true});
  if (surely) writes_[0].push_back({span.begin, span.end});
  tidy();
}

Step Presence::latest_begin(const std::vector<Evidence>& list, Step step) {
  Step latest = 0;
  for (const Evidence& evidence : list) {
    if (evidence.end < step) latest = std::max(latest, evidence.begin);
  }
  return latest;
}

bool Presence::explains(bool present, Span span) const {
  const Step after_writes = latest_begin(writes_[!present], span.begin);
  const Step after_sightings = latest_begin(sightings_[!present], span.begin);
  for (const Candidate& candidate : candidates_[present]) {
    if (candidate.begin < span.end && candidate.end >= after_sightings &&
        candidate.reach >= after_writes)
      return true;
  }
  return false;
}

bool Presence::observe(bool present, Span span) {
  const bool explained = explains(present, span);
  sightings_[present].push_back({span.begin, span.end});
  tidy();
  return explained;
}

void Presence::forget_before(Step horizon) { horizon_ = std::max(horizon_, horizon); }

bool Presence::last_known(bool present) const {
  const Step here =
      std::max(latest_begin(writes_[present], kNever), latest_begin(sightings_[present], kNever));
  const Step written = latest_begin(writes_[present], kNever);
  for (const Candidate& other : candidates_[!present]) {
    if (other.end >= here && other.reach >= written && here > 0) return false;
  }
  return here > 0 || !present;
}

void Presence::collapse(std::vector<Evidence>& list, Step horizon) {
  Evidence oldest{0, 0};
  std::erase_if(list, [&](const Evidence& evidence) {
    if (evidence.end >= horizon) return false;
    oldest.begin = std::max(oldest.begin, evidence.begin);
    oldest.end = std::max(oldest.end, evidence.end);
    return true;
  });
  if (oldest.end > 0) list.push_back(oldest);
}

void Presence::tidy() {
  if (size() <= kTidyAbove) return;
  for (const int value : {0, 1}) {
    collapse(writes_[value], horizon_);
    collapse(sightings_[value], horizon_);
  }
  for (const int value : {0, 1}) {
    // Every later observation begins at the horizon or after it, and so comes after this evidence.
    const Step after_writes = latest_begin(writes_[!value], horizon_);
    const Step after_sightings = latest_begin(sightings_[!value], horizon_);
    std::erase_if(candidates_[value], [&](const Candidate& c) {
      return c.settled && (c.end < after_sightings || c.reach < after_writes);
    });
    // Of settled candidates from before the horizon only the ones with the furthest ends matter.
    Step end = 0, reach = 0;
    const auto old = [&](const Candidate& c) { return c.settled && c.begin < horizon_; };
    for (const Candidate& c : candidates_[value]) {
      if (!old(c) || c.end < end) continue;
      reach = c.end > end ? c.reach : std::max(reach, c.reach);
      end = c.end;
    }
    bool kept = false;
    std::erase_if(candidates_[value], [&](const Candidate& c) {
      if (!old(c) || c.end > end || c.reach > reach) return false;
      if (c.end == end && c.reach == reach && !kept) {
        kept = true;
        return false;
      }
      return true;
    });
  }
}

bool Presence::undecided() const {
  const auto open = [](const Candidate& candidate) { return !candidate.settled; };
  return std::any_of(candidates_[0].begin(), candidates_[0].end(), open) ||
         std::any_of(candidates_[1].begin(), candidates_[1].end(), open);
}

size_t Presence::size() const {
  size_t size = 0;
  for (const int value : {0, 1})
    size += candidates_[value].size() + writes_[value].size() + sightings_[value].size();
  return size;
}

}  // namespace vordb::sim
