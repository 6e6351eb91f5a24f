#include "sim/export/sqlite.h"

#include <sqlite3.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "sim/export/reading.h"
#include "sim/export/sqlite_statement.h"

namespace vordb::sim {

namespace {

// Numbers of 64 bits that may not fit a signed one are text. An event that is referred to may be
// outside of the part that was exported, and a run that goes on behind it has no outcome.
constexpr const char* kSchema = R"sql(
CREATE TABLE run(
  scenario TEXT NOT NULL, seed TEXT NOT NULL, outcome TEXT,
  nodes INTEGER NOT NULL, clients INTEGER NOT NULL, shards INTEGER NOT NULL,
  first_event INTEGER, last_event INTEGER);
CREATE TABLE events(
  number INTEGER PRIMARY KEY, cause INTEGER, time_us INTEGER NOT NULL, lane TEXT NOT NULL,
  shard INTEGER NOT NULL, life INTEGER NOT NULL, kind TEXT NOT NULL, phase TEXT NOT NULL,
  brought TEXT, draws INTEGER NOT NULL, digest TEXT NOT NULL);
CREATE TABLE notes(
  id INTEGER PRIMARY KEY, event INTEGER REFERENCES events, who TEXT NOT NULL, what TEXT NOT NULL);
CREATE TABLE messages(
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, sender TEXT NOT NULL, receiver TEXT NOT NULL,
  name TEXT NOT NULL, sent_event INTEGER REFERENCES events,
  arrived_event INTEGER REFERENCES events, lost_event INTEGER REFERENCES events,
  fate TEXT NOT NULL, bytes INTEGER, body TEXT);
CREATE TABLE faults(
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, what TEXT NOT NULL, event INTEGER NOT NULL,
  begin_us INTEGER NOT NULL, end_us INTEGER NOT NULL);
CREATE TABLE violations(
  id INTEGER PRIMARY KEY, property TEXT NOT NULL, text TEXT NOT NULL, event INTEGER NOT NULL,
  time_us INTEGER NOT NULL);
)sql";

// Made when all is written.
constexpr const char* kIndices = R"sql(
CREATE INDEX events_time ON events(time_us);
CREATE INDEX events_cause ON events(cause);
CREATE INDEX events_lane ON events(lane, time_us);
CREATE INDEX notes_event ON notes(event);
CREATE INDEX messages_sent ON messages(sent_event);
CREATE INDEX messages_arrived ON messages(arrived_event);
CREATE INDEX messages_lost ON messages(lost_event);
CREATE INDEX faults_begin ON faults(begin_us);
CREATE INDEX violations_time ON violations(time_us);
)sql";

using Database = std::unique_ptr<sqlite3, CloseDatabase>;

void write_run(SqliteStatement& run, const Story& story) {
  run.text(story.scenario).text(absl::StrCat(story.seed));
  story.over ? run.text(to_string(story.outcome)) : run.nothing();
  run.number(story.nodes).number(story.clients).number(story.shards);
  if (story.events.empty()) return run.nothing().nothing().write();
  run.number(story.events.front().number).number(story.events.back().number).write();
}

void write_event(SqliteStatement& events, const StoryEvent& event) {
  char digest[17];
  std::snprintf(digest, sizeof digest, "%016llx", static_cast<unsigned long long>(event.digest));
  events.number(event.number).number(event.cause).number(event.time_us);
  events.text(event.lane.name()).number(event.shard).number(event.life);
  events.text(to_string(event.kind)).text(event.phase);
  event.brought.empty() ? events.nothing() : events.text(event.brought);
  events.number(event.draws).text(digest).write();
}

void write_notes(SqliteStatement& rows, const std::vector<StoryNote>& notes,
                 std::optional<uint64_t> event) {
  for (const StoryNote& note : notes)
    rows.nothing().number(event).text(note.who.text()).text(note.what).write();
}

void write_arrow(SqliteStatement& messages, const Arrow& arrow) {
  const bool arrived = arrow.fate == Fate::kArrived;
  messages.nothing().text(to_string(arrow.kind)).text(arrow.from.name()).text(arrow.to.name());
  messages.text(arrow.what);
  arrow.sent ? messages.number(arrow.sent->number) : messages.nothing();
  arrived ? messages.number(arrow.ended->number) : messages.nothing();
  arrived ? messages.nothing() : messages.number(arrow.ended->number);
  messages.text(to_string(arrow.fate));
  if (!arrow.message) return messages.nothing().nothing().write();
  messages.number(arrow.message->bytes).text(arrow.message->body).write();
}

bool write_all(sqlite3* database, const Story& story) {
  SqliteStatement run(database, "run", 8), events(database, "events", 11),
      notes(database, "notes", 4), messages(database, "messages", 11),
      faults(database, "faults", 6), violations(database, "violations", 5);
  write_run(run, story);
  write_notes(notes, story.beginning, std::nullopt);
  for (const StoryEvent& event : story.events) {
    write_event(events, event);
    write_notes(notes, event.notes, event.number);
  }
  for (const Arrow& arrow : arrows_of(story)) write_arrow(messages, arrow);
  for (const StoryFault& fault : story.faults) {
    faults.nothing().text(fault.kind).text(fault.what).number(fault.event);
    faults.number(fault.begin_us).number(fault.end_us).write();
  }
  for (const Violation& violation : story.violations) {
    violations.nothing().text(to_string(violation.property)).text(violation.text);
    violations.number(violation.step).number(violation.time_us).write();
  }
  return run.ok() && events.ok() && notes.ok() && messages.ok() && faults.ok() && violations.ok();
}

}  // namespace

absl::StatusOr<std::string> sqlite_of(const Story& story) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open(":memory:", &opened);
  const Database database(opened);
  const bool written = code == SQLITE_OK && execute(opened, kSchema) && execute(opened, "BEGIN") &&
                       write_all(opened, story) && execute(opened, "COMMIT") &&
                       execute(opened, kIndices);
  if (!written)
    return absl::ResourceExhaustedError(
        absl::StrCat("the database could not be made: ", sqlite3_errmsg(opened)));
  sqlite3_int64 size = 0;
  unsigned char* const bytes = sqlite3_serialize(opened, "main", &size, 0);
  if (bytes == nullptr)
    return absl::ResourceExhaustedError(absl::StrCat("the database has ", size,
                                                     " bytes, which is too much: export a part "
                                                     "with --from-event and --until"));
  std::string result(reinterpret_cast<const char*>(bytes), size_t(size));
  sqlite3_free(bytes);
  return result;
}

}  // namespace vordb::sim
