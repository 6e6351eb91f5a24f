#include "server/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <istream>
#include <iterator>
#include <ostream>

#include "absl/strings/escaping.h"
#include "io/frame_client.h"
#include "proto/client.pb.h"
#include "server/cli_json.h"
#include "server/config.h"
#include "server/text_table.h"

namespace vordb::server {
namespace {

constexpr const char* kFooter =
    "A value or element of - is read from standard input.\n"
    "Exit status: 0 done, 1 not found (contains: no), 2 wrong arguments, 3 refused (nothing was "
    "applied),\n"
    "4 outcome unknown (may have been applied), 5 no connection. Details: docs/cli.md";

void print_error(Cli& cli, const std::string& code, const std::string& message,
                 const std::string& hint, const char* outcome) {
  if (cli.json) {
    Json json = {{"error", code}, {"message", message}, {"outcome", outcome}};
    if (!hint.empty()) json["hint"] = hint;
    print_json(cli, json);
    return;
  }
  cli.err << fmt::format("vordb-cli: {}: {} (outcome: {})\n", code, printable(message), outcome);
  if (!hint.empty()) cli.err << "  hint: " << printable(hint) << '\n';
}

int unreachable(Cli& cli, const absl::Status& status) {
  const std::string hint = fmt::format(
      "Is a node running there? Check --host {} and --tcp-port {} (VORDB_HOST, VORDB_TCP_PORT), "
      "and the line "
      "\"vordb is ready\" in its log.",
      cli.host, cli.tcp_port);
  print_error(cli, "UNREACHABLE", std::string(status.message()), hint, "rejected");
  return kCliUnreachable;
}

int refused(Cli& cli, const pb::ErrorResponse& error) {
  const bool rejected = error.outcome() == pb::REJECTED;
  print_error(cli, error.code(), error.message(), error.hint(), rejected ? "rejected" : "unknown");
  return rejected ? kCliRefused : kCliUnknown;
}

}  // namespace

int cli_call(Cli& cli, const pb::Request& request, pb::Response* response) {
  absl::StatusOr<io::FrameClient> client =
      io::FrameClient::connect(cli.host, cli.tcp_port, cli.timeout_ms);
  if (!client.ok()) return unreachable(cli, client.status());
  if (const absl::Status status = client->call(request, response); !status.ok()) {
    print_error(cli, "NO_ANSWER", std::string(status.message()), "", "unknown");
    return kCliUnknown;
  }
  return response->has_error() ? refused(cli, response->error()) : kCliOk;
}

std::string argument_or_stdin(Cli& cli, const std::string& text) {
  if (text != "-") return text;
  return std::string(std::istreambuf_iterator<char>(cli.in), {});
}

void print_line(Cli& cli, const std::string& bytes) {
  cli.out << (cli.out_is_terminal ? printable(bytes) : bytes) << '\n';
}

std::string base64(const std::string& bytes) { return absl::WebSafeBase64Escape(bytes); }

bool from_base64(const std::string& text, std::string* bytes) {
  return absl::WebSafeBase64Unescape(text, bytes);
}

int run_cli(const std::vector<std::string>& arguments, Cli& cli) {
  CLI::App app("Talks to a VorDB node.", "vordb-cli");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", std::string("vordb-cli ") + kVersion);
  app.add_option("--host", cli.host, "Address of the node")
      ->envname("VORDB_HOST")
      ->capture_default_str();
  app.add_option("--tcp-port,--tcp_port", cli.tcp_port, "Port of the binary protocol")
      ->envname("VORDB_TCP_PORT")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  app.add_option("--http-port,--http_port", cli.http_port, "Port of HTTP, for status and cluster")
      ->envname("VORDB_HTTP_PORT")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  app.add_option("--timeout-ms", cli.timeout_ms, "How long to wait for the node")
      ->check(CLI::Range(1, 3600000))
      ->capture_default_str();
  app.add_flag("--json", cli.json, "Answers as JSON, for scripts");
  app.add_flag("--raw", cli.raw, "get: exactly the bytes of the value, without a line break");
  declare_data_commands(app, cli);
  declare_bucket_commands(app, cli);
  declare_cluster_commands(app, cli);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return app.exit(error, cli.out, cli.err) == 0 ? kCliOk : kCliUsage;
  }
  return cli.action();
}

}  // namespace vordb::server
