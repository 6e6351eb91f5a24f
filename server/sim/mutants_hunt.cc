#include "server/sim/mutants_hunt.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/common/read_bytes.h"
#include "server/sim/exit_code.h"
#include "server/sim/process.h"
#include "server/sim/stopwatch.h"

namespace vordb::server {

namespace {

using Json = nlohmann::json;

constexpr uint64_t kFirstChunk = 10;
constexpr uint64_t kChunkMax = 160;
// So many failures of other properties, and none that the patch names: its header is wrong.
constexpr uint64_t kOthersMax = 20;
constexpr double kRunSeconds = 120;
constexpr size_t kJsonBytesMax = 256 << 20;

Json json_of(const std::string& file) {
  std::string text;
  if (read_bytes(file, kJsonBytesMax, &text) != 0) return {};
  const Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json() : json;
}

std::string first_line_of(const std::string& file) {
  std::string text;
  read_bytes(file, kJsonBytesMax, &text);
  return text.substr(0, text.find('\n'));
}

std::vector<std::string> words_of(const std::string& program, const std::string& command,
                                  const KnownBug& bug, const Hunt& where,
                                  const std::vector<std::string>& more) {
  std::vector<std::string> words = {program, command, where.scenario};
  for (const std::string& set : bug.sets) {
    words.emplace_back("--set");
    words.push_back(set);
  }
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

class Hunter {
 public:
  Hunter(const KnownBug& bug, const Hunt& where) : bug_(bug), where_(where) {}

  Found hunt() {
    for (uint64_t chunk = kFirstChunk; go_on(); chunk = std::min(2 * chunk, kChunkMax)) {
      if (!run_chunk(chunk)) break;
    }
    found_.seconds = std::min(since_.seconds(), found_at_);
    conclude();
    return std::move(found_);
  }

 private:
  bool named(const std::string& property) const {
    return std::find(bug_.properties.begin(), bug_.properties.end(), property) !=
           bug_.properties.end();
  }

  uint64_t failures() const {
    uint64_t sum = 0;
    for (const auto& [property, seeds] : found_.failed) sum += seeds;
    return sum;
  }

  bool go_on() const {
    return found_.outcome != Found::Outcome::kFound && failures() < kOthersMax &&
           since_.seconds() < where_.seconds;
  }

  std::vector<std::string> command_of(const std::string& command,
                                      const std::vector<std::string>& more) const {
    return words_of(where_.program, command, bug_, where_, more);
  }

  // False: nothing came of it.
  bool run_chunk(uint64_t chunk) {
    const uint64_t first = where_.first_seed + tried_;
    const std::vector<std::string> command =
        command_of("swarm", {"--seeds", absl::StrCat(first, "..", first + chunk - 1), "--jobs",
                             absl::StrCat(where_.jobs), "--keep", "", "--json"});
    const std::string out = where_.folder + "/swarm.json", err = where_.folder + "/swarm.log";
    const CommandEnd end = execute({command, out, err, where_.seconds - since_.seconds()});
    const Json swarm = json_of(out);
    if (!swarm.is_object()) {
      found_.why = end.code < 0 ? end.why : first_line_of(err);
      return false;
    }
    tried_ += chunk;
    ran_ += swarm["runs"].get<uint64_t>();
    for (const Json& seed : swarm["seeds"]) {
      if (seed["outcome"] == "VIOLATION") take(seed["seed"], seed["why"]);
    }
    if (found_.outcome == Found::Outcome::kFound) found_at_ = since_.seconds();
    return true;
  }

  // They come in order.
  void take(uint64_t seed, const std::string& why) {
    const std::string property = property_of(why);
    if (property.empty()) return;
    ++found_.failed[property];
    const bool better =
        found_.outcome != Found::Outcome::kFound && (named(property) || found_.property.empty());
    if (!better) return;
    found_.property = property;
    found_.violation = why;
    found_.seed = seed;
    found_.seeds = seed - where_.first_seed + 1;
    found_.outcome = named(property) ? Found::Outcome::kFound : Found::Outcome::kOtherwise;
  }

  void conclude() {
    if (found_.property.empty()) {
      found_.seeds = ran_;
      if (found_.why.empty())
        found_.why =
            absl::StrCat("no violation in the ", ran_, " seeds from ", where_.first_seed, " on");
      return;
    }
    if (const std::string why = objection_to_whole(bug_, where_, found_.seed); !why.empty()) {
      found_.outcome = Found::Outcome::kFalsely;
      found_.why = why;
      return;
    }
    if (found_.outcome == Found::Outcome::kOtherwise)
      found_.why = absl::StrCat("found by ", found_.property, ", its header names ",
                                absl::StrJoin(bug_.properties, ", "));
    if (found_.property == kAssertion) {
      found_.no_story = "a run that aborts leaves no record that could be shrunk";
      return;
    }
    found_.no_story = tell_story();
  }

  // Empty: told.
  std::string tell_story() {
    const std::string record = where_.folder + "/run.rec", out = where_.folder + "/shrink.json",
                      err = where_.folder + "/shrink.log";
    const std::vector<std::string> run =
        command_of("run", {"--seed", absl::StrCat(found_.seed), "--record", record});
    if (execute({run, out, err, kRunSeconds}).code != kExitViolation)
      return absl::StrCat("seed ", found_.seed, " does not fail again when it is recorded");
    const std::vector<std::string> shrink = {
        where_.program,
        "shrink",
        record,
        "-o",
        where_.folder + "/small.rec",
        "--seconds",
        absl::StrCat(std::max<uint64_t>(uint64_t(where_.shrink_seconds), 1)),
        "--json"};
    const CommandEnd end = execute({shrink, out, err, where_.shrink_seconds + kRunSeconds});
    const Json json = json_of(out);
    if (end.code != kExitPass || !json.is_object())
      return "shrink: " + (end.code < 0 ? end.why : first_line_of(err));
    found_.events_before = json["events"]["before"];
    found_.events = json["events"]["after"];
    found_.faults = json["faults"]["after"];
    found_.calls = json["calls"]["after"];
    found_.minimal = json["minimal"];
    return "";
  }

  const KnownBug& bug_;
  const Hunt& where_;
  const Stopwatch since_;
  uint64_t tried_ = 0;  // where the next chunk begins
  uint64_t ran_ = 0;    // fewer when the time was over
  double found_at_ = 1e9;
  Found found_;
};

}  // namespace

const char* to_string(Found::Outcome outcome) {
  switch (outcome) {
    case Found::Outcome::kFound:
      return "found";
    case Found::Outcome::kOtherwise:
      return "found otherwise";
    case Found::Outcome::kNotFound:
      return "NOT FOUND";
    case Found::Outcome::kFalsely:
      return "found falsely";
    case Found::Outcome::kNotBuilt:
      return "not built";
  }
  return "";
}

std::string property_of(std::string_view why) {
  const std::string_view name = why.substr(0, why.find(':'));
  if (name != kAssertion && names_property(name)) return std::string(name);
  return why.starts_with("the process ended by signal") ? kAssertion : "";
}

Found hunt(const KnownBug& bug, const Hunt& where) { return Hunter(bug, where).hunt(); }

std::string objection_to_whole(const KnownBug& bug, const Hunt& where, uint64_t seed) {
  const std::vector<std::string> run =
      words_of(where.whole, "run", bug, where, {"--seed", absl::StrCat(seed)});
  const std::string out = where.folder + "/whole.txt", err = where.folder + "/whole.log";
  const CommandEnd end = execute({run, out, err, kRunSeconds});
  if (end.code == kExitPass || end.code == kExitUnderTested) return "";
  const std::string said = end.code < 0 ? end.why : first_line_of(out) + first_line_of(err);
  return absl::StrCat(scenario_of(bug), " seed ", seed, " does not pass without a bug: ", said);
}

}  // namespace vordb::server
