#include "server/sim/apart.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <deque>

#include "server/sim/exit_code.h"
#include "server/sim/process.h"

namespace vordb::server {

namespace {

bool answer_of(pid_t process) {
  if (process < 0) return false;
  const int status = wait_for(process);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

pid_t ask_apart(const std::function<bool()>& body) {
  const pid_t process = fork_bound();
  if (process != 0) return process;
  // An assertion that breaks there would tell of it.
  if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(kExitNotRun);
  _exit(body() ? 0 : 1);
}

bool judge_apart(const std::function<bool()>& body) { return answer_of(ask_apart(body)); }

uint32_t count_apart(uint32_t count, uint32_t jobs, const std::function<bool(uint32_t)>& body) {
  std::deque<pid_t> asked;
  uint32_t yes = 0;
  const auto hear = [&] {
    yes += answer_of(asked.front());
    asked.pop_front();
  };
  for (uint32_t i = 0; i < count; ++i) {
    if (asked.size() == jobs) hear();
    asked.push_back(ask_apart([&] { return body(i); }));
  }
  while (!asked.empty()) hear();
  return yes;
}

}  // namespace vordb::server
