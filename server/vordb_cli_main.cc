// vordb-cli: server/cli.h on a terminal.
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "server/cli.h"
#include "server/common/standard_files.h"

int main(int argc, char** argv) {
  vordb::server::hold_standard_files();
  std::ios::sync_with_stdio(false);
  vordb::server::Cli cli{std::cin, std::cout, std::cerr};
  cli.in_is_terminal = isatty(STDIN_FILENO) == 1;
  cli.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  const int status = vordb::server::run_cli(std::vector<std::string>(argv + 1, argv + argc), cli);
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "vordb-cli: standard output cannot be written\n";
    return vordb::server::kCliUnknown;
  }
  return status;
}
