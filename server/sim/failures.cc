#include "server/sim/failures.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/sim/arguments.h"
#include "sim/promise_text.h"
#include "sim/report/printable.h"
#include "sim/signature.h"

namespace vordb::server {

namespace {

constexpr size_t kSeenMax = 300;

std::string promise_named(const std::string& property) {
  if (const auto named = sim::property_named(property)) return promise_of(*named);
  return "A node never breaks an assertion and never crashes by itself.";
}

Failure failure_of(const SwarmResult::Seed& seed) {
  Failure failure;
  failure.signature = seed.signature;
  failure.property = seed.property;
  failure.promised = promise_named(seed.property);
  failure.seen = seed.seen;
  failure.count = 1;
  failure.seed = seed.seed;
  failure.events = seed.events;
  failure.aborted = seed.hash.empty();
  return failure;
}

}  // namespace

std::vector<Failure> failures_of(const SwarmResult& swarm) {
  std::map<std::string, Failure> by_signature;
  for (const SwarmResult::Seed& seed : swarm.seeds) {
    if (seed.outcome != sim::RunOutcome::kViolation) continue;
    Failure one = failure_of(seed);
    const auto [known, is_new] = by_signature.emplace(seed.signature, one);
    if (is_new) continue;
    one.count = known->second.count + 1;
    const bool faster =
        std::tie(one.events, one.seed) < std::tie(known->second.events, known->second.seed);
    if (faster)
      known->second = std::move(one);
    else
      known->second.count = one.count;
  }
  std::vector<Failure> failures;
  for (auto& [signature, failure] : by_signature) failures.push_back(std::move(failure));
  std::stable_sort(failures.begin(), failures.end(),
                   [](const Failure& a, const Failure& b) { return a.count > b.count; });
  return failures;
}

Failure failure_of(const sim::RunResult& result) {
  const sim::Violation& first = result.findings.violations()[0];
  Failure failure;
  failure.property = to_string(first.property);
  failure.promised = promise_of(first.property);
  failure.seen = first.text;
  failure.signature = signature_of(first.property, first.text);
  failure.seed = result.seed;
  failure.events = result.events;
  return failure;
}

std::string block_of(const Failure& failure, uint64_t runs, const std::string& replay) {
  std::string text = "\nFAILURE " + failure.property;
  if (runs > 0) {
    absl::StrAppend(&text, " in ", failure.count, " of ", runs, " runs");
    if (failure.count > 1) absl::StrAppend(&text, "; the fastest is seed ", failure.seed);
    if (failure.count == 1) absl::StrAppend(&text, ": seed ", failure.seed);
    if (failure.events > 0) absl::StrAppend(&text, ", ", failure.events, " events");
  }
  absl::StrAppend(&text, "\n  promised:  ", failure.promised,
                  "\n  seen:      ", sim::printable(failure.seen, kSeenMax), "\n");
  if (!failure.story.empty()) {
    text += "  story:\n";
    for (const absl::string_view line : absl::StrSplit(failure.story, '\n', absl::SkipEmpty()))
      absl::StrAppend(&text, "    ", line, "\n");
  }
  absl::StrAppend(&text, "  replay:    ", replay, "\n");
  const std::string& kept = failure.small.empty() ? failure.record : failure.small;
  if (!kept.empty())
    absl::StrAppend(&text, "             vordb-sim replay ", shell_word(kept), " --verbose\n");
  absl::StrAppend(&text, "  signature: ", failure.signature, "\n");
  return text;
}

}  // namespace vordb::server
