#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sim/fault_kinds.h"
#include "sim/golden.h"

namespace vordb::sim {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kHead = "VorDB golden script 1";

// A member a line, so that a review sees which has changed.
std::string scenario_lines(const std::string& text) {
  const Json json = Json::parse(text);
  std::string lines;
  for (const auto& [name, value] : json.items())
    absl::StrAppend(&lines, lines.empty() ? "  {" : ",\n   ", Json(name).dump(), ": ",
                    value.dump());
  return lines + "}\n";
}

// Each line behind a mark. What ends without a line's end is given one.
std::string marked(const std::string& mark, const std::string& lines) {
  std::string text;
  for (size_t at = 0; at < lines.size();) {
    const size_t end = std::min(lines.find('\n', at), lines.size());
    absl::StrAppend(&text, mark, lines.substr(at, end - at), "\n");
    at = end + 1;
  }
  return text;
}

// In the order in which they were drawn.
std::vector<Drawn> decisions_of(const Script& script) {
  std::vector<Drawn> all;
  for (const auto& [stream, drawn] : script.streams)
    all.insert(all.end(), drawn.begin(), drawn.end());
  std::sort(all.begin(), all.end(),
            [](const Drawn& a, const Drawn& b) { return a.number < b.number; });
  return all;
}

std::optional<FaultKind> fault_kind_of(std::string_view name) {
  for (int kind = 0; kind < kFaultKinds; ++kind) {
    if (name == to_string(FaultKind(kind))) return FaultKind(kind);
  }
  return std::nullopt;
}

// "1000000 client 5: key 4 of 6", as text_of(Drawn) writes what follows the time.
bool parse_decision(const std::string& line, Drawn& out) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ');
  if (words.size() != 5 && words.size() != 7) return false;
  if (!absl::SimpleAtoi(words[0], &out.time_us)) return false;
  const auto kind = stream_kind_of(words[1]);
  const auto decision = decision_of(words[3]);
  if (!kind || !decision || !words[2].ends_with(':')) return false;
  const std::string index = words[2].substr(0, words[2].size() - 1);
  out.decision = *decision;
  out.stream.kind = *kind;
  if (const auto fault = fault_kind_of(index)) {
    out.stream.index = uint32_t(*fault);
  } else if (!absl::SimpleAtoi(index, &out.stream.index)) {
    return false;
  }
  if (words.size() == 7)
    return words[5] == "of" && absl::SimpleAtoi(words[4], &out.value) &&
           absl::SimpleAtoi(words[6], &out.bound) && out.value < out.bound;
  if (words[4] == "yes" || words[4] == "no") {
    out.bound = 2;
    out.value = words[4] == "yes";
    return true;
  }
  return absl::SimpleAtoi(words[4], &out.value);
}

// Its parts, each under a line with its name.
class Parts {
 public:
  explicit Parts(const std::string& text) : lines_(absl::StrSplit(text, '\n')) {
    if (!lines_.empty() && lines_.back().empty()) lines_.pop_back();
  }

  bool is_at(std::string_view name) const { return at_ < lines_.size() && lines_[at_] == name; }
  bool take(std::string_view name) {
    if (!is_at(name)) return false;
    ++at_;
    return true;
  }
  // The next line, without its mark; nothing: it begins otherwise.
  std::optional<std::string> take_marked(std::string_view mark) {
    if (at_ == lines_.size() || !lines_[at_].starts_with(mark)) return std::nullopt;
    return lines_[at_++].substr(mark.size());
  }
  bool over() const { return at_ == lines_.size(); }

  // Of the line that was taken last, or would come next.
  absl::Status error(const std::string& what, bool last = false) const {
    return absl::InvalidArgumentError(absl::StrCat("line ", at_ + (last ? 0 : 1), ": ", what));
  }

 private:
  std::vector<std::string> lines_;
  size_t at_ = 0;
};

}  // namespace

std::string write_golden(const Golden& golden) {
  std::string text = absl::StrCat(kHead, "\n");
  absl::StrAppend(&text, marked("# ", golden.about));
  absl::StrAppend(&text, "scenario\n", scenario_lines(golden.scenario.text), "seed ", golden.seed,
                  "\ndecisions\n");
  for (const Drawn& drawn : decisions_of(*golden.script))
    absl::StrAppend(&text, "  ", drawn.time_us, " ", text_of(drawn), "\n");
  absl::StrAppend(&text, "told\n", marked("  ", golden.told));
  return text;
}

absl::StatusOr<Golden> read_golden(std::string_view text) {
  Parts parts{std::string(text)};
  Golden golden;
  golden.script->loose = true;
  if (!parts.take(kHead)) return parts.error(absl::StrCat("must be \"", kHead, "\""));
  while (const auto line = parts.take_marked("# ")) absl::StrAppend(&golden.about, *line, "\n");
  if (!parts.take("scenario")) return parts.error("must be \"scenario\"");
  std::string json;
  while (const auto line = parts.take_marked("  ")) absl::StrAppend(&json, *line, "\n");
  absl::StatusOr<Scenario> scenario = parse_scenario(json);
  if (!scenario.ok())
    return parts.error(absl::StrCat("the scenario above: ", scenario.status().message()), true);
  golden.scenario = *std::move(scenario);
  const auto seed = parts.take_marked("seed ");
  if (!seed || !absl::SimpleAtoi(*seed, &golden.seed))
    return parts.error("must be \"seed\" and a number", seed.has_value());
  if (!parts.take("decisions")) return parts.error("must be \"decisions\"");
  uint64_t number = 0;
  while (const auto line = parts.take_marked("  ")) {
    Drawn drawn;
    if (!parse_decision(*line, drawn))
      return parts.error(
          "is no decision: a time in us, a stream, a name and a value, as in "
          "\"1000000 client 5: key 4 of 6\"",
          true);
    drawn.number = number++;
    golden.script->streams[drawn.stream].push_back(drawn);
  }
  if (!parts.take("told")) return parts.error("must be a decision, or \"told\"");
  while (const auto line = parts.take_marked("  ")) absl::StrAppend(&golden.told, *line, "\n");
  if (!parts.over()) return parts.error("must be a line of what was told, after two spaces");
  return golden;
}

}  // namespace vordb::sim
