#include "sim/export/perfetto.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/export/reading.h"

namespace vordb::sim {

namespace {

using Json = nlohmann::json;

constexpr uint64_t kNs = 1000;  // of a microsecond

// Events take no time; a slice of none would not be seen.
constexpr uint64_t kSliceNs = 20 * kNs;

// Thread numbers are unique over all processes: viewers sort and select by them.
constexpr uint64_t kThreads = 100'000;
constexpr uint64_t kRunProcess = 1;
constexpr uint64_t kClientProcess = 2;
constexpr uint64_t kFirstNodeProcess = 3;

struct Track {
  uint64_t process = kRunProcess;
  uint64_t thread = kRunProcess * kThreads;
};
constexpr Track kPhases{kRunProcess, kRunProcess* kThreads + 1};

Track track_of(const StoryEvent& event) {
  switch (event.lane.kind) {
    case Lane::Kind::kNode: {
      const uint64_t process = kFirstNodeProcess + event.lane.index;
      return {process, process * kThreads + event.shard};
    }
    case Lane::Kind::kClient:
      return {kClientProcess, kClientProcess * kThreads + event.lane.index};
    case Lane::Kind::kRun:
      break;
  }
  return {};
}

std::string process_name(const StoryEvent& event) {
  switch (event.lane.kind) {
    case Lane::Kind::kNode:
      return absl::StrCat("node ", event.lane.index);
    case Lane::Kind::kClient:
      return "clients";
    case Lane::Kind::kRun:
      break;
  }
  return "run";
}

std::string thread_name(const StoryEvent& event) {
  switch (event.lane.kind) {
    case Lane::Kind::kNode:
      return absl::StrCat("shard ", event.shard);
    case Lane::Kind::kClient:
      return absl::StrCat("client ", event.lane.index);
    case Lane::Kind::kRun:
      break;
  }
  return "faults and checks";
}

Json notes_of(const std::vector<StoryNote>& notes) {
  Json result = Json::array();
  for (const StoryNote& note : notes) result.push_back(note.who.text() + ": " + note.what);
  return result;
}

struct Span {
  uint64_t begin_ns = 0;
  uint64_t length_ns = 0;
};

std::string microseconds(uint64_t ns) {
  char text[40];
  std::snprintf(text, sizeof text, "%llu.%03llu", static_cast<unsigned long long>(ns / kNs),
                static_cast<unsigned long long>(ns % kNs));
  return text;
}

// Slices of a thread must not overlap. Events of one thread at one moment, which may be hundreds,
// are spread over its microsecond in their order; no slice is longer than until the next.
std::vector<Span> spans_of(const Story& story) {
  std::map<std::pair<uint64_t, uint64_t>, uint64_t> crowds;  // by thread and moment
  std::vector<uint64_t> places;                              // of each event in its crowd
  for (const StoryEvent& event : story.events)
    places.push_back(crowds[{track_of(event).thread, event.time_us}]++);
  std::vector<Span> spans(story.events.size());
  std::map<uint64_t, uint64_t> next_ns;  // by thread
  for (size_t i = spans.size(); i-- > 0;) {
    const StoryEvent& event = story.events[i];
    const uint64_t thread = track_of(event).thread;
    const uint64_t crowd = crowds[{thread, event.time_us}];
    spans[i] = {event.time_us * kNs + places[i] * kNs / crowd, kSliceNs};
    if (const auto next = next_ns.find(thread); next != next_ns.end())
      spans[i].length_ns = std::min(kSliceNs, next->second - spans[i].begin_ns);
    next_ns[thread] = spans[i].begin_ns;
  }
  return spans;
}

class Document {
 public:
  explicit Document(const Story& story)
      : story_(story),
        arrows_(arrows_of(story)),
        sent_(story.events.size()),
        ended_(story.events.size()) {
    for (const Arrow& arrow : arrows_) {
      ended_[index_of(story, *arrow.ended)].push_back(&arrow);
      if (arrow.sent && arrow.fate == Fate::kArrived)
        sent_[index_of(story, *arrow.sent)].push_back(&arrow);
    }
  }

  std::string text() {
    name_tracks();
    for (const StoryPhase& phase : phases_of(story_))
      add_slice({phase.first->time_us * kNs, (phase.end_us - phase.first->time_us) * kNs}, kPhases,
                {{"cat", "phase"}, {"name", phase.name}});
    add_faults();
    const std::vector<Span> spans = spans_of(story_);
    for (size_t i = 0; i < story_.events.size(); ++i) add_event(i, spans[i]);
    for (const Violation& violation : story_.violations)
      add("i", violation.time_us * kNs, {},
          {{"cat", "violation"},
           {"name", absl::StrCat("violated ", to_string(violation.property))},
           {"s", "g"},
           {"args", {{"event", violation.step}, {"text", violation.text}}}});
    const Json about = {{"run", title_of(story_)}, {"beginning", notes_of(story_.beginning)}};
    return absl::StrCat("{\"traceEvents\":[\n", lines_, "\n],\n\"displayTimeUnit\":\"ns\",\n",
                        "\"otherData\":", dump(about), "}\n");
  }

 private:
  static std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  void add_line(const std::string& line) {
    absl::StrAppend(&lines_, lines_.empty() ? "" : ",\n", line);
  }

  // `json` has fields already. Times are put before them as text: they are exact fractions.
  void add(const char* what, uint64_t time_ns, const Track& track, Json json) {
    place(absl::StrCat("\"ts\":", microseconds(time_ns)), what, track, std::move(json));
  }

  void add_slice(const Span& span, const Track& track, Json json) {
    place(absl::StrCat("\"ts\":", microseconds(span.begin_ns),
                       ",\"dur\":", microseconds(span.length_ns)),
          "X", track, std::move(json));
  }

  void place(const std::string& times, const char* what, const Track& track, Json json) {
    json["ph"] = what;
    json["pid"] = track.process;
    json["tid"] = track.thread;
    add_line(absl::StrCat("{", times, ",", dump(json).substr(1)));
  }

  void name(const char* what, const Track& track, const std::string& name) {
    add_line(dump({{"ph", "M"},
                   {"name", what},
                   {"pid", track.process},
                   {"tid", track.thread},
                   {"args", {{"name", name}}}}));
  }

  // Only those that something happens on.
  void name_tracks() {
    std::map<uint64_t, const StoryEvent*> first;
    for (const StoryEvent& event : story_.events) first.emplace(track_of(event).thread, &event);
    name("process_name", kPhases, "run");
    name("thread_name", kPhases, "phases");
    uint64_t process = kRunProcess;
    for (const auto& [thread, event] : first) {
      const Track track = track_of(*event);
      if (track.process != process) name("process_name", track, process_name(*event));
      process = track.process;
      name("thread_name", track, thread_name(*event));
    }
  }

  void add_faults() {
    uint64_t id = 0;
    for (const StoryFault* fault : faults_within(story_)) {
      const Json key = {
          {"cat", "fault"}, {"name", fault->kind}, {"id", absl::StrCat("fault", ++id)}};
      Json begin = key;
      begin["args"] = {{"event", fault->event}, {"what", fault->what}};
      add("b", fault->begin_us * kNs, {}, std::move(begin));
      add("e", fault->end_us * kNs, {}, key);
    }
  }

  // Flows stand right behind their slice: a viewer binds them to the one that is open then.
  void add_event(size_t index, const Span& span) {
    const StoryEvent& event = story_.events[index];
    const Track track = track_of(event);
    Json args = {{"number", event.number},
                 {"cause", event.cause},
                 {"phase", event.phase},
                 {"draws", event.draws},
                 {"life", event.life}};
    if (!event.brought.empty()) args["brought"] = event.brought;
    if (!event.arrived.empty()) args["message"] = event.arrived[0].body;
    if (!event.notes.empty()) args["notes"] = notes_of(event.notes);
    const std::string kind = to_string(event.kind);
    add_slice(span, track,
              {{"cat", kind},
               {"name", event.brought.empty() ? kind : event.brought},
               {"args", std::move(args)}});
    for (const Arrow* arrow : ended_[index]) {
      if (arrow->fate != Fate::kArrived) {
        add_lost(*arrow, track, span.begin_ns);
      } else if (arrow->sent) {
        Json flow = flow_of(*arrow);
        flow["bp"] = "e";
        add("f", span.begin_ns, track, std::move(flow));
      }
    }
    for (const Arrow* arrow : sent_[index]) add("s", span.begin_ns, track, flow_of(*arrow));
  }

  // No event has two arrivals: its number names the arrow.
  static Json flow_of(const Arrow& arrow) {
    return {{"cat", to_string(arrow.kind)},
            {"name", to_string(arrow.kind)},
            {"id", arrow.ended->number}};
  }

  void add_lost(const Arrow& arrow, const Track& track, uint64_t time_ns) {
    Json args = {
        {"from", arrow.from.name()}, {"to", arrow.to.name()}, {"why", to_string(arrow.fate)}};
    if (arrow.message) args["message"] = arrow.message->body;
    if (arrow.sent) args["sent"] = arrow.sent->number;
    add("i", time_ns, track,
        {{"cat", "lost"},
         {"name", absl::StrCat("lost: ", arrow.what)},
         {"s", "t"},
         {"args", std::move(args)}});
  }

  const Story& story_;
  std::vector<Arrow> arrows_;
  std::vector<std::vector<const Arrow*>> sent_;   // of each event: those that arrive
  std::vector<std::vector<const Arrow*>> ended_;  // of each event
  std::string lines_;
};

}  // namespace

std::string perfetto_of(const Story& story) { return Document(story).text(); }

}  // namespace vordb::sim
