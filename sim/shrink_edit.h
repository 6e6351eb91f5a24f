// What the shrinker changes in the decisions of a run, so that something is left out of it and the
// rest stays where it was.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "sim/shrink_run.h"

namespace vordb::sim {

// Each of these that is not 0 is a fault that can be left out.
inline constexpr Decision kFaultDecisions[] = {
    Decision::kStrikes,   Decision::kLose,    Decision::kBreak,
    Decision::kDouble,    Decision::kReorder, Decision::kWriteFails,
    Decision::kReadFails, Decision::kRots,    Decision::kDiskStalls};
// And a call.
inline constexpr Decision kCallDecisions[] = {Decision::kAsks, Decision::kSendsBehind};

// Those of these decisions that are not 0, stream by stream. The rest of a client that asks no more
// is none.
std::vector<Place> places_of(const Script& script, std::span<const Decision> decisions);
// In the order in which they were drawn.
void sort_by_time(const Script& script, std::vector<Place>& places);
uint64_t sum_of(const Script& script, std::span<const Decision> decisions);

// A script to be followed loosely.
std::shared_ptr<Script> loose(const Script& script);
// With other values in these places.
std::shared_ptr<Script> changed(const Script& script, std::span<const Place> places,
                                const std::function<uint64_t(uint64_t)>& to);
// Without these calls: places of kAsks, or of kSendsBehind. The other calls of the same client
// begin when they did.
std::shared_ptr<Script> without_calls(const Script& script, std::span<const Place> calls);
// Without the time from `begin_us` to `end_us`: what waits through it waits less.
std::shared_ptr<Script> without_time(const Script& script, uint64_t begin_us, uint64_t end_us);
// Links are numbered by how many machines there are.
std::shared_ptr<Script> with_machines(const Script& script, uint32_t before, uint32_t after);
// Calls of the buckets behind it go to the same buckets as before.
std::shared_ptr<Script> without_bucket(const Script& script, uint32_t bucket);

}  // namespace vordb::sim
