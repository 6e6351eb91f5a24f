#include "server/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <istream>
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

// CLI11 takes an argument in brackets for a list and splits it. A byte behind the bracket, which no
// argument of a process can hold, keeps it whole; each option takes it away again.
constexpr char kWhole = '\0';

std::string keep_whole(std::string text) {
  if (text.starts_with('[') && text.ends_with(']')) text += kWhole;
  return text;
}

void restore_whole(CLI::App& app) {
  const CLI::Validator restore(
      [](std::string& text) {
        if (text.ends_with(kWhole)) text.pop_back();
        return std::string();
      },
      "");
  for (CLI::Option* option : app.get_options()) option->transform(restore);
  for (CLI::App* command : app.get_subcommands({})) restore_whole(*command);
}

// Wrong usage ends the parser before it has set any flag.
bool asks_for_json(const std::vector<std::string>& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::find(arguments.begin(), end, "--json") != end;
}

int wrong_usage(Cli& cli, const CLI::App& app, const CLI::ParseError& error) {
  if (!cli.json) {
    app.exit(error, cli.out, cli.err);
  } else {
    print_error(cli, "BAD_USAGE", error.what(), "vordb-cli --help lists the commands", "rejected");
  }
  return kCliUsage;
}

}  // namespace

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

std::optional<std::string> argument_or_stdin(Cli& cli, const std::string& text) {
  if (text != "-") return text;
  std::string bytes;
  char part[1 << 16];
  do {
    cli.in.read(part, sizeof part);
    bytes.append(part, size_t(cli.in.gcount()));
  } while (cli.in);
  if (!cli.in.bad()) return bytes;
  print_error(cli, "BAD_USAGE", "standard input cannot be read",
              "- stands for standard input, which must be a file or a pipe here", "rejected");
  return std::nullopt;
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
  restore_whole(app);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  for (std::string& argument : reversed) argument = keep_whole(std::move(argument));
  try {
    app.parse(reversed);
  } catch (const CLI::Success& success) {
    return app.exit(success, cli.out, cli.err);
  } catch (const CLI::ParseError& error) {
    cli.json = asks_for_json(arguments);
    return wrong_usage(cli, app, error);
  }
  try {
    return cli.action();
  } catch (const std::exception& error) {
    // JSON of another shape than a node answers with.
    print_error(cli, "NO_ANSWER", fmt::format("the answer is not understood: {}", error.what()),
                "does a VorDB node of this version listen there?", "unknown");
    return kCliUnknown;
  }
}

}  // namespace vordb::server
