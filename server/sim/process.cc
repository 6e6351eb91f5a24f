#include "server/sim/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "server/sim/exit_code.h"

namespace vordb::server {

namespace {

// Signals that a process gets for what it does itself.
bool is_own_fault(int signal) {
  return signal == SIGABRT || signal == SIGSEGV || signal == SIGILL || signal == SIGFPE ||
         signal == SIGBUS || signal == SIGTRAP || signal == SIGSYS;
}

constexpr int kNoProgram = 127;
constexpr double kGraceSeconds = 20;
constexpr useconds_t kPollUs = 5000;

[[noreturn]] void become(const Command& command) {
  const auto redirect = [](const std::string& path, int file) {
    const int opened = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
    if (opened < 0 || dup2(opened, file) < 0) _exit(kNoProgram);
    close(opened);
  };
  redirect(command.out, STDOUT_FILENO);
  if (command.err == command.out) {
    if (dup2(STDOUT_FILENO, STDERR_FILENO) < 0) _exit(kNoProgram);
  } else {
    redirect(command.err, STDERR_FILENO);
  }
  std::vector<char*> words;
  for (const std::string& word : command.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  _exit(kNoProgram);
}

// False: it still runs.
bool ended_within(pid_t process, double seconds, int& status) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::duration<double>(seconds);
  for (;;) {
    if (waitpid(process, &status, WNOHANG) == process) return true;
    if (Clock::now() >= until) return false;
    usleep(kPollUs);
  }
}

}  // namespace

pid_t fork_bound() {
  std::fflush(nullptr);
  const pid_t parent = getpid();
  // A signal that comes before the child has given up the parent's handlers would be taken by them
  // and lost: it waits until then.
  sigset_t ends, before;
  sigemptyset(&ends);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&ends, signal);
  sigprocmask(SIG_BLOCK, &ends, &before);
  const pid_t process = fork();
  if (process == 0) {
    // The parent may have ended before the request was made: then nobody sends the signal.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(kExitNotRun);
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return process;
}

ProcessEnd end_of(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int signal = WTERMSIG(wait_status);
    return {is_own_fault(signal),
            absl::StrCat("the process ended by signal ", signal, " (", strsignal(signal), ")")};
  }
  // kExitNotRun is what a worker says that could not go on; any other end was not planned.
  const int status = WEXITSTATUS(wait_status);
  return {status != kExitNotRun, absl::StrCat("the process ended with status ", status)};
}

int wait_for(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return status;
}

int run_apart(uint64_t seed, int (*body)(void*), void* argument) {
  const pid_t process = fork_bound();
  if (process == 0) {
    const int code = body(argument);
    std::fflush(nullptr);
    _exit(code);
  }
  const auto say = [seed](const std::string& what) {
    std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed), what.c_str());
  };
  if (process < 0) {
    say(absl::StrCat("could not run: no process could be started: ", std::strerror(errno)));
    return kExitNotRun;
  }
  const int status = wait_for(process);
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  const ProcessEnd end = end_of(status);
  say((end.own_fault ? "VIOLATION: " : "could not run to its end: ") + end.text);
  return end.own_fault ? kExitViolation : kExitNotRun;
}

CommandEnd execute(const Command& command) {
  const pid_t process = fork_bound();
  if (process == 0) become(command);
  if (process < 0) return {-1, absl::StrCat("no process could be started: ", std::strerror(errno))};
  int status = 0;
  if (command.seconds <= 0) {
    status = wait_for(process);
  } else if (!ended_within(process, command.seconds, status)) {
    kill(process, SIGTERM);
    if (!ended_within(process, kGraceSeconds, status)) {
      kill(process, SIGKILL);
      status = wait_for(process);
    }
  }
  if (!WIFEXITED(status)) return {-1, end_of(status).text};
  if (WEXITSTATUS(status) == kNoProgram)
    return {-1, absl::StrCat(command.words[0], " could not be started")};
  return {WEXITSTATUS(status), ""};
}

}  // namespace vordb::server
