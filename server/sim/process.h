// The processes that runs are made in: how one is started, and what its end means. Only what the
// program did to itself is a violation; a process that somebody else ended, or that could not be
// started, has shown nothing.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace vordb::server {

// As fork(); the child ends when its parent does, however that ends, and is interrupted as any
// process is. -1: errno says why.
pid_t fork_bound();

// What waitpid() said of a process that did not end as it should.
struct ProcessEnd {
  bool own_fault = false;  // it aborted, or the code under test ended it
  std::string text;        // such as "the process ended by signal 6 (Aborted)"
};
ProcessEnd end_of(int wait_status);

// Waits for it to end. -1: there is no such child.
int wait_for(pid_t process);

// Runs `body` in a process of its own; its return value is the exit code. One that aborts says so
// on standard error and counts as kExitViolation; one that could not be started, or was ended from
// outside, as kExitNotRun.
int run_apart(uint64_t seed, int (*body)(void*), void* argument);

// Another program, started without a shell.
struct Command {
  std::vector<std::string> words;  // its name, looked for in PATH, and its arguments
  std::string out;                 // the files that get what it prints
  std::string err;                 // may be the same
  double seconds = 0;              // after these it is asked to end, and soon made to; 0: no limit
};
struct CommandEnd {
  int code = -1;    // -1: it did not end by itself
  std::string why;  // of -1
};
CommandEnd execute(const Command& command);

}  // namespace vordb::server
