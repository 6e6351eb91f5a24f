// What vordb-sim says when it has said all, and the exit code that goes with it.
#pragma once

#include <iostream>
#include <string>

#include "server/sim/exit_code.h"

namespace vordb::server {

inline int usage(const std::string& why) {
  std::cerr << "vordb-sim: " << why << "\n";
  return kExitUsage;
}

inline int not_run(const std::string& why) {
  std::cerr << "vordb-sim: " << why << "\n";
  return kExitNotRun;
}

// What nobody could read is no result.
inline int print(const std::string& text, int code) {
  std::cout << text << std::flush;
  return std::cout ? code : not_run("what was found could not be written to standard output");
}

}  // namespace vordb::server
