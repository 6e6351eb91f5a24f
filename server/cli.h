// vordb-cli: every client operation from a shell. The commands are declared by family (cli_data.cc,
// cli_buckets.cc, cli_cluster.cc); what they share is here: where the node is, how answers are
// shown, and what exit statuses mean.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace vordb::pb {
class Request;
class Response;
}  // namespace vordb::pb

namespace vordb::server {

// Exit statuses, as docs/cli.md lists them.
enum CliExit : int {
  kCliOk = 0,
  kCliNo = 1,           // not found; of `contains`: it does not
  kCliUsage = 2,        // wrong arguments
  kCliRefused = 3,      // the node refused: nothing was applied
  kCliUnknown = 4,      // the outcome is not known: it may have been applied, or may yet be
  kCliUnreachable = 5,  // no connection: nothing was sent
};

struct Cli {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool out_is_terminal = false;

  std::string host = "127.0.0.1";
  uint16_t tcp_port = 5001;
  uint16_t http_port = 4001;
  int timeout_ms = 15000;
  bool json = false;
  bool raw = false;

  // What the chosen command does; its result is the exit status.
  std::function<int()> action = {};
};

// Parses and runs one command line (without the program's name).
int run_cli(const std::vector<std::string>& arguments, Cli& cli);

void declare_data_commands(CLI::App& app, Cli& cli);
void declare_bucket_commands(CLI::App& app, Cli& cli);
void declare_cluster_commands(CLI::App& app, Cli& cli);

// `members` without a key: those of the cluster.
int show_cluster_members(Cli& cli);

// A failure: one JSON object on standard output with --json, else lines on standard error.
// `outcome` is rejected or unknown.
void print_error(Cli& cli, const std::string& code, const std::string& message,
                 const std::string& hint, const char* outcome);

// One request over the binary protocol. On anything but an answer without an error it prints why
// and returns the exit status; kCliOk leaves the answer in `response`.
int cli_call(Cli& cli, const pb::Request& request, pb::Response* response);

// Text from a user: "-" reads standard input to its end. Nothing when that cannot be read, which
// was printed then: the exit status is kCliUsage.
std::optional<std::string> argument_or_stdin(Cli& cli, const std::string& text);

// Bytes as a line: escaped on a terminal, else as they are.
void print_line(Cli& cli, const std::string& bytes);

// Causal contexts as people can copy them.
std::string base64(const std::string& bytes);
bool from_base64(const std::string& text, std::string* bytes);

}  // namespace vordb::server
