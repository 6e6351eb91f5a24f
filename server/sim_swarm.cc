#include "server/sim_swarm.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/world.h"

namespace vordb::server {

namespace {

uint64_t elapsed_ms(std::chrono::steady_clock::time_point since) {
  return uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(
                      std::chrono::steady_clock::now() - since)
                      .count());
}

// The seeds first, first + step, ... up to last, in one process.
struct Worker {
  uint64_t next = 0;  // the first seed that it has not answered for
  uint64_t step = 1;
  uint64_t last = 0;
  pid_t process = -1;
  int pipe = -1;
  std::string partial;
};

void write_all(int file, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = write(file, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) _exit(kExitUsage);
    done += size_t(wrote);
  }
}

[[noreturn]] void work(const sim::Scenario& scenario, const Worker& worker, int out) {
  for (uint64_t seed = worker.next; seed <= worker.last; seed += worker.step) {
    const auto since = std::chrono::steady_clock::now();
    auto world = std::make_unique<sim::World>(scenario, seed);
    sim::RunResult result = world->run();
    result.seed = seed;
    write_all(out, json_of(scenario, result, elapsed_ms(since)) + "\n");
    if (seed > UINT64_MAX - worker.step) break;
  }
  _exit(0);
}

bool start(const sim::Scenario& scenario, Worker& worker, const std::vector<Worker>& others) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  std::fflush(nullptr);
  worker.process = fork();
  if (worker.process == 0) {
    close(ends[0]);
    for (const Worker& other : others) {
      if (other.pipe >= 0) close(other.pipe);
    }
    work(scenario, worker, ends[1]);
  }
  close(ends[1]);
  worker.pipe = ends[0];
  worker.partial.clear();
  return worker.process > 0;
}

void take_lines(Worker& worker, SwarmResult& swarm) {
  for (;;) {
    const size_t end = worker.partial.find('\n');
    if (end == std::string::npos) return;
    if (add_run(std::string_view(worker.partial).substr(0, end), swarm).ok())
      worker.next += worker.step;
    worker.partial.erase(0, end + 1);
  }
}

// The worker's pipe is closed: it is done, or it died at its next seed and another goes on after
// it.
void ended(const sim::Scenario& scenario, Worker& worker, const std::vector<Worker>& workers,
           SwarmResult& swarm) {
  close(worker.pipe);
  worker.pipe = -1;
  int status = 0;
  waitpid(worker.process, &status, 0);
  if (worker.next > worker.last) return;
  const std::string why = WIFSIGNALED(status)
                              ? absl::StrCat("the process ended by signal ", WTERMSIG(status), " (",
                                             strsignal(WTERMSIG(status)), ")")
                              : absl::StrCat("the process ended with status ", WEXITSTATUS(status));
  add_abort(worker.next, why, swarm);
  worker.next += worker.step;
  if (worker.next <= worker.last) start(scenario, worker, workers);
}

}  // namespace

SwarmResult run_swarm(const sim::Scenario& scenario, const SwarmOptions& options) {
  const auto since = std::chrono::steady_clock::now();
  SwarmResult swarm;
  std::vector<Worker> workers(options.jobs);
  for (uint32_t job = 0; job < options.jobs; ++job) {
    workers[job].next = options.first_seed + job;
    workers[job].step = options.jobs;
    workers[job].last = options.last_seed;
    if (workers[job].next <= workers[job].last) start(scenario, workers[job], workers);
  }
  uint64_t shown_ms = 0;
  for (;;) {
    std::vector<pollfd> waiting;
    for (const Worker& worker : workers) {
      if (worker.pipe >= 0) waiting.push_back({worker.pipe, POLLIN, 0});
    }
    if (waiting.empty()) break;
    if (poll(waiting.data(), nfds_t(waiting.size()), 1000) < 0 && errno != EINTR) break;
    for (const pollfd& one : waiting) {
      if (one.revents == 0) continue;
      Worker* worker = nullptr;
      for (Worker& candidate : workers) {
        if (candidate.pipe == one.fd) worker = &candidate;
      }
      char buffer[65536];
      const ssize_t got = read(one.fd, buffer, sizeof buffer);
      if (got > 0) {
        worker->partial.append(buffer, size_t(got));
        take_lines(*worker, swarm);
      } else if (got == 0) {
        ended(scenario, *worker, workers, swarm);
      }
    }
    if (options.progress && elapsed_ms(since) >= shown_ms + 5000) {
      shown_ms = elapsed_ms(since);
      std::fprintf(stderr, "%llu of %llu runs\n", static_cast<unsigned long long>(swarm.runs),
                   static_cast<unsigned long long>(options.last_seed - options.first_seed + 1));
    }
  }
  swarm.real_ms = elapsed_ms(since);
  judge(scenario, swarm);
  return swarm;
}

int run_apart(uint64_t seed, int (*body)(void*), void* argument) {
  std::fflush(nullptr);
  const pid_t process = fork();
  if (process < 0) return body(argument);
  if (process == 0) {
    const int code = body(argument);
    std::fflush(nullptr);
    _exit(code);
  }
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
  std::fprintf(stderr, "seed %llu: VIOLATION: the process ended by signal %d (%s)\n",
               static_cast<unsigned long long>(seed), WTERMSIG(status),
               strsignal(WTERMSIG(status)));
  return kExitViolation;
}

}  // namespace vordb::server
