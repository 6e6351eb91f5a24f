#include "server/sim/arguments.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/common/read_bytes.h"
#include "server/sim/output.h"

namespace vordb::server {

namespace {

constexpr size_t kScenarioBytesMax = 1 << 20;

using Override = std::pair<std::string, std::string>;

// "a.b=value" or "/a/b=value" to a JSON pointer and its value.
bool parse_set(const std::string& text, Override& out) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) return false;
  std::string pointer = text.substr(0, equals);
  if (pointer[0] != '/') {
    for (char& c : pointer) {
      if (c == '.') c = '/';
    }
    pointer.insert(pointer.begin(), '/');
  }
  out = {pointer, text.substr(equals + 1)};
  return true;
}

absl::StatusOr<sim::Scenario> load_unnamed(const ScenarioArguments& arguments) {
  std::string text;
  const int failure = read_bytes(arguments.file, kScenarioBytesMax, &text);
  if (failure == EISDIR)
    return absl::InvalidArgumentError("is a folder, not the file of a scenario");
  if (failure == EFBIG)
    return absl::InvalidArgumentError(
        absl::StrCat("is longer than the ", kScenarioBytesMax, " bytes that a scenario may have"));
  if (failure != 0) return absl::NotFoundError("cannot be read");
  std::vector<Override> overrides;
  for (const std::string& set : arguments.sets) {
    overrides.emplace_back();
    if (!parse_set(set, overrides.back()))
      return absl::InvalidArgumentError("--set wants key=value, not " + set);
  }
  return sim::parse_scenario(text, overrides);
}

}  // namespace

void add_scenario(CLI::App& command, ScenarioArguments& arguments) {
  command.add_option("scenario", arguments.file, "A file of scenarios/")->required();
  add_sets(command, arguments.sets);
}

void add_sets(CLI::App& command, std::vector<std::string>& sets) {
  command
      .add_option("--set", sets,
                  "Replaces a value of the scenario: key=value, key as in faults.swarm")
      ->allow_extra_args(false);
}

absl::StatusOr<sim::Scenario> load(const ScenarioArguments& arguments) {
  absl::StatusOr<sim::Scenario> scenario = load_unnamed(arguments);
  if (scenario.ok()) return scenario;
  return absl::Status(scenario.status().code(),
                      absl::StrCat(arguments.file, ": ", scenario.status().message()));
}

bool parse(const EventArguments& arguments, sim::StoryBounds& bounds) {
  if (!arguments.from_event.empty() &&
      !parse_number(arguments.from_event, 1, UINT64_MAX, bounds.from)) {
    usage("--from-event wants the number of an event, not " + arguments.from_event);
    return false;
  }
  const uint64_t first = std::max<uint64_t>(bounds.from, 1);
  if (!arguments.until.empty() && !parse_number(arguments.until, first, UINT64_MAX, bounds.until)) {
    usage(absl::StrCat("--until wants the number of an event from ", first, " on, not ",
                       arguments.until));
    return false;
  }
  return true;
}

std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::strchr("_-./=:,+@%", c) != nullptr;
  });
  if (plain) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string run_command_line(const ScenarioArguments& scenario, uint64_t seed) {
  std::string line = absl::StrCat("vordb-sim run ", shell_word(scenario.file), " --seed ", seed);
  for (const std::string& set : scenario.sets) absl::StrAppend(&line, " --set ", shell_word(set));
  return line;
}

bool parse_option(const char* option, const std::string& text, uint64_t low, uint64_t high,
                  uint64_t& out) {
  if (parse_number(text, low, high, out)) return true;
  usage(absl::StrCat(option, " wants a number from ", low, " to ", high, ", not ", text));
  return false;
}

bool parse_number(std::string_view text, uint64_t low, uint64_t high, uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && low <= out && out <= high;
}

}  // namespace vordb::server
