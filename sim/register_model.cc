#include "sim/register_model.h"

#include <algorithm>

#include "core/assert.h"

namespace vordb::sim {

namespace {
constexpr size_t kTidyAboveMin = 16;
}

void RegisterModel::put_began(uint64_t call, Step begin, Deadline deadline) {
  clusters_.push_back({call, true, false, true, kNever, begin, kNever, deadline});
}

void RegisterModel::delete_began(uint64_t call, Step begin) {
  clusters_.push_back({call, false, false, true, kNever, begin, kNever, {}});
  absences_.push_back({call, begin, kNever});
}

void RegisterModel::acknowledged(uint64_t call, Span span, Deadline deadline) {
  for (Cluster& cluster : clusters_) {
    if (cluster.call != call) continue;
    cluster.first_end = std::min(cluster.first_end, span.end);
    cluster.reach = span.end;
    cluster.open = false;
    cluster.deadline = deadline;
  }
  for (Absence& absence : absences_) {
    if (absence.call == call) absence.end = span.end;
  }
  tidy();
}

bool RegisterModel::refused(uint64_t call) {
  const bool seen = std::any_of(clusters_.begin(), clusters_.end(), [call](const Cluster& c) {
    return c.call == call && c.first_end != kNever;
  });
  std::erase_if(clusters_, [call](const Cluster& c) { return c.call == call; });
  std::erase_if(absences_, [call](const Absence& a) { return a.call == call; });
  return !seen;
}

void RegisterModel::carried_out(uint64_t call, Deadline deadline) {
  for (Cluster& cluster : clusters_) {
    if (cluster.call == call) cluster.deadline = deadline;
  }
}

void RegisterModel::lost_sight(uint64_t call, Step end, Deadline deadline) {
  for (Cluster& cluster : clusters_) {
    if (cluster.call != call) continue;
    cluster.unknown = true;
    cluster.open = false;
    cluster.reach = end;
    cluster.deadline = deadline;
    // A read has shown it: then it took effect, and no later than `end`.
    if (cluster.first_end != kNever) cluster.first_end = std::min(cluster.first_end, end);
  }
  for (Absence& absence : absences_) {
    if (absence.call == call) absence.end = end;
  }
  tidy();
}

void RegisterModel::dropped(Span span, bool surely) {
  absences_.push_back({0, span.begin, span.end});
  if (surely) clusters_.push_back({0, false, false, false, span.end, span.begin, span.end, {}});
  tidy();
}

bool RegisterModel::conflicts(const Cluster& cluster, bool with_values_only) const {
  for (const Cluster& other : clusters_) {
    if (with_values_only && !other.value) continue;
    if (&other == &cluster || (cluster.call != 0 && other.call == cluster.call)) continue;
    if (cluster.first_end < other.last_begin && other.first_end < cluster.last_begin) return true;
  }
  return false;
}

const RegisterModel::Cluster* RegisterModel::find(uint64_t put) const {
  for (const Cluster& cluster : clusters_) {
    if (cluster.call == put && cluster.value) return &cluster;
  }
  return nullptr;
}

RegisterModel::Verdict RegisterModel::read_value(uint64_t put, Span span, NowBounds now) {
  Cluster* cluster = const_cast<Cluster*>(find(put));
  if (cluster == nullptr || cluster->last_begin > span.end) return Verdict::kNeverWritten;
  cluster->first_end = std::min({cluster->first_end, span.end, cluster->reach});
  cluster->last_begin = std::max(cluster->last_begin, span.begin);
  if (conflicts(*cluster, false)) return Verdict::kStale;
  const bool expired =
      cluster->deadline.high_ms != kNever && cluster->deadline.high_ms < now.low_ms;
  return expired ? Verdict::kExpired : Verdict::kFits;
}

bool RegisterModel::absent_for_a_reason(Span span) const {
  Step after = 0;  // values that surely took effect before the span did so no earlier than this
  for (const Cluster& cluster : clusters_) {
    if (cluster.value && cluster.first_end < span.begin)
      after = std::max(after, cluster.last_begin);
  }
  return std::any_of(absences_.begin(), absences_.end(), [&](const Absence& absence) {
    return absence.begin < span.end && absence.end >= after;
  });
}

bool RegisterModel::may_be_absent(Span span, NowBounds now) const {
  if (absent_for_a_reason(span)) return true;
  for (const Cluster& cluster : clusters_) {
    if (!cluster.value || cluster.deadline.low_ms == kNever ||
        cluster.deadline.low_ms > now.high_ms)
      continue;
    Cluster seen = cluster;
    seen.first_end = std::min({seen.first_end, span.end, seen.reach});
    seen.last_begin = std::max(seen.last_begin, span.begin);
    // Absences in between are no objection: it was expired then.
    if (!conflicts(seen, true)) return true;
  }
  return false;
}

bool RegisterModel::may_be_there(Span span, NowBounds now) const {
  for (const Cluster& cluster : clusters_) {
    if (!cluster.value) continue;
    if (cluster.deadline.high_ms != kNever && cluster.deadline.high_ms < now.low_ms) continue;
    Cluster seen = cluster;
    seen.first_end = std::min({seen.first_end, span.end, seen.reach});
    seen.last_begin = std::max(seen.last_begin, span.begin);
    if (!conflicts(seen, false)) return true;
  }
  return false;
}

RegisterModel::Verdict RegisterModel::read_nothing(Span span, NowBounds now) {
  if (!may_be_absent(span, now)) return Verdict::kNoReason;
  clusters_.push_back({0, false, false, false, span.end, span.begin, span.end, {}});
  // Whatever the reason was, it goes for later reads too, until a value comes.
  absences_.push_back({0, span.begin, span.end});
  const bool stale = conflicts(clusters_.back(), false);
  tidy();
  return stale ? Verdict::kStale : Verdict::kFits;
}

bool RegisterModel::last_known(bool value) const {
  Step newest = 0;
  bool newest_is_value = false;
  for (const Cluster& cluster : clusters_) {
    if (cluster.first_end != kNever && cluster.last_begin >= newest) {
      newest = cluster.last_begin;
      newest_is_value = cluster.value;
    }
  }
  if (newest == 0 || newest_is_value != value) return false;
  return std::none_of(clusters_.begin(), clusters_.end(), [&](const Cluster& cluster) {
    return cluster.value != value && cluster.reach >= newest;
  });
}

bool RegisterModel::has_unknown() const {
  return std::any_of(clusters_.begin(), clusters_.end(),
                     [](const Cluster& cluster) { return cluster.unknown; });
}

bool RegisterModel::surely_expired(NowBounds now) const {
  bool any = false;
  for (const Cluster& cluster : clusters_) {
    if (!cluster.value) continue;
    if (cluster.deadline.high_ms == kNever || cluster.deadline.high_ms >= now.low_ms) return false;
    any = true;
  }
  return any;
}

void RegisterModel::forget_before(Step horizon) { horizon_ = std::max(horizon_, horizon); }

void RegisterModel::tidy() {
  if (size() <= tidy_above_) return;
  // Later spans begin at the horizon or after it. A cluster that ended before the horizon, with
  // another surely after it that ended before the horizon too, can be part of no order any more if
  // it is seen again.
  const auto doomed = [&](const Cluster& cluster) {
    const Step start = std::min(cluster.first_end, cluster.reach);
    if (cluster.open || start >= horizon_) return false;
    return std::any_of(clusters_.begin(), clusters_.end(), [&](const Cluster& other) {
      return &other != &cluster && other.last_begin > start && other.first_end < horizon_;
    });
  };
  Step after = 0;
  for (const Cluster& cluster : clusters_) {
    if (cluster.value && cluster.first_end < horizon_) after = std::max(after, cluster.last_begin);
  }
  std::erase_if(absences_, [&](const Absence& absence) { return absence.end < after; });
  std::vector<Cluster> kept;
  for (const Cluster& cluster : clusters_) {
    if (!doomed(cluster)) kept.push_back(cluster);
  }
  clusters_ = std::move(kept);
  // Of the reasons that ended before the horizon the last one stands for all.
  Step last = 0;
  for (const Absence& absence : absences_) {
    if (absence.end < horizon_) last = std::max(last, absence.end);
  }
  bool one = false;
  std::erase_if(absences_, [&](const Absence& absence) {
    if (absence.end >= horizon_) return false;
    const bool keep = absence.end == last && !one;
    one |= keep;
    return !keep;
  });
  tidy_above_ = std::max(kTidyAboveMin, 2 * size());
}

}  // namespace vordb::sim
