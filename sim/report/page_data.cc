#include "sim/report/page_data.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace vordb::sim {

namespace {

using Json = nlohmann::json;

// Numbers strings in the order in which they first come.
class Strings {
 public:
  uint64_t add(std::string_view text) {
    const auto [at, added] = numbers_.try_emplace(std::string(text), texts_.size());
    if (added) texts_.push_back(at->first);
    return at->second;
  }
  const Json& texts() const { return texts_; }

 private:
  std::map<std::string, uint64_t> numbers_;
  Json texts_ = Json::array();
};

// The lanes of a run: 0 is its own, then its nodes, then its clients.
uint64_t lane_number(const Story& story, const Lane& lane) {
  switch (lane.kind) {
    case Lane::Kind::kNode:
      return 1 + uint64_t{lane.index};
    case Lane::Kind::kClient:
      return 1 + uint64_t{story.nodes} + lane.index;
    case Lane::Kind::kRun:
      break;
  }
  return 0;
}

// JavaScript counts to 2^53: what never ends is -1.
int64_t end_of(uint64_t end_us) { return end_us == UINT64_MAX ? -1 : int64_t(end_us); }

// Most events carry nothing.
Json digest_of(uint64_t digest) {
  return digest == 0 ? Json(0) : Json(absl::StrCat(absl::Hex(digest, absl::kZeroPad16)));
}

class RunData {
 public:
  RunData(const Story& story, Strings& strings) : story_(story), strings_(strings) {}

  Json build(const std::string& record, const Blame* blame) {
    Json run = {{"record", record},
                {"scenario", story_.scenario},
                // All 64 bits of it, which a number of JavaScript has not.
                {"seed", absl::StrCat(story_.seed)},
                {"nodes", story_.nodes},
                {"clients", story_.clients},
                {"whole", story_.over},
                {"outcome", to_string(story_.outcome)},
                {"parting", story_.parting},
                {"first", story_.events.front().number}};
    run["events"] = events();
    run["messages"] = messages();
    run["notes"] = notes();
    run["faults"] = Json::array();
    for (const StoryFault& fault : story_.faults)
      run["faults"].push_back({strings_.add(fault.kind), strings_.add(fault.what), fault.event,
                               fault.begin_us, fault.end_us});
    run["downs"] = Json::array();
    for (const StoryDown& down : story_.downs)
      run["downs"].push_back(
          {down.node, strings_.add(down.why), down.event, down.begin_us, end_of(down.end_us)});
    run["violations"] = Json::array();
    for (const Violation& violation : story_.violations)
      run["violations"].push_back(
          {to_string(violation.property), violation.step, violation.time_us, violation.text});
    if (blame != nullptr) run["blame"] = blame_of(*blame);
    return run;
  }

 private:
  static Json blame_of(const Blame& blame) {
    Json json = {{"forks", blame.forks}, {"curve", Json::array()}, {"jumps", Json::array()}};
    for (const BlamePoint& point : blame.curve)
      json["curve"].push_back(Json::array({point.event, point.failed}));
    for (const BlameJump& jump : blame.jumps)
      json["jumps"].push_back(Json::array({jump.last.event, text_of(blame, jump)}));
    return json;
  }

  // A column each; numbers that only grow are told by their steps.
  Json events() {
    Json columns = Json::object();
    uint64_t time_us = 0, draws = 0;
    for (const StoryEvent& event : story_.events) {
      columns["cause"].push_back(event.cause);
      columns["time"].push_back(event.time_us - std::exchange(time_us, event.time_us));
      columns["draws"].push_back(event.draws - std::exchange(draws, event.draws));
      columns["lane"].push_back(lane_number(story_, event.lane));
      columns["life"].push_back(event.life);
      columns["shard"].push_back(event.shard);
      columns["kind"].push_back(int(event.kind));
      columns["phase"].push_back(strings_.add(event.phase));
      columns["brought"].push_back(strings_.add(event.brought));
      columns["digest"].push_back(digest_of(event.digest));
    }
    return columns;
  }

  Json messages() {
    const std::vector<bool> in_order = arrived_in_order(story_);
    Json rows = Json::array();
    for (size_t at = 0; at < story_.events.size(); ++at) {
      for (const StoryMessage& message : story_.events[at].arrived)
        rows.push_back(message_row(at, true, in_order[at], message));
      for (const StoryMessage& message : story_.events[at].lost)
        rows.push_back(message_row(at, false, true, message));
    }
    return rows;
  }

  Json message_row(size_t at, bool arrived, bool in_order, const StoryMessage& message) {
    return Json::array({at, int(arrived), int(!in_order), message.from, message.to,
                        int(message.fate), strings_.add(message.name), strings_.add(message.body),
                        message.bytes});
  }

  Json notes() {
    Json rows = Json::array();
    for (const StoryNote& note : story_.beginning)
      rows.push_back(Json::array({-1, strings_.add(note.who.text()), strings_.add(note.what)}));
    for (size_t at = 0; at < story_.events.size(); ++at) {
      for (const StoryNote& note : story_.events[at].notes)
        rows.push_back(Json::array({at, strings_.add(note.who.text()), strings_.add(note.what)}));
    }
    return rows;
  }

  const Story& story_;
  Strings& strings_;
};

template <typename Enum>
Json names_of(int count) {
  Json names = Json::array();
  for (int i = 0; i < count; ++i) names.push_back(to_string(Enum(i)));
  return names;
}

// Inside a script element only the sign < can begin something else than script.
std::string safe_in_script(const std::string& json) {
  std::string safe;
  safe.reserve(json.size());
  for (const char c : json) {
    if (c == '<' || c == '>' || c == '&') {
      absl::StrAppend(&safe, "\\u00", absl::Hex(c, absl::kZeroPad2));
    } else {
      safe += c;
    }
  }
  return safe;
}

absl::Status too_long(const PageRun& run) {
  return absl::InvalidArgumentError(
      absl::StrCat(run.record, ": a page has at most ", kPageEventsMax,
                   " events: choose a part by --from-event and --until, or make the run smaller by "
                   "`vordb-sim shrink`"));
}

}  // namespace

StoryBounds page_bounds(const StoryBounds& asked) {
  const bool fits = asked.until < asked.from + kPageEventsMax;
  return {asked.from, fits ? asked.until : asked.from + kPageEventsMax};
}

absl::StatusOr<std::string> page_data(const std::vector<PageRun>& runs) {
  Strings strings;
  Json page = {{"kinds", names_of<EventKind>(kEventKinds)},
               {"fates", names_of<Fate>(int(Fate::kNobody) + 1)},
               {"runs", Json::array()},
               {"differs", 0}};
  for (const PageRun& run : runs) {
    if (run.story.events.empty())
      return absl::InvalidArgumentError(
          run.record + ": its run has no event there: give other --from-event and --until");
    if (run.story.events.size() > kPageEventsMax) return too_long(run);
    page["runs"].push_back(RunData(run.story, strings).build(run.record, run.blame));
  }
  if (runs.size() == 2) page["differs"] = first_difference(runs[0].story, runs[1].story);
  page["strings"] = strings.texts();
  return safe_in_script(page.dump(-1, ' ', false, Json::error_handler_t::replace));
}

uint64_t first_difference(const Story& a, const Story& b) {
  const size_t shared = std::min(a.events.size(), b.events.size());
  for (size_t at = 0; at < shared; ++at) {
    const StoryEvent& left = a.events[at];
    const StoryEvent& right = b.events[at];
    const bool same =
        left.kind == right.kind && left.lane == right.lane && left.digest == right.digest;
    if (!same) return left.number;
  }
  if (a.events.size() == b.events.size()) return 0;
  return (a.events.size() > shared ? a : b).events[shared].number;
}

std::vector<bool> arrived_in_order(const Story& story) {
  std::vector<bool> in_order(story.events.size(), true);
  std::map<std::pair<uint32_t, uint32_t>, uint64_t> newest;  // of each link: when it was sent
  for (size_t at = 0; at < story.events.size(); ++at) {
    const StoryEvent& event = story.events[at];
    for (const StoryMessage& message : event.arrived) {
      uint64_t& sent = newest[{message.from, message.to}];
      in_order[at] = event.cause >= sent;
      sent = std::max(sent, event.cause);
    }
  }
  return in_order;
}

}  // namespace vordb::sim
