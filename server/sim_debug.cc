#include "server/sim_debug.h"

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string_view>

#include <editline/readline.h>
#include <unistd.h>

#include "server/sim_debug_session.h"
#include "server/sim_output.h"
#include "server/sim_process.h"
#include "server/sim_record_file.h"

namespace vordb::server {

namespace {

// editline asks again and again, with a counter that begins at 0, until nothing more fits.
char* complete(const char* begun, int again) {
  static size_t at = 0;
  if (again == 0) at = 0;
  const std::string_view wanted = begun;
  for (const char* word; (word = DebugSession::words()[at]) != nullptr;) {
    ++at;
    if (std::string_view(word).substr(0, wanted.size()) == wanted) return strdup(word);
  }
  return nullptr;
}

void talk(DebugSession& session) {
  rl_completion_entry_function = complete;
  while (char* line = readline("(debug) ")) {
    const std::string text = line;
    if (!text.empty()) add_history(line);
    std::free(line);
    if (!session.take(text)) return;
  }
}

struct Job {
  const DebugOptions& options;
  const RecordFile& file;
};

int run_job(void* argument) {
  const Job& job = *static_cast<const Job*>(argument);
  DebugSession session(job.file.record, job.file.scenario, job.options.json, std::cout);
  session.greet();
  if (isatty(STDIN_FILENO) == 1 && !job.options.json) {
    talk(session);
  } else {
    for (std::string line; std::getline(std::cin, line);) {
      if (!session.take(line)) break;
    }
  }
  return print("", kExitPass);
}

}  // namespace

int debug(const DebugOptions& options) {
  const absl::StatusOr<RecordFile> file = load_record(options.record);
  if (!file.ok()) return usage(std::string(file.status().message()));
  Job job{options, *file};
  return run_apart(file->record.run.seed, run_job, &job);
}

}  // namespace vordb::server
