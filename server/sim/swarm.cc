#include "server/sim/swarm.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/sim/captured_errors.h"
#include "server/sim/exit_code.h"
#include "server/sim/process.h"
#include "server/sim/progress.h"
#include "server/sim/run_report.h"
#include "server/sim/stopwatch.h"
#include "sim/world.h"

namespace vordb::server {

namespace {

volatile std::sig_atomic_t interrupted_by = 0;

void interrupt(int signal) { interrupted_by = signal; }

// While it is there, SIGINT and SIGTERM end a swarm with what it has.
class Interrupts {
 public:
  Interrupts() {
    interrupted_by = 0;
    struct sigaction action = {};
    action.sa_handler = interrupt;
    sigaction(SIGINT, &action, &int_before_);
    sigaction(SIGTERM, &action, &term_before_);
  }
  ~Interrupts() {
    sigaction(SIGINT, &int_before_, nullptr);
    sigaction(SIGTERM, &term_before_, nullptr);
  }
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

 private:
  struct sigaction int_before_ = {};
  struct sigaction term_before_ = {};
};

// The seeds of one process at a time.
struct Worker {
  SeedQueue seeds;  // that it has not answered for
  pid_t process = -1;
  int pipe = -1;
  CapturedErrors errors;
  std::string partial;

  bool idle() const { return pipe < 0; }
};

void write_all(int file, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = write(file, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) _exit(kExitNotRun);
    done += size_t(wrote);
  }
}

[[noreturn]] void work(const sim::Scenario& scenario, SeedQueue seeds, int out) {
  for (; !seeds.empty(); seeds.advance()) {
    const Stopwatch since;
    try {
      auto world = std::make_unique<sim::World>(scenario, seeds.next());
      sim::RunResult result = world->run();
      result.seed = seeds.next();
      write_all(out, json_of(scenario, result, since.ms()) + "\n");
    } catch (const std::bad_alloc&) {
      _exit(kExitNotRun);
    }
  }
  _exit(0);
}

class Swarm {
 public:
  Swarm(const sim::Scenario& scenario, SwarmOptions options)
      : scenario_(scenario),
        made_(std::move(options.made)),
        result_(std::move(options.before)),
        before_runs_(result_.runs),
        before_ms_(result_.real_ms) {
    for (const SwarmResult::Seed& seed : result_.seeds) done_.insert(seed.seed);
    result_.asked = options.seeds.count();
    for (uint64_t job = 0; job < std::min<uint64_t>(options.jobs, result_.asked); ++job)
      workers_.push_back({SeedQueue(options.seeds, done_, job, options.jobs), -1, -1, {}, {}});
  }

  SwarmResult run(bool wants_progress) {
    Progress progress(wants_progress);
    const Stopwatch since;
    const Interrupts interrupts;
    while (interrupted_by == 0 && start_all() && take_some())
      progress.tell(ProgressFigures{result_.runs, result_.asked, failed_,
                                    result_.runs - before_runs_, since.ms()});
    progress.clear();
    result_.interrupted = interrupted_by != 0;
    if (result_.interrupted)
      result_.not_run.push_back(absl::StrCat("interrupted by signal ", int(interrupted_by), " (",
                                             strsignal(interrupted_by), ")"));
    end_all();
    result_.real_ms = before_ms_ + since.ms();
    judge(scenario_, result_);
    return std::move(result_);
  }

 private:
  // Starts whoever has seeds left. One that cannot be started now waits until another has ended;
  // false: all are done, or none runs and none can be started.
  bool start_all() {
    for (Worker& worker : workers_) {
      if (!worker.idle() || worker.seeds.empty() || start(worker)) continue;
      const std::string why = absl::StrCat("no process could be started: ", std::strerror(errno));
      if (any_runs()) return true;
      result_.not_run.push_back(why);
      return false;
    }
    return any_runs();
  }

  bool any_runs() const {
    return std::any_of(workers_.begin(), workers_.end(),
                       [](const Worker& worker) { return !worker.idle(); });
  }

  bool start(Worker& worker) {
    int ends[2];
    if (pipe(ends) != 0) return false;
    // Where no file is left, what it says is not known afterwards.
    CapturedErrors errors = CapturedErrors::make();
    worker.process = fork_bound();
    if (worker.process == 0) {
      close(ends[0]);
      for (const Worker& other : workers_) {
        if (!other.idle()) close(other.pipe);
      }
      if (errors.ok() && !errors.take_over()) _exit(kExitNotRun);
      work(scenario_, worker.seeds, ends[1]);
    }
    const int error = errno;
    close(ends[1]);
    if (worker.process > 0) {
      worker.pipe = ends[0];
      worker.errors = std::move(errors);
      worker.partial.clear();
      return true;
    }
    close(ends[0]);
    errno = error;
    return false;
  }

  // Waits for results, and takes what is there. False: the system lets nobody wait any more.
  bool take_some() {
    std::vector<pollfd> waiting;
    std::vector<Worker*> heard;
    for (Worker& worker : workers_) {
      if (worker.idle()) continue;
      waiting.push_back({worker.pipe, POLLIN, 0});
      heard.push_back(&worker);
    }
    if (poll(waiting.data(), nfds_t(waiting.size()), 1000) < 0) {
      if (errno == EINTR) return true;
      result_.not_run.push_back(absl::StrCat("no result could be awaited: ", std::strerror(errno)));
      return false;
    }
    for (size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0) take(*heard[i]);
    }
    return true;
  }

  void take(Worker& worker) {
    char buffer[65536];
    const ssize_t got = read(worker.pipe, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) return;
    if (got > 0) {
      worker.partial.append(buffer, size_t(got));
      return take_lines(worker);
    }
    const std::string unread =
        got < 0 ? absl::StrCat("its result could not be read: ", std::strerror(errno)) : "";
    if (got < 0) kill(worker.process, SIGKILL);
    ended(worker, unread);
  }

  void take_lines(Worker& worker) {
    for (;;) {
      const size_t end = worker.partial.find('\n');
      if (end == std::string::npos) return;
      add(worker, std::string_view(worker.partial).substr(0, end));
      worker.partial.erase(0, end + 1);
      worker.seeds.advance();
    }
  }

  void add(const Worker& worker, std::string_view line) {
    const absl::Status added = add_run(line, result_);
    if (!added.ok()) return not_run(worker, std::string(added.message()));
    failed_ += result_.seeds.back().outcome == sim::RunOutcome::kViolation;
    if (made_) made_(line);
  }

  // Its pipe is closed: it is done, or it ended at its next seed, which costs this seed alone.
  void ended(Worker& worker, const std::string& unread) {
    close(worker.pipe);
    worker.pipe = -1;
    const ProcessEnd end = end_of(wait_for(worker.process));
    const CapturedErrors errors = std::move(worker.errors);
    const std::string said = errors.text();
    std::fputs(said.c_str(), stderr);
    if (worker.seeds.empty()) return;
    if (unread.empty() && end.own_fault) {
      add(worker, json_of_abort(scenario_, worker.seeds.next(), end.text, said));
    } else {
      not_run(worker, unread.empty() ? end.text : unread);
    }
    worker.seeds.advance();
  }

  void not_run(const Worker& worker, const std::string& why) {
    result_.not_run.push_back(absl::StrCat("seed ", worker.seeds.next(), ": ", why));
  }

  void end_all() {
    for (Worker& worker : workers_) {
      if (worker.idle()) continue;
      kill(worker.process, SIGKILL);
      wait_for(worker.process);
      close(worker.pipe);
    }
  }

  const sim::Scenario& scenario_;
  std::function<void(std::string_view)> made_;
  SwarmResult result_;
  uint64_t before_runs_;
  uint64_t before_ms_;
  uint64_t failed_ = 0;
  std::set<uint64_t> done_;
  std::vector<Worker> workers_;
};

}  // namespace

SwarmResult run_swarm(const sim::Scenario& scenario, SwarmOptions options) {
  const bool progress = options.progress;
  return Swarm(scenario, std::move(options)).run(progress);
}

}  // namespace vordb::server
