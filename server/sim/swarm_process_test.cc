// What vordb-sim says when its processes cannot be started, are ended from outside or are not
// heard: never that the node is at fault, and never that all is well.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>
#include <string>
#include <vector>

#include "server/process_harness.h"

namespace vordb::server {
namespace {

const std::string kSim = std::string(VORDB_BIN_DIR) + "/vordb-sim";
const std::string kScenario = std::string(VORDB_SOURCE_DIR) + "/scenarios/one-node-crashes.json";
const std::string kShort = " --set duration_ms=50 --set settle_ms=0 --set clients.count=2 ";
constexpr int kNotRun = 2;

// Of a command for bash.
ProgramResult run(const std::string& command) { return run_command("bash -c '" + command + "'"); }

// The processes whose parent is `process`.
std::vector<pid_t> children_of(pid_t process) {
  const std::string number = std::to_string(process);
  std::istringstream text(read_file("/proc/" + number + "/task/" + number + "/children"));
  std::vector<pid_t> children;
  for (pid_t child = 0; text >> child;) children.push_back(child);
  return children;
}

pid_t launch(const std::vector<std::string>& arguments, const std::string& out,
             const std::string& err) {
  const pid_t process = fork();
  if (process != 0) return process;
  std::vector<char*> argv = {const_cast<char*>(kSim.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  if (freopen(out.c_str(), "w", stdout) == nullptr || freopen(err.c_str(), "w", stderr) == nullptr)
    _exit(127);
  execv(argv[0], argv.data());
  _exit(127);
}

bool gone(pid_t process) {
  const std::string state = read_file("/proc/" + std::to_string(process) + "/stat");
  return state.empty() || state.find(") Z ") != std::string::npos;
}

TEST_CASE("swarm processes: with few files for many jobs, all runs are made") {
  const ProgramResult result = run("ulimit -n 12; exec " + kSim + " swarm " + kScenario + kShort +
                                   "--seeds 1..40 --jobs 20 --json");
  CHECK_MESSAGE(result.out.find("\"runs\":40,") != std::string::npos, result.out, result.err);
  CHECK(result.out.find("\"not_run\":[]") != std::string::npos);
}

TEST_CASE("swarm processes: where none can be started, no run is counted") {
  if (getuid() != 0) return;  // another user is needed whose processes may be counted
  for (const std::string mode : {"swarm", "run"}) {
    // A user of one process has no second.
    const ProgramResult result = run("ulimit -u 1; exec setpriv --reuid 65533 --clear-groups " +
                                     kSim + " " + mode + " " + kScenario + kShort);
    CHECK_MESSAGE(result.exit_status == kNotRun, result.out, result.err);
    CHECK_MESSAGE(result.err.find("no process could be started: ") != std::string::npos,
                  result.err);
    CHECK(result.out.find("VIOLATION") == std::string::npos);
    if (mode == "swarm") CHECK(result.err.find("0 of 100 runs were made") != std::string::npos);
  }
}

TEST_CASE("swarm processes: a report that nobody could read is no result") {
  for (const std::string mode : {"run ", "swarm --seeds 1..2 "}) {
    const ProgramResult full = run(kSim + " " + mode + kScenario + kShort + ">/dev/full");
    CHECK_MESSAGE(full.exit_status == kNotRun, full.err);
    CHECK(full.err.find("could not be written") != std::string::npos);
  }
  const ProgramResult closed =
      run(kSim + " run " + kScenario + kShort + "| true; exit ${PIPESTATUS[0]}");
  CHECK_MESSAGE(closed.exit_status == kNotRun, closed.err);
  CHECK(closed.err.find("VIOLATION") == std::string::npos);
}

TEST_CASE("swarm processes: ended by a signal, it tells what it has, and its runs end") {
  TempDir folder;
  for (const int signal : {SIGTERM, SIGINT, SIGKILL}) {
    CAPTURE(signal);
    const std::string out = folder.path() + "/out", err = folder.path() + "/err";
    const pid_t process =
        launch({"swarm", kScenario, "--keep", "", "--seeds", "1..100000", "--jobs", "2"}, out, err);
    std::vector<pid_t> children;
    REQUIRE(poll_until(20'000, [&] { return (children = children_of(process)).size() == 2; }));
    kill(process, signal);
    int status = 0;
    waitpid(process, &status, 0);
    CHECK(poll_until(10'000, [&] { return gone(children[0]) && gone(children[1]); }));
    if (signal == SIGKILL) continue;
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == kNotRun);
    CHECK_MESSAGE(read_file(err).find("of 100000 runs were made") != std::string::npos,
                  read_file(err));
    CHECK(read_file(err).find("interrupted by signal") != std::string::npos);
    CHECK(read_file(out).find("NOT RUN") != std::string::npos);
  }
}

TEST_CASE("swarm processes: the run of a simulator that is gone ends") {
  TempDir folder;
  for (const int signal : {SIGTERM, SIGINT, SIGKILL}) {
    CAPTURE(signal);
    const pid_t process = launch({"run", kScenario, "--set", "duration_ms=600000"},
                                 folder.path() + "/out", folder.path() + "/err");
    std::vector<pid_t> children;
    REQUIRE(poll_until(20'000, [&] { return (children = children_of(process)).size() == 1; }));
    kill(process, signal);
    int status = 0;
    waitpid(process, &status, 0);
    CHECK((WIFSIGNALED(status) || WEXITSTATUS(status) != 0));
    CHECK(poll_until(10'000, [&] { return gone(children[0]); }));
  }
}

TEST_CASE("swarm processes: who ends a run from outside has found nothing, an abort is found") {
  TempDir folder;
  for (const int signal : {SIGKILL, SIGTERM, SIGABRT, SIGSEGV}) {
    CAPTURE(signal);
    const bool own_fault = signal == SIGABRT || signal == SIGSEGV;
    const std::string out = folder.path() + "/out", err = folder.path() + "/err";
    // One long run each: whoever is hit has not answered yet.
    const pid_t process = launch({"swarm", kScenario, "--keep", "", "--seeds", "7..7", "--jobs",
                                  "1", "--set", "duration_ms=600000"},
                                 out, err);
    std::vector<pid_t> children;
    REQUIRE(poll_until(20'000, [&] { return (children = children_of(process)).size() == 1; }));
    kill(children[0], signal);
    int status = 0;
    waitpid(process, &status, 0);
    CHECK(WEXITSTATUS(status) == (own_fault ? 1 : kNotRun));
    const bool told =
        read_file(out).find("seed 7: VIOLATION: the process ended by signal") != std::string::npos;
    CHECK(told == own_fault);
    const bool not_run = read_file(err).find("0 of 1 runs were made") != std::string::npos;
    CHECK(not_run == !own_fault);
  }
}

}  // namespace
}  // namespace vordb::server
