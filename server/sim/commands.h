// The commands of vordb-sim. Each add_... puts one on the command line with its options, and sets
// `chosen` if that is the one that was asked for.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace vordb::server {

using Chosen = std::function<int()>;  // does it; returns the exit code

void add_run(CLI::App& app, Chosen& chosen);
void add_swarm(CLI::App& app, Chosen& chosen);
void add_replay(CLI::App& app, Chosen& chosen);
void add_shrink(CLI::App& app, Chosen& chosen);
void add_debug(CLI::App& app, Chosen& chosen);
void add_export(CLI::App& app, Chosen& chosen);
void add_blame(CLI::App& app, Chosen& chosen);
void add_mutants(CLI::App& app, Chosen& chosen);
void add_promote(CLI::App& app, Chosen& chosen);
void add_posture(CLI::App& app, Chosen& chosen);
void add_report(CLI::App& app, Chosen& chosen);
void add_settings(CLI::App& app, Chosen& chosen);

}  // namespace vordb::server
