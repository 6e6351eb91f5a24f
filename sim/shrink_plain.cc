// What the shrinker makes shorter and plainer once little is left: settings, waits, and every value
// that need not be what it was.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/shrink.h"
#include "sim/shrink_edit.h"

namespace vordb::sim {

namespace {

using Json = nlohmann::json;

// How long clients, faults and operators wait. Less is sooner.
constexpr Decision kWaits[] = {
    Decision::kRest,          Decision::kThinkTime, Decision::kFaultDue,    Decision::kDuration,
    Decision::kRestartWait,   Decision::kRetryWait, Decision::kFirstStart,  Decision::kFirstThought,
    Decision::kFormFaultsEnd, Decision::kStartWait, Decision::kOperatorWait};

// What a call need not have, whom it need not go to, and what need not take long; in the order in
// which they are tried. 0 is the plainest.
constexpr Decision kPlain[] = {Decision::kHangsUp,         Decision::kIsImpatient,
                               Decision::kRepeats,         Decision::kSwitchesNode,
                               Decision::kForgetsContext,  Decision::kManyElements,
                               Decision::kHasLimit,        Decision::kHasAfter,
                               Decision::kHasToken,        Decision::kGivesContext,
                               Decision::kAsksForQuorum,   Decision::kAims,
                               Decision::kRestartIsLate,   Decision::kLastsLong,
                               Decision::kHolds,           Decision::kIsEverywhere,
                               Decision::kStepIsFar,       Decision::kDelayIsLong,
                               Decision::kReadIsLate,      Decision::kSlowDelay,
                               Decision::kReorderDelay,    Decision::kTarget,
                               Decision::kOrder,           Decision::kCutPlace,
                               Decision::kMachine,         Decision::kNode,
                               Decision::kBucket,          Decision::kKey,
                               Decision::kElement,         Decision::kAmount,
                               Decision::kDelay,           Decision::kWriteTime,
                               Decision::kReadTime,        Decision::kLocalDelay,
                               Decision::kCompletionDelay, Decision::kRequestDelay,
                               Decision::kReplyDelay,      Decision::kDisconnectDelay,
                               Decision::kTurnLength,      Decision::kAimedDelay,
                               Decision::kGroupsKept,      Decision::kOperatorDelay};

// There may be tens of thousands of one kind, and each is worth little.
constexpr size_t kParts = 16;

uint64_t decisions_of(const Attempt& attempt) { return attempt.result.draws; }

}  // namespace

bool Shrinker::lessen(std::span<const Decision> decisions, uint64_t divisor, size_t parts) {
  const auto places = [&] { return places_of(best_.script(), decisions); };
  const Measure sum = [&](const Attempt& attempt) { return sum_of(attempt.script(), decisions); };
  DdminList list;
  list.count = [&] { return places().size(); };
  list.leave_out = [&](size_t begin, size_t end) {
    const std::vector<Place> all = places();
    return take_if_smaller(
        {best_.scenario,
         changed(best_.script(), std::span(all).subspan(begin, end - begin),
                 [divisor](uint64_t value) { return divisor == 0 ? 0 : value / divisor; })},
        sum);
  };
  list.go_on = options_.go_on;
  list.least = (list.count() + parts - 1) / parts;
  return ddmin(list);
}

// Slices of the time from the first call to the end.
bool Shrinker::leave_out_time() {
  begin("time");
  uint64_t since_us = best_.result.simulated_us;
  for (const auto& [stream, drawn] : best_.script().streams) {
    for (const Drawn& one : drawn) {
      if (one.decision == Decision::kAsks) since_us = std::min(since_us, one.time_us);
    }
  }
  const uint64_t slice_us = (best_.result.simulated_us - since_us) / (4 * kParts) + 1;
  const Measure time_us = [](const Attempt& attempt) { return attempt.result.simulated_us; };
  DdminList list;
  list.count = [&] { return size_t((best_.result.simulated_us - since_us) / slice_us); };
  list.leave_out = [&](size_t begin, size_t end) {
    return take_if_smaller(
        {best_.scenario,
         without_time(best_.script(), since_us + begin * slice_us, since_us + end * slice_us)},
        time_us);
  };
  list.go_on = options_.go_on;
  return ddmin(list);
}

bool Shrinker::lessen_waits() {
  begin("waits");
  return lessen(kWaits, 0, 4 * kParts) && lessen(kWaits, 2, 4 * kParts);
}

bool Shrinker::make_plain() {
  begin("plainer values");
  for (const Decision& decision : kPlain) {
    if (!lessen(std::span(&decision, 1), 0, kParts)) return false;
  }
  return true;
}

bool Shrinker::make_shorter() {
  begin("settings");
  const auto take = [this](const char* name, uint64_t value) {
    if (!options_.go_on()) return false;
    take_settings({{name, std::to_string(value)}}, decisions_of);
    return true;
  };
  // A run that fails under load never sees the end of it.
  const uint64_t duration_ms = best_.scenario.duration_ms;
  if (best_.result.simulated_us >= duration_ms * 1000) {
    for (const uint64_t eighths : {1, 4, 6, 7}) {
      if (!take("/duration_ms", std::max<uint64_t>(duration_ms * eighths / 8, 1))) return false;
      if (best_.scenario.duration_ms < duration_ms) break;
    }
    if (best_.scenario.settle_ms > 0 && !take("/settle_ms", 0)) return false;
  }
  const NodeOptions& node = best_.scenario.node;
  return (node.shards == 1 || take("/node/shards", 1)) &&
         (node.ring_size == 1 || take("/node/ring_size", 1)) &&
         (node.scrub_interval_ms == 0 || take("/node/scrub_interval_ms", 0));
}

bool Shrinker::leave_out_buckets() {
  begin("buckets");
  const Measure buckets = [](const Attempt& attempt) {
    return uint64_t(attempt.scenario.workload.buckets.size());
  };
  for (size_t bucket = best_.scenario.workload.buckets.size(); bucket-- > 0;) {
    if (!options_.go_on()) return false;
    if (best_.scenario.workload.buckets.size() == 1) break;
    Json json = Json::parse(best_.scenario.text);
    json["buckets"].erase(bucket);
    auto scenario = parse_scenario(json.dump());
    if (!scenario.ok()) continue;
    take_if_smaller({*std::move(scenario), without_bucket(best_.script(), uint32_t(bucket))},
                    buckets);
  }
  // Every key is read in the end.
  for (size_t bucket = 0; bucket < best_.scenario.workload.buckets.size(); ++bucket) {
    if (best_.scenario.workload.buckets[bucket].keys == 1) continue;
    if (!options_.go_on()) return false;
    take_settings({{"/buckets/" + std::to_string(bucket) + "/keys", "1"}}, decisions_of);
  }
  return true;
}

}  // namespace vordb::sim
