#include "sim/golden.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/ddmin.h"
#include "sim/report/plain_story.h"
#include "sim/shrink_edit.h"
#include "sim/shrink_run.h"
#include "sim/story.h"

namespace vordb::sim {

namespace {

// A run that goes another way than its script meant must end some time.
constexpr uint64_t kEventsMax = 2'000'000;

Attempt run(const Scenario& scenario, uint64_t seed, std::shared_ptr<Script> script) {
  return run_candidate({scenario, std::move(script)}, seed, kEventsMax);
}

// The run as lines, and how it ended.
std::string lines_of(const Attempt& attempt) {
  const Story story = tell_story(attempt.record, attempt.scenario);
  std::string text;
  for (const std::string& line : plain_story(story, kGoldenLinesMax).lines)
    absl::StrAppend(&text, line, "\n");
  return absl::StrCat(text, "ends ", to_string(story.outcome), "\n");
}

// The same without numbers of time.
std::string skeleton_of(const Attempt& attempt) {
  std::string text = lines_of(attempt);
  std::erase_if(text, [](char c) { return '0' <= c && c <= '9'; });
  return text;
}

// What must stay as it is while decisions are left out.
class Essence {
 public:
  explicit Essence(const Attempt& attempt) : property_(property_of(attempt)) {
    if (!property_) skeleton_ = skeleton_of(attempt);
  }
  bool is_in(const Attempt& attempt) const {
    if (property_of(attempt) != property_) return false;
    return property_ || skeleton_of(attempt) == skeleton_;
  }

 private:
  // That was violated first; nothing: none was.
  static std::optional<Property> property_of(const Attempt& attempt) {
    const std::vector<Violation>& violations = attempt.result.findings.violations();
    if (violations.empty()) return std::nullopt;
    return violations[0].property;
  }

  std::optional<Property> property_;
  std::string skeleton_;
};

std::map<std::pair<StreamKind, Decision>, std::vector<Place>> by_kind(const Script& script) {
  std::map<std::pair<StreamKind, Decision>, std::vector<Place>> places;
  for (const auto& [stream, drawn] : script.streams) {
    for (size_t at = 0; at < drawn.size(); ++at)
      places[{stream.kind, drawn[at].decision}].push_back({stream, at});
  }
  return places;
}

// The decisions of a script without those of `out`, to be followed loosely.
std::shared_ptr<Script> without(const Script& script, const std::set<Place>& out) {
  auto rest = std::make_shared<Script>();
  rest->loose = true;
  for (const auto& [stream, drawn] : script.streams) {
    for (size_t at = 0; at < drawn.size(); ++at) {
      if (!out.contains({stream, at})) rest->streams[stream].push_back(drawn[at]);
    }
  }
  return rest;
}

}  // namespace

std::string tell(const Golden& golden) {
  return lines_of(run(golden.scenario, golden.seed, golden.script));
}

absl::StatusOr<Golden> promote(const Record& record, const Scenario& scenario,
                               const std::function<bool()>& go_on) {
  Golden golden;
  golden.scenario = scenario;
  golden.seed = record.run.seed;
  // A record lacks the times of its decisions, by which they are followed loosely.
  const Attempt recorded = run(scenario, golden.seed, record.script);
  if (recorded.record.end != record.end)
    return absl::FailedPreconditionError("its run is not what this code runs, or has no end");
  const Essence essence(recorded);
  const Script& made = recorded.script();
  std::set<Place> out;
  const auto leave_out = [&](std::span<const Place> places) {
    std::set<Place> more = out;
    more.insert(places.begin(), places.end());
    if (!essence.is_in(run(scenario, golden.seed, without(made, more)))) return false;
    out = std::move(more);
    return true;
  };
  if (!leave_out({}))
    return absl::FailedPreconditionError(
        "its run is another one when its decisions are followed loosely: shrink it first");
  // Most kinds of decisions matter nowhere.
  std::vector<Place> left;
  for (const auto& [kind, places] : by_kind(made)) {
    if (!go_on() || !leave_out(places)) left.insert(left.end(), places.begin(), places.end());
  }
  DdminList list;
  list.count = [&] { return left.size(); };
  list.go_on = go_on;
  list.leave_out = [&](size_t begin, size_t end) {
    if (!leave_out(std::span(left).subspan(begin, end - begin))) return false;
    left.erase(left.begin() + ptrdiff_t(begin), left.begin() + ptrdiff_t(end));
    return true;
  };
  ddmin(list);
  if (left.size() > kGoldenDecisionsMax)
    return absl::FailedPreconditionError(
        absl::StrCat(left.size(), " decisions are left, and nobody reads more than ",
                     kGoldenDecisionsMax, ": shrink it first, or give it more time"));
  golden.script = without(made, out);
  golden.told = tell(golden);
  return golden;
}

}  // namespace vordb::sim
