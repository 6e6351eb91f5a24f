#include "server/sim/swarm_state.h"

#include <sqlite3.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/export/sqlite_statement.h"
#include "sim/trace.h"

namespace vordb::server {

namespace {

constexpr int kFormat = 1;
constexpr int kBusyMs = 30'000;

// Numbers of 64 bits that may not fit a signed one are text.
constexpr const char* kSchema = R"sql(
CREATE TABLE swarms(
  id INTEGER PRIMARY KEY, scenario_digest TEXT NOT NULL, program_digest TEXT NOT NULL,
  name TEXT NOT NULL, scenario TEXT NOT NULL, real_ms INTEGER NOT NULL DEFAULT 0,
  UNIQUE(scenario_digest, program_digest));
CREATE TABLE runs(
  swarm INTEGER NOT NULL REFERENCES swarms, seed TEXT NOT NULL, outcome TEXT NOT NULL, hash TEXT,
  events INTEGER, ms INTEGER, signature TEXT, line TEXT NOT NULL, PRIMARY KEY(swarm, seed));
CREATE INDEX runs_signature ON runs(signature) WHERE signature IS NOT NULL;
PRAGMA user_version=1;
)sql";

std::string hex(uint64_t digest) { return absl::StrFormat("%016x", digest); }

// Of the file that runs here: another build is another program.
std::string program_digest() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  std::string chunk(1 << 20, '\0'), digest;
  while (file.read(chunk.data(), std::streamsize(chunk.size())) || file.gcount() > 0) {
    digest += chunk.substr(0, size_t(file.gcount()));
    digest = hex(sim::digest_of(digest));
  }
  return digest;
}

}  // namespace

void SwarmState::Close::operator()(sqlite3* database) const { sqlite3_close(database); }
SwarmState::SwarmState(SwarmState&&) noexcept = default;
SwarmState& SwarmState::operator=(SwarmState&&) noexcept = default;
SwarmState::~SwarmState() = default;

absl::Status SwarmState::wrong() const {
  return absl::UnavailableError(absl::StrCat(file_, ": ", sqlite3_errmsg(database_.get())));
}

absl::StatusOr<SwarmState> SwarmState::open(const std::string& file) {
  SwarmState state(file);
  state.program_ = program_digest();
  sqlite3* opened = nullptr;
  const int code = sqlite3_open(file.c_str(), &opened);
  state.database_.reset(opened);
  if (code != SQLITE_OK) return state.wrong();
  sqlite3_busy_timeout(opened, kBusyMs);
  if (!sim::execute(opened, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE"))
    return state.wrong();
  uint64_t format = 0, tables = 0;
  {
    sim::SqliteStatement asked(opened, "PRAGMA user_version");
    if (asked.next()) format = asked.number_at(0);
    sim::SqliteStatement counted(opened, "SELECT count(*) FROM sqlite_master");
    if (counted.next()) tables = counted.number_at(0);
  }
  if (format != kFormat && tables > 0)
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": is no state of a swarm of this vordb-sim: give another file"));
  if (format != kFormat && !sim::execute(opened, kSchema)) return state.wrong();
  if (!sim::execute(opened, "COMMIT")) return state.wrong();
  return state;
}

absl::Status SwarmState::begin(const sim::Scenario& scenario, std::string& foreign) {
  const std::string digest = hex(sim::digest_of(scenario.text));
  sim::SqliteStatement insert(
      database_.get(),
      "INSERT OR IGNORE INTO swarms(scenario_digest, program_digest, name, scenario) "
      "VALUES(?,?,?,?)");
  insert.text(digest).text(program_).text(scenario.name).text(scenario.text).write();
  sim::SqliteStatement mine(database_.get(),
                            "SELECT id FROM swarms WHERE scenario_digest=? AND program_digest=?");
  mine.text(digest).text(program_);
  if (!insert.ok() || !mine.next()) return wrong();
  swarm_ = mine.number_at(0);
  sim::SqliteStatement others(database_.get(),
                              "SELECT scenario_digest<>?, count(*) FROM swarms JOIN runs ON "
                              "swarm=id WHERE name=? AND id<>? GROUP BY 1 ORDER BY 1");
  others.text(digest).text(scenario.name).number(swarm_);
  foreign.clear();
  while (others.next())
    absl::StrAppend(&foreign, foreign.empty() ? "" : " and ", others.number_at(1), " runs ",
                    others.number_at(0) != 0 ? "of other settings or another text"
                                             : "of another build of vordb-sim");
  if (!foreign.empty())
    foreign = absl::StrCat(file_, " holds ", foreign, " of ", scenario.name,
                           ": they stay there and do not count");
  return others.ok() ? absl::OkStatus() : wrong();
}

absl::Status SwarmState::load(const SeedPlan& seeds, SwarmResult& swarm) {
  sim::SqliteStatement rows(database_.get(), "SELECT seed, line FROM runs WHERE swarm=?");
  rows.number(swarm_);
  while (rows.next()) {
    if (!seeds.contains(std::stoull(rows.text_at(0)))) continue;
    if (absl::Status added = add_run(rows.text_at(1), swarm); !added.ok()) return added;
  }
  sim::SqliteStatement time(database_.get(), "SELECT real_ms FROM swarms WHERE id=?");
  time.number(swarm_);
  if (time.next()) swarm.real_ms = time.number_at(0);
  return rows.ok() && time.ok() ? absl::OkStatus() : wrong();
}

absl::Status SwarmState::keep(std::string_view line) {
  const nlohmann::json json = nlohmann::json::parse(line);
  sim::SqliteStatement row(database_.get(), "INSERT OR REPLACE INTO runs VALUES(?,?,?,?,?,?,?,?)");
  row.number(swarm_).text(absl::StrCat(json["seed"].get<uint64_t>()));
  row.text(json["outcome"].get<std::string>());
  const bool aborted = json.contains("aborted");
  aborted ? row.nothing() : row.text(json["hash"].get<std::string>());
  aborted ? row.nothing() : row.number(json["events"].get<uint64_t>());
  aborted ? row.nothing() : row.number(json["real_ms"].get<uint64_t>());
  const nlohmann::json& violations = json["violations"];
  violations.empty() ? row.nothing() : row.text(violations[0]["signature"].get<std::string>());
  row.text(line).write();
  return row.ok() ? absl::OkStatus() : wrong();
}

absl::Status SwarmState::end(uint64_t real_ms) {
  sim::SqliteStatement row(database_.get(), "UPDATE swarms SET real_ms=? WHERE id=?");
  row.number(real_ms).number(swarm_).write();
  return row.ok() ? absl::OkStatus() : wrong();
}

}  // namespace vordb::server
