#include "server/sim/known_bug.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sim/findings.h"
#include "sim/scenario.h"

namespace vordb::server {

namespace {

constexpr const char* kHeaders[] = {"Rule", "Red", "Equivalent", "Scenario", "Property"};

using Headers = std::map<std::string, std::string, std::less<>>;

absl::Status wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

absl::StatusOr<Headers> headers_of(std::string_view patch) {
  Headers headers;
  std::istringstream lines{std::string(patch)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("diff ")) return headers;
    const size_t colon = line.find(": ");
    const std::string name = line.substr(0, colon);
    const bool known = std::any_of(std::begin(kHeaders), std::end(kHeaders),
                                   [&](const char* header) { return name == header; });
    if (colon == std::string::npos || !known)
      return wrong(absl::StrCat("wants lines of ", absl::StrJoin(kHeaders, ", "),
                                ", each with a colon and a text, before the diff, not \"", line,
                                "\""));
    if (!headers.emplace(name, line.substr(colon + 2)).second)
      return wrong(absl::StrCat("has two lines of ", name));
  }
  return wrong("holds no diff: a line must begin with \"diff \"");
}

// "three-node-crashes duration_ms=4000".
absl::Status read_scenario(const std::string& text, KnownBug& bug) {
  std::istringstream stream(text);
  std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
  const std::vector<std::string> known = sim::registered_scenarios();
  if (words.empty() || std::find(known.begin(), known.end(), words[0]) == known.end())
    return wrong(
        absl::StrCat("Scenario: \"", text, "\" begins with none of ", absl::StrJoin(known, ", ")));
  bug.scenario = words[0];
  words.erase(words.begin());
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == word.size())
      return wrong(absl::StrCat("Scenario: wants key=value, not \"", word, "\""));
  }
  bug.sets = std::move(words);
  return absl::OkStatus();
}

absl::Status read_properties(const std::string& text, KnownBug& bug) {
  std::istringstream stream(text);
  for (std::string name; std::getline(stream, name, ',');) {
    name.erase(0, name.find_first_not_of(' '));
    if (!names_property(name))
      return wrong(absl::StrCat("Property: \"", name, "\" is no property of sim/findings.h, nor \"",
                                kAssertion, "\""));
    bug.properties.push_back(name);
  }
  return absl::OkStatus();
}

}  // namespace

bool names_property(std::string_view name) {
  return name == kAssertion || sim::property_named(name).has_value();
}

absl::StatusOr<KnownBug> read_known_bug(const std::string& name, std::string_view patch) {
  const absl::StatusOr<Headers> read = headers_of(patch);
  if (!read.ok()) return read.status();
  const Headers& headers = *read;
  const auto has = [&](const char* header) { return headers.find(header) != headers.end(); };
  if (!has("Rule") || headers.at("Rule").empty())
    return wrong("lacks \"Rule: \" with what is taken out");
  if (!has("Red") && !has("Equivalent") && !has("Scenario"))
    return wrong("lacks \"Scenario: \", \"Red: \" or \"Equivalent: \": nothing has to notice");
  if (has("Equivalent") && (has("Red") || has("Scenario")))
    return wrong("\"Equivalent: \" says that nothing can notice, another line what must");
  if (has("Scenario") != has("Property"))
    return wrong("\"Scenario: \" and \"Property: \" come together or not at all");
  KnownBug bug;
  bug.name = name;
  bug.rule = headers.at("Rule");
  if (!has("Scenario")) return bug;
  if (const absl::Status status = read_scenario(headers.at("Scenario"), bug); !status.ok())
    return status;
  if (const absl::Status status = read_properties(headers.at("Property"), bug); !status.ok())
    return status;
  return bug;
}

std::string scenario_of(const KnownBug& bug) {
  return absl::StrCat(bug.scenario, bug.sets.empty() ? "" : " ", absl::StrJoin(bug.sets, " "));
}

std::string short_rule(const KnownBug& bug, size_t width) {
  std::string text = bug.rule;
  if (const size_t colon = text.find(": "); text.starts_with("Rule ") && colon < 12)
    text.replace(0, colon + 2, text.substr(5, colon - 5) + " ");
  if (text.size() <= width) return text;
  return text.substr(0, text.rfind(' ', width - 2)) + " .";
}

}  // namespace vordb::server
