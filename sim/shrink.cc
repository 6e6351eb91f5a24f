#include "sim/shrink.h"

#include <algorithm>
#include <set>
#include <utility>

#include "sim/shrink_edit.h"

namespace vordb::sim {

namespace {

// So often everything is tried again, because what was needed by something that is gone may not be
// needed any more.
constexpr int kRoundsMax = 20;
// Of a run of no more, what is less likely to help is tried too.
constexpr uint64_t kEventsFew = 20'000;
// Whom a fault befalls, and who is asked.
constexpr Decision kWhom[] = {Decision::kOrder, Decision::kTarget, Decision::kCutPlace,
                              Decision::kMachine, Decision::kNode};
// The last of up to 16 choices, whatever their number: one less than a multiple of all of those.
constexpr uint64_t kLastOfFew = 720'719;

}  // namespace

Shrunk shrink(Attempt first, const ShrinkOptions& options) {
  Shrinker shrinker(std::move(first), options);
  const bool minimal = shrinker.all();
  const uint64_t runs = shrinker.runs();
  return {shrinker.take(), runs, minimal};
}

Shrinker::Shrinker(Attempt first, const ShrinkOptions& options)
    : options_(options),
      best_(std::move(first)),
      size_(size_of(best_)),
      events_least_(size_.events) {}

bool Shrinker::all() {
  for (int i = 0; i < kRoundsMax; ++i) {
    changed_ = false;
    if (!round()) return false;
    if (!changed_) return true;
  }
  return false;
}

// What takes most away comes first, so that the runs that follow are short.
bool Shrinker::round() {
  return leave_out_kinds() && leave_out_calls() && leave_out_faults() && leave_out_time() &&
         leave_out_machines() && leave_out_clients() && make_shorter() && leave_out_buckets() &&
         lessen_waits() && make_plain();
}

void Shrinker::begin(const char* part) {
  part_ = part;
  if (options_.progress) options_.progress(part_, size_, runs_);
}

bool Shrinker::is_smaller(const Attempt& attempt, const Measure& measure) const {
  if (!options_.fails(attempt.result)) return false;
  const ShrinkSize size = size_of(attempt);
  return size.faults <= size_.faults && size.operations <= size_.operations &&
         size.machines <= size_.machines && measure(attempt) < measure(best_);
}

bool Shrinker::take_if_smaller(const Candidate& candidate, const Measure& measure) {
  ++runs_;
  if (options_.progress) options_.progress(part_, size_, runs_);
  const uint64_t seed = best_.record.run.seed;
  const auto smaller = [&] {
    return is_smaller(run_candidate(candidate, seed, events_max()), measure);
  };
  if (options_.apart && !options_.apart(smaller)) return false;
  Attempt attempt = run_candidate(candidate, seed, events_max());
  if (!is_smaller(attempt, measure)) return false;
  best_ = std::move(attempt);
  size_ = size_of(best_);
  events_least_ = std::min(events_least_, size_.events);
  changed_ = true;
  return true;
}

bool Shrinker::take_settings(const Overrides& overrides, const Measure& measure,
                             std::shared_ptr<Script> script) {
  auto scenario = parse_scenario(best_.scenario.text, overrides);
  if (!scenario.ok()) return false;
  if (script == nullptr) script = loose(best_.script());
  return take_if_smaller({*std::move(scenario), std::move(script)}, measure);
}

// ---- faults

bool Shrinker::leave_out_kinds() {
  begin("kinds of faults");
  const auto settings_of = [](const Scenario& scenario) {
    std::vector<std::string> names;
    for (int number = 0; number < kFaultKinds; ++number) {
      const FaultKind kind = FaultKind(number);
      const bool on = kind == FaultKind::kAimedCrash ? scenario.faults.aimed_per_million > 0
                                                     : scenario.faults.every_ms[size_t(kind)] > 0;
      if (on) names.push_back("/faults/" + setting_of(kind));
    }
    if (scenario.faults.odd_knobs_max > 0) names.emplace_back("/faults/odd_knobs_max");
    if (scenario.faults.sites_per_million > 0) names.emplace_back("/faults/sites_per_million");
    return names;
  };
  const auto kinds = [&](const Attempt& attempt) {
    return uint64_t(settings_of(attempt.scenario).size());
  };
  DdminList list;
  list.count = [&] { return settings_of(best_.scenario).size(); };
  list.leave_out = [&](size_t begin, size_t end) {
    const std::vector<std::string> names = settings_of(best_.scenario);
    Overrides overrides;
    for (size_t i = begin; i < end; ++i) overrides.emplace_back(names[i], "0");
    return take_settings(overrides, kinds);
  };
  list.go_on = options_.go_on;
  return ddmin(list);
}

bool Shrinker::leave_out_faults() {
  begin("faults");
  const auto places = [this] { return places_of(best_.script(), kFaultDecisions); };
  const Measure faults = [](const Attempt& attempt) { return size_of(attempt).faults; };
  DdminList list;
  list.count = [&] { return size_t(size_.faults); };
  list.leave_out = [&](size_t begin, size_t end) {
    const std::vector<Place> all = places();
    return take_if_smaller(
        {best_.scenario, changed(best_.script(), std::span(all).subspan(begin, end - begin),
                                 [](uint64_t) { return 0; })},
        faults);
  };
  list.go_on = options_.go_on;
  return ddmin(list);
}

bool Shrinker::fails_without(std::span<const Place> faults) {
  ++runs_;
  return options_.fails(
      run_candidate({best_.scenario, changed(best_.script(), faults, [](uint64_t) { return 0; })},
                    best_.record.run.seed, events_max())
          .result);
}

// ---- what there is

bool Shrinker::leave_out_machines() {
  begin("machines");
  const Measure machines = [](const Attempt& attempt) { return uint64_t(attempt.result.nodes); };
  const Scenario::Nodes& nodes = best_.scenario.nodes;
  const auto of = [&](uint32_t count, uint32_t spare) {
    const Overrides overrides = {
        {"/nodes/count", std::to_string(count)},
        {"/nodes/spare", std::to_string(spare)},
        {"/nodes/least", std::to_string(std::min(count, best_.scenario.nodes.least))}};
    const std::shared_ptr<Script> script =
        with_machines(best_.script(), best_.result.nodes, count + spare);
    if (take_settings(overrides, machines, script)) return true;
    if (size_.events > kEventsFew) return false;
    // What befell the one that is gone may befall another.
    const std::vector<Place> whom = places_of(*script, kWhom);
    for (const uint64_t choice : {uint64_t{0}, kLastOfFew}) {
      if (take_settings(overrides, machines,
                        changed(*script, whom, [choice](uint64_t) { return choice; })))
        return true;
    }
    return false;
  };
  for (uint32_t spare = 0; spare < nodes.spare; ++spare) {
    if (!options_.go_on()) return false;
    if (of(nodes.count, spare)) break;
  }
  for (uint32_t count = 1; count < nodes.count; ++count) {
    if (!options_.go_on()) return false;
    if (of(count, nodes.spare)) break;
  }
  return true;
}

// Those with the highest numbers; the others stay with their nodes if they did.
bool Shrinker::leave_out_clients() {
  begin("clients");
  const Measure clients = [](const Attempt& attempt) {
    return uint64_t(attempt.scenario.workload.clients);
  };
  const uint32_t count = best_.scenario.workload.clients;
  const uint64_t sticky = best_.scenario.workload.sticky_per_million;
  const uint64_t stay = (sticky * count + 999'999) / 1'000'000;
  for (uint32_t fewer = 1; fewer < count; fewer = fewer < 4 ? fewer + 1 : fewer * 5 / 4) {
    if (!options_.go_on()) return false;
    const uint64_t rate =
        stay == 0 ? 0 : std::min<uint64_t>((stay - 1) * 1'000'000 / fewer + 1, 1'000'000);
    if (take_settings({{"/clients/count", std::to_string(fewer)},
                       {"/clients/sticky_per_million", std::to_string(rate)}},
                      clients))
      break;
  }
  return true;
}

bool Shrinker::leave_out_calls() {
  begin("calls");
  const Measure calls = [](const Attempt& attempt) { return size_of(attempt).operations; };
  const auto places = [this] { return places_of(best_.script(), kCallDecisions); };
  DdminList list;
  list.go_on = options_.go_on;
  // All of some clients, then those of some time.
  const auto clients = [&] {
    std::set<uint32_t> asking;
    for (const Place& place : places()) asking.insert(place.stream.index);
    // The highest first: what is left then may do with fewer clients.
    return std::vector<uint32_t>(asking.rbegin(), asking.rend());
  };
  list.count = [&] { return clients().size(); };
  list.leave_out = [&](size_t begin, size_t end) {
    const std::vector<uint32_t> asking = clients();
    std::vector<Place> gone = places();
    std::erase_if(gone, [&](const Place& place) {
      const size_t at =
          size_t(std::find(asking.begin(), asking.end(), place.stream.index) - asking.begin());
      return at < begin || at >= end;
    });
    return take_if_smaller({best_.scenario, without_calls(best_.script(), gone)}, calls);
  };
  if (!ddmin(list)) return false;
  list.count = [&] { return size_t(size_.operations); };
  list.leave_out = [&](size_t begin, size_t end) {
    std::vector<Place> all = places();
    sort_by_time(best_.script(), all);
    return take_if_smaller(
        {best_.scenario, without_calls(best_.script(), std::span(all).subspan(begin, end - begin))},
        calls);
  };
  return ddmin(list);
}

}  // namespace vordb::sim
