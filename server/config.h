// Reads a node's settings: a TOML file, overridden by environment variables VORDB_<NAME>,
// overridden by flags --<name>.
//
// Every value is checked wherever it stands; each wrong or unknown one becomes one line of `errors`
// that names its place (file:line:column, variable or flag) and what it must be. Nothing here
// touches the data directory or the network.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/settings.h"

namespace vordb::server {

inline constexpr const char* kVersion = "0.1.0";

// Variables of the process's environment by name.
using Environment = std::map<std::string, std::string>;

struct Config {
  enum class Action { kRun, kPrint };

  Action action = Action::kRun;
  std::string text;  // of kPrint: what to write to standard output before exit 0
  Settings settings;
  std::map<std::string, std::string>
      origins;  // setting -> where its value stands; absent: the default
  // Asked for on the command line only: it is for one start, after an operator has looked.
  bool accept_log_loss = false;
  std::vector<std::string> errors;  // not empty: print them and exit 2
};

// `arguments` without the program's name. `default_file` is read when no --config is given and
// there is something of this name; one that cannot be read is an error.
Config load_config(const std::vector<std::string>& arguments, const Environment& environment,
                   const std::string& default_file = "vordb.toml");

// The environment of this process.
Environment process_environment();

// Cores that this process may run on.
uint64_t usable_cores();

// The settings as a TOML file, each with a comment that says where its value comes from.
std::string print_config(const Config& config);

// The settings table of docs/configuration.md.
std::string config_docs();

}  // namespace vordb::server
