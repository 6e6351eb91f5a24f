#include "server/sim/swarm.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/sim/exit_code.h"
#include "server/sim/process.h"
#include "server/sim/run_report.h"
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

uint64_t elapsed_ms(std::chrono::steady_clock::time_point since) {
  return uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(
                      std::chrono::steady_clock::now() - since)
                      .count());
}

// Every step-th seed, in one process.
struct Worker {
  uint64_t next = 0;  // the first seed that it has not answered for
  uint64_t step = 1;
  uint64_t left = 0;  // seeds from there on
  pid_t process = -1;
  int pipe = -1;
  std::string partial;

  bool idle() const { return pipe < 0; }
  void advance() {
    next += step;
    --left;
  }
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

[[noreturn]] void work(const sim::Scenario& scenario, Worker worker, int out) {
  for (; worker.left > 0; worker.advance()) {
    const auto since = std::chrono::steady_clock::now();
    try {
      auto world = std::make_unique<sim::World>(scenario, worker.next);
      sim::RunResult result = world->run();
      result.seed = worker.next;
      write_all(out, json_of(scenario, result, elapsed_ms(since)) + "\n");
    } catch (const std::bad_alloc&) {
      _exit(kExitNotRun);
    }
  }
  _exit(0);
}

class Swarm {
 public:
  Swarm(const sim::Scenario& scenario, const SwarmOptions& options) : scenario_(scenario) {
    const uint64_t last_index = options.last_seed - options.first_seed;
    result_.asked = last_index == UINT64_MAX ? UINT64_MAX : last_index + 1;
    for (uint64_t job = 0; job < std::min<uint64_t>(options.jobs, result_.asked); ++job) {
      Worker worker;
      worker.next = options.first_seed + job;
      worker.step = options.jobs;
      worker.left = (result_.asked - job - 1) / options.jobs + 1;
      workers_.push_back(std::move(worker));
    }
  }

  SwarmResult run(bool progress) {
    const auto since = std::chrono::steady_clock::now();
    const Interrupts interrupts;
    uint64_t shown_ms = 0;
    while (interrupted_by == 0 && start_all() && take_some()) {
      if (!progress || elapsed_ms(since) < shown_ms + 5000) continue;
      shown_ms = elapsed_ms(since);
      std::fprintf(stderr, "%llu of %llu runs\n", static_cast<unsigned long long>(result_.runs),
                   static_cast<unsigned long long>(result_.asked));
    }
    if (interrupted_by != 0)
      result_.not_run.push_back(absl::StrCat("interrupted by signal ", int(interrupted_by), " (",
                                             strsignal(interrupted_by), ")"));
    end_all();
    result_.real_ms = elapsed_ms(since);
    judge(scenario_, result_);
    return std::move(result_);
  }

 private:
  // Starts whoever has seeds left. One that cannot be started now waits until another has ended;
  // false: all are done, or none runs and none can be started.
  bool start_all() {
    for (Worker& worker : workers_) {
      if (!worker.idle() || worker.left == 0 || start(worker)) continue;
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
    worker.process = fork_bound();
    if (worker.process == 0) {
      close(ends[0]);
      for (const Worker& other : workers_) {
        if (!other.idle()) close(other.pipe);
      }
      work(scenario_, worker, ends[1]);
    }
    const int error = errno;
    close(ends[1]);
    if (worker.process > 0) {
      worker.pipe = ends[0];
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
      const absl::Status added = add_run(std::string_view(worker.partial).substr(0, end), result_);
      if (!added.ok()) not_run(worker, std::string(added.message()));
      worker.partial.erase(0, end + 1);
      worker.advance();
    }
  }

  // Its pipe is closed: it is done, or it ended at its next seed, which costs this seed alone.
  void ended(Worker& worker, const std::string& unread) {
    close(worker.pipe);
    worker.pipe = -1;
    const ProcessEnd end = end_of(wait_for(worker.process));
    if (worker.left == 0) return;
    if (unread.empty() && end.own_fault) {
      add_abort(worker.next, end.text, result_);
    } else {
      not_run(worker, unread.empty() ? end.text : unread);
    }
    worker.advance();
  }

  void not_run(const Worker& worker, const std::string& why) {
    result_.not_run.push_back(absl::StrCat("seed ", worker.next, ": ", why));
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
  std::vector<Worker> workers_;
  SwarmResult result_;
};

}  // namespace

SwarmResult run_swarm(const sim::Scenario& scenario, const SwarmOptions& options) {
  return Swarm(scenario, options).run(options.progress);
}

}  // namespace vordb::server
