// `vordb-sim debug`: a recorded run to walk through, by commands that are typed or piped in, one a
// line. With --json each answer is one JSON document on a line of its own, for scripts.

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include <editline/readline.h>
#include <unistd.h>

#include "server/sim/commands.h"
#include "server/sim/debug_session.h"
#include "server/sim/output.h"
#include "server/sim/process.h"
#include "server/sim/record_file.h"

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

struct DebugArguments {
  std::string record;  // a file
  bool json = false;
};

struct Job {
  const DebugArguments& arguments;
  const RecordFile& file;
};

int run_job(void* argument) {
  const Job& job = *static_cast<const Job*>(argument);
  DebugSession session(job.file.record, job.file.scenario, job.arguments.json, std::cout);
  session.greet();
  if (isatty(STDIN_FILENO) == 1 && !job.arguments.json) {
    talk(session);
  } else {
    for (std::string line; std::getline(std::cin, line);) {
      if (!session.take(line)) break;
    }
  }
  return print("", kExitPass);
}

int debug(const DebugArguments& arguments) {
  const absl::StatusOr<RecordFile> file = load_record(arguments.record);
  if (!file.ok()) return usage(std::string(file.status().message()));
  Job job{arguments, *file};
  return run_apart(file->record.run.seed, run_job, &job);
}

}  // namespace

void add_debug(CLI::App& app, Chosen& chosen) {
  const auto arguments = std::make_shared<DebugArguments>();
  CLI::App* command = app.add_subcommand("debug", "Walks through a recorded run");
  command->add_option("record", arguments->record, "What `run --record` wrote")->required();
  command->add_flag("--json", arguments->json, "Prints a JSON document for each command");
  command->callback([arguments, &chosen] { chosen = [arguments] { return debug(*arguments); }; });
}

}  // namespace vordb::server
