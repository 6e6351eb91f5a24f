// vordb-sim: runs whole nodes in a simulated world, one seed or many, and says what it found.
//
//   vordb-sim run scenarios/one-node-crashes.json --seed 7 --trace run.txt
//   vordb-sim swarm scenarios/one-node-crashes.json --seeds 1..1000 --jobs 2
//   vordb-sim run scenarios/one-node-crashes.json --seed 7 --record run.rec
//   vordb-sim replay run.rec --from-event 2000 --until 2100 --verbose
//   vordb-sim shrink run.rec -o small.rec
//   vordb-sim debug small.rec
//   vordb-sim blame small.rec
//   vordb-sim export small.rec --as perfetto -o small.json
//   vordb-sim report small.rec -o small.html
//   vordb-sim promote small.rec -o scenarios/golden/cut.txt
//   vordb-sim mutants
//   vordb-sim posture
//   vordb-sim settings
//
// Exit code: 0 pass, 1 violation, 2 wrong usage or runs that could not be made, 3 UNDER-TESTED
// (docs/simulation.md).

#include "server/sim/commands.h"
#include "server/sim/exit_code.h"

int main(int argc, char** argv) {
  using namespace vordb::server;
  CLI::App app{"Runs VorDB nodes in a simulated world and checks what their clients see."};
  app.require_subcommand(1);
  Chosen chosen;
  for (const auto add :
       {add_run, add_swarm, add_replay, add_shrink, add_debug, add_blame, add_export, add_report,
        add_promote, add_mutants, add_posture, add_settings})
    add(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitPass : kExitUsage;
  }
  return chosen();
}
