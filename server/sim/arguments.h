// Arguments that several commands of vordb-sim take: a scenario with what replaces parts of it, and
// which events of a run are meant.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "absl/status/statusor.h"
#include "sim/scenario.h"
#include "sim/story.h"

namespace vordb::server {

struct ScenarioArguments {
  std::string file;
  std::vector<std::string> sets;  // key=value
};
void add_scenario(CLI::App& command, ScenarioArguments& arguments);
void add_sets(CLI::App& command, std::vector<std::string>& sets);
// The message of an error begins with the file.
absl::StatusOr<sim::Scenario> load(const ScenarioArguments& arguments);

struct EventArguments {
  std::string from_event;
  std::string until;
};
// What was not given stays. False: it was told why not.
bool parse(const EventArguments& arguments, sim::StoryBounds& bounds);

// As a word of a shell's command line, in quotes where it must be.
std::string shell_word(const std::string& text);
// The command line that makes this run again.
std::string run_command_line(const ScenarioArguments& scenario, uint64_t seed);

inline constexpr uint64_t kJobsMax = 256;
inline constexpr uint64_t kSecondsMax = 1'000'000;

// The number that an option was given, from `low` to `high`. False: it was told that it is none.
bool parse_option(const char* option, const std::string& text, uint64_t low, uint64_t high,
                  uint64_t& out);

// All of `text` is a number from `low` to `high`, in decimal digits.
bool parse_number(std::string_view text, uint64_t low, uint64_t high, uint64_t& out);

}  // namespace vordb::server
