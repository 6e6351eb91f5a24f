#include "server/sim/debug_session.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/sim/event_text.h"
#include "server/sim/write_file.h"

namespace vordb::server {

namespace {

using nlohmann::json;
using sim::Debugger;
using sim::Lane;
using sim::StoryEvent;

constexpr size_t kValueMax = 200;    // bytes of a field in a list of fields
constexpr size_t kChangeMax = 4000;  // and of one that has changed, of which less is shown
constexpr size_t kAround = 30;       // bytes that are alike, before and behind a change
constexpr size_t kPlannedMax = 20;   // events, where no number was given
constexpr size_t kChainMax = 30;
constexpr uint64_t kPrintedMax = 50;  // events that `next` prints

std::optional<uint64_t> number_of(const std::string& text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

json json_of(const sim::StoryMessage& message) {
  return {{"from", message.from},
          {"to", message.to},
          {"fate", to_string(message.fate)},
          {"name", message.name},
          {"body", message.body}};
}

json json_of(const StoryEvent& event) {
  json out = {{"event", event.number},         {"cause", event.cause},
              {"time_us", event.time_us},      {"lane", event.lane.name()},
              {"kind", to_string(event.kind)}, {"phase", event.phase},
              {"brought", event.brought}};
  if (event.lane.kind == Lane::Kind::kNode) out["shard"] = event.shard;
  for (const sim::StoryMessage& message : event.arrived) out["message"] = json_of(message);
  for (const sim::StoryMessage& message : event.lost) out["lost"].push_back(json_of(message));
  for (const sim::StoryNote& note : event.notes)
    out["notes"].push_back({{"who", note.who.text()}, {"what", note.what}});
  return out;
}

std::string dump(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

// Of two long values what differs, with a little of what is around it.
void narrow(std::string& before, std::string& after) {
  const size_t shorter = std::min(before.size(), after.size());
  size_t front = 0, back = 0;
  while (front < shorter && before[front] == after[front]) ++front;
  while (back < shorter - front &&
         before[before.size() - 1 - back] == after[after.size() - 1 - back])
    ++back;
  for (std::string* text : {&before, &after}) {
    if (back > kAround) text->replace(text->size() - (back - kAround), std::string::npos, "...");
    if (front > kAround) text->replace(0, front - kAround, "...");
  }
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

}  // namespace

struct DebugSession::Command {
  const char* name;
  const char* short_name;
  const char* arguments;
  const char* meaning;
  size_t wants;  // words, at least
  void (DebugSession::*does)(Words);
};

const DebugSession::Command DebugSession::kCommands[] = {
    {"next", "n", "[COUNT]", "handles the next event, or so many", 0, &DebugSession::next},
    {"back", "b", "[COUNT]", "goes back before the last event, or so many", 0, &DebugSession::back},
    {"goto", "g", "EVENT", "goes to where this event was just handled; 0: the beginning", 1,
     &DebugSession::go_to},
    {"run", "r", "", "goes to the end, or to the violation", 0, &DebugSession::run},
    {"find", "f", "TEXT", "goes to the next event whose lines hold the text", 1,
     &DebugSession::find},
    {"show", "s", "", "the last event, with all that belongs to it", 0, &DebugSession::show},
    {"diff", "d", "", "what it changed, before -> after", 0, &DebugSession::changes},
    {"why", "w", "", "what led to it, back to the beginning", 0, &DebugSession::why},
    {"state", "st", "NODE [ACTOR]", "the fields of a node's actors, such as: state 1 vnode 3/5", 1,
     &DebugSession::state},
    {"planned", "p", "[COUNT]", "what is to come, with the numbers that `lose` takes", 0,
     &DebugSession::planned},
    {"lose", "l", "NUMBER", "the planned message will be lost: another future", 1,
     &DebugSession::lose},
    {"keep", "k", "NUMBER", "it will arrive after all", 1, &DebugSession::keep},
    {"outcome", "o", "", "how the run ends from here; it stays where it is", 0,
     &DebugSession::outcome},
    {"save", "", "FILE", "writes the record of the run as it goes on from here", 1,
     &DebugSession::save},
    {"help", "h", "", "these lines", 0, &DebugSession::help},
    {"quit", "q", "", "ends the session", 0, nullptr}};

DebugSession::DebugSession(const sim::Record& record, const sim::Scenario& scenario, bool json,
                           std::ostream& out)
    : debugger_(record, scenario), scenario_(scenario), json_(json), out_(out) {}

void DebugSession::refuse(const std::string& why) {
  if (json_) {
    out_ << dump({{"ok", false}, {"error", why}});
  } else {
    out_ << why << "\n";
  }
}

bool DebugSession::take(const std::string& line) {
  std::vector<std::string> words = words_of(line);
  if (words.empty()) return true;
  const std::string name = words[0];
  words.erase(words.begin());
  for (const Command& command : kCommands) {
    if (name != command.name && name != command.short_name) continue;
    if (command.does == nullptr) return false;
    if (words.size() < command.wants) {
      refuse(absl::StrCat(command.name, " wants ", command.arguments));
    } else {
      (this->*command.does)(words);
    }
    out_ << std::flush;
    return true;
  }
  refuse(absl::StrCat("there is no command ", name, "; `help` lists them"));
  out_ << std::flush;
  return true;
}

void DebugSession::greet() {
  if (json_) return;
  out_ << scenario_.name << ": " << debugger_.world().where() << "; `help` lists the commands\n"
       << std::flush;
}

void DebugSession::help(Words) {
  json list = json::array();
  for (const Command& command : kCommands) {
    if (json_) {
      list.push_back({{"name", command.name},
                      {"short", command.short_name},
                      {"arguments", command.arguments},
                      {"meaning", command.meaning}});
      continue;
    }
    std::string left = absl::StrCat(command.name, " ", command.arguments);
    left.resize(std::max<size_t>(left.size() + 1, 22), ' ');
    std::string shorter = command.short_name;
    shorter.resize(4, ' ');
    out_ << left << shorter << command.meaning << "\n";
  }
  if (json_) out_ << dump({{"ok", true}, {"commands", list}});
}

void DebugSession::tell_last() {
  const std::vector<sim::Violation>& violations = debugger_.world().violations();
  if (json_) {
    json out = {{"ok", true},
                {"event", debugger_.event()},
                {"over", debugger_.over()},
                {"branched", debugger_.branched()},
                {"where", debugger_.world().where()}};
    if (debugger_.last()) out["last"] = json_of(*debugger_.last());
    for (const sim::Violation& violation : violations)
      out["violations"].push_back(
          {{"property", to_string(violation.property)}, {"text", violation.text}});
    out_ << dump(out);
    return;
  }
  out_ << (debugger_.last() ? line_of(*debugger_.last()) : "the beginning") << "\n";
  if (!debugger_.over()) return;
  for (const sim::Violation& violation : violations)
    out_ << "violated " << to_string(violation.property) << ": " << violation.text << "\n";
  out_ << "the run is over\n";
}

void DebugSession::next(Words words) {
  const std::optional<uint64_t> count = words.empty() ? 1 : number_of(words[0]);
  if (!count) return refuse("next wants a number of events, not " + words[0]);
  const uint64_t end = debugger_.event() + *count;
  // Few are shown one by one.
  while (!json_ && *count <= kPrintedMax && debugger_.event() + 1 < end && !debugger_.over()) {
    debugger_.go_to(debugger_.event() + 1);
    if (!debugger_.over()) out_ << line_of(*debugger_.last()) << "\n";
  }
  if (!debugger_.over()) debugger_.go_to(end);
  tell_last();
}

void DebugSession::back(Words words) {
  const std::optional<uint64_t> count = words.empty() ? 1 : number_of(words[0]);
  if (!count) return refuse("back wants a number of events, not " + words[0]);
  debugger_.go_to(debugger_.event() - std::min(debugger_.event(), *count));
  tell_last();
}

void DebugSession::go_to(Words words) {
  const std::optional<uint64_t> event = number_of(words[0]);
  if (!event) return refuse("goto wants the number of an event, not " + words[0]);
  debugger_.go_to(*event);
  tell_last();
}

void DebugSession::run(Words) {
  debugger_.go_to_end();
  tell_last();
}

void DebugSession::find(Words words) {
  std::string text = words[0];
  for (size_t i = 1; i < words.size(); ++i) text += " " + words[i];
  const std::optional<uint64_t> found = debugger_.find(
      [&](const StoryEvent& event) { return text_of(event).find(text) != std::string::npos; });
  if (!found) return refuse(absl::StrCat("no later event has ", text));
  debugger_.go_to(*found);
  tell_last();
}

void DebugSession::show(Words) {
  if (json_ || !debugger_.last()) return tell_last();
  out_ << text_of(*debugger_.last());
}

void DebugSession::fields(const std::vector<Debugger::Field>& fields) {
  json list = json::array();
  for (const Debugger::Field& field : fields) {
    const std::string actor = sim::name_of(field.actor);
    if (json_) {
      list.push_back(
          {{"node", field.node}, {"actor", actor}, {"field", field.name}, {"value", field.value}});
      if (!field.before.empty()) list.back()["before"] = field.before;
      continue;
    }
    out_ << "n" << field.node << " " << actor << " " << field.name << ": ";
    if (!field.before.empty()) out_ << field.before << " -> ";
    out_ << field.value << "\n";
  }
  if (json_) out_ << dump({{"ok", true}, {"fields", list}});
}

void DebugSession::changes(Words) {
  std::vector<Debugger::Field> changed = debugger_.changes(kChangeMax);
  for (Debugger::Field& field : changed) narrow(field.before, field.value);
  fields(changed);
}

void DebugSession::state(Words words) {
  std::string node = words[0];
  if (node[0] == 'n') node.erase(0, 1);
  const std::optional<uint64_t> index = number_of(node);
  if (!index || *index >= debugger_.world().nodes())
    return refuse(absl::StrCat("state wants a node from 0 to ", debugger_.world().nodes() - 1,
                               ", not ", words[0]));
  std::string actor;
  for (size_t i = 1; i < words.size(); ++i) absl::StrAppend(&actor, i > 1 ? " " : "", words[i]);
  std::vector<Debugger::Field> found = debugger_.state(uint32_t(*index), kValueMax);
  std::erase_if(found, [&](const Debugger::Field& field) {
    return !actor.empty() && sim::name_of(field.actor) != actor;
  });
  if (found.empty())
    return refuse(debugger_.world().node(uint32_t(*index)).up() ? "no such actor: " + actor
                                                                : "the node does not run");
  fields(found);
}

void DebugSession::why(Words) {
  json list = json::array();
  for (const uint64_t event : debugger_.causes(kChainMax)) {
    const std::optional<StoryEvent> told = debugger_.tell(event);
    if (json_) {
      list.push_back(json_of(*told));
    } else {
      out_ << line_of(*told) << "\n";
    }
  }
  if (json_) out_ << dump({{"ok", true}, {"events", list}});
}

void DebugSession::planned(Words words) {
  const std::optional<uint64_t> count = words.empty() ? kPlannedMax : number_of(words[0]);
  if (!count) return refuse("planned wants a number of events, not " + words[0]);
  json list = json::array();
  uint64_t shown = 0;
  for (const Debugger::Planned& one : debugger_.planned()) {
    if (++shown > *count) break;
    const std::string lane = lane_of(one.event).name();
    if (json_) {
      list.push_back({{"number", one.id},
                      {"time_us", one.event.time_us},
                      {"lane", lane},
                      {"kind", to_string(one.event.kind)},
                      {"cause", one.event.cause},
                      {"carries", one.carries},
                      {"lost", one.is_lost}});
      continue;
    }
    out_ << one.id << "  " << one.event.time_us << " us  " << lane << " "
         << to_string(one.event.kind) << (one.carries.empty() ? "" : ": ") << one.carries
         << (one.is_lost ? " (will be lost)" : "") << "\n";
  }
  if (json_) out_ << dump({{"ok", true}, {"planned", list}});
}

void DebugSession::lose(Words words) {
  const std::optional<uint64_t> id = number_of(words[0]);
  if (!id) return refuse("lose wants a number that `planned` shows, not " + words[0]);
  if (const absl::Status done = debugger_.lose(*id); !done.ok())
    return refuse(std::string(done.message()));
  outcome({});
}

void DebugSession::keep(Words words) {
  const std::optional<uint64_t> id = number_of(words[0]);
  if (!id) return refuse("keep wants a number that `planned` shows, not " + words[0]);
  if (const absl::Status done = debugger_.keep(*id); !done.ok())
    return refuse(std::string(done.message()));
  outcome({});
}

void DebugSession::outcome(Words) {
  const sim::RunResult result = debugger_.branch().result;
  if (json_) {
    json out = {{"ok", true},
                {"outcome", to_string(result.outcome)},
                {"events", result.events},
                {"hash", result.hash.hex()},
                {"branched", debugger_.branched()}};
    for (const sim::Violation& violation : result.findings.violations())
      out["violations"].push_back(
          {{"property", to_string(violation.property)}, {"text", violation.text}});
    out_ << dump(out);
    return;
  }
  out_ << "ends with " << to_string(result.outcome) << " after " << result.events << " events\n";
  for (const sim::Violation& violation : result.findings.violations())
    out_ << "violated " << to_string(violation.property) << ": " << violation.text << "\n";
}

void DebugSession::save(Words words) {
  const Debugger::Branch branch = debugger_.branch();
  if (const std::string why = write_whole(words[0], branch.bytes); !why.empty()) return refuse(why);
  if (json_) {
    out_ << dump({{"ok", true}, {"record", words[0]}, {"hash", branch.result.hash.hex()}});
  } else {
    out_ << words[0] << ": " << branch.result.events << " events, ends with "
         << to_string(branch.result.outcome) << "\n";
  }
}

const char* const* DebugSession::words() {
  static const std::vector<const char*> names = [] {
    std::vector<const char*> list;
    for (const Command& command : kCommands) list.push_back(command.name);
    list.push_back(nullptr);
    return list;
  }();
  return names.data();
}

}  // namespace vordb::server
