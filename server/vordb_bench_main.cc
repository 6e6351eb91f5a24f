// vordb-bench: how fast a running node is. Exit status: 0 measured, 1 the server could not be
// reached or answered with errors, 2 wrong arguments.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <optional>
#include <system_error>

#include "server/bench_cluster.h"
#include "server/bench_report.h"
#include "server/bench_runs.h"
#include "server/config.h"

namespace vordb::server {
namespace {

struct Arguments {
  std::vector<std::string> runs = {"load"};
  std::string protocol = "tcp";
  BenchOptions options;
  bool json = false;
};

void declare(CLI::App& app, Arguments& arguments) {
  LoadSpec& spec = arguments.options.spec;
  std::string runs = "What to measure, any of:";
  std::vector<std::string> names = {"all"};
  for (const BenchRun& run : bench_runs()) {
    runs += fmt::format("\n  {}: {}", run.name, run.meaning);
    names.emplace_back(run.name);
  }
  runs += "\n  all: every one of them but load and cluster\n";
  app.add_option("run", arguments.runs, runs)->check(CLI::IsMember(names))->type_name("");
  app.add_option("--protocol", arguments.protocol, "tcp, http or both")
      ->check(CLI::IsMember({"tcp", "http", "both"}))
      ->capture_default_str();
  app.add_option("--host", spec.host, "Address of the node")
      ->envname("VORDB_HOST")
      ->capture_default_str();
  app.add_option("--tcp-port,--tcp_port", arguments.options.tcp_port, "Port of the binary protocol")
      ->envname("VORDB_TCP_PORT")
      ->capture_default_str();
  app.add_option("--http-port,--http_port", arguments.options.http_port, "Port of HTTP")
      ->envname("VORDB_HTTP_PORT")
      ->capture_default_str();
  app.add_option("--clients", spec.clients, "Connections")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--depth", spec.depth, "Requests in flight on each")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--reads", spec.read_percent, "Share of reads, %")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  app.add_option("--keys", spec.keys, "Different keys")
      ->check(CLI::Range(1, 1000000000))
      ->capture_default_str();
  app.add_option("--value-bytes", spec.value_bytes, "Size of a register's value")
      ->check(CLI::Range(0, 13000000))
      ->capture_default_str();
  app.add_option("--elements", spec.elements, "Elements of each set")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  app.add_option("--max-elements", arguments.options.elements_max,
                 "The largest set of the run sets")
      ->check(CLI::Range(10, 100000000))
      ->capture_default_str();
  std::map<std::string, BucketType> types_by_name;
  for (const BucketTypeRow& row : kBucketTypes) types_by_name[row.name] = row.type;
  app.add_option("--type", spec.type, "lww, orswot or pn_counter")
      ->transform(CLI::CheckedTransformer(types_by_name))
      ->type_name("");
  app.add_option("--bucket", spec.bucket, "Bucket of that type instead of the default one");
  app.add_option("--seconds", spec.seconds, "Duration of each measurement")
      ->check(CLI::Range(0.01, 86400.0))
      ->capture_default_str();
  app.add_option("--threads", spec.threads, "Threads of the client")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--seed", spec.seed, "Seed of the choice of keys")->capture_default_str();
  app.add_option("--ring-size", arguments.options.ring_size,
                 "Partitions, for the run balance; 0 asks the node")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  app.add_option_function<std::vector<std::string>>(
         "--node",
         [&arguments](const std::vector<std::string>& texts) {
           arguments.options.nodes.clear();
           for (const std::string& text : texts) {
             const absl::StatusOr<BenchNode> node = parse_bench_node(text);
             if (!node.ok())
               throw CLI::ValidationError("--node", std::string(node.status().message()));
             arguments.options.nodes.push_back(*node);
           }
         },
         "A node of the run cluster, host:tcp_port:http_port; without it the three of "
         "`make cluster`")
      ->type_name("NODE");
  app.add_option("--away-pid", arguments.options.away_pid,
                 "Process of the last of them: it is stopped during writes, and the run cluster "
                 "measures its return")
      ->check(CLI::Range(1, 1 << 30));
  app.add_option("--away-writes", arguments.options.away_writes, "How many")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  app.add_flag("--json", arguments.json, "One JSON object a line instead of tables");
  app.set_version_flag("--version", std::string("vordb-bench ") + kVersion);
}

std::vector<BenchRun> chosen_runs(const std::vector<std::string>& names) {
  std::vector<BenchRun> chosen;
  for (const BenchRun& run : bench_runs()) {
    const std::string name = run.name;
    const auto asked = [&](const std::string& text) {
      return text == name || (text == "all" && run.in_all);
    };
    if (std::any_of(names.begin(), names.end(), asked)) chosen.push_back(run);
  }
  return chosen;
}

// Runs all and prints; true when every answer was good.
bool measure(const Arguments& arguments) {
  uint64_t errors = 0;
  std::string first_error;
  for (const BenchRun& run : chosen_runs(arguments.runs)) {
    std::vector<BenchRow> rows;
    std::vector<FigureRow> figures;
    BenchReport report;
    report.row = [&](const BenchRow& row) {
      errors += row.result.errors;
      if (first_error.empty()) first_error = row.result.first_error;
      if (arguments.json)
        fmt::print("{}\n", bench_json(row));
      else
        rows.push_back(row);
      std::fflush(stdout);
    };
    report.figure = [&](const FigureRow& row) {
      if (arguments.json)
        fmt::print("{}\n", figure_json(row));
      else
        figures.push_back(row);
      std::fflush(stdout);
    };
    report.balance = [&](const BalanceRow& row) {
      fmt::print("{}\n", arguments.json ? balance_json(row) : balance_table(row));
    };
    const absl::Status status = run.run(arguments.options, report);
    if (!rows.empty()) fmt::print("{}\n", bench_table(rows));
    if (!figures.empty()) fmt::print("{}\n", figure_table(figures));
    if (!status.ok()) {
      fmt::print(stderr, "vordb-bench: {}: {}\n", run.name, std::string(status.message()));
      if (absl::IsUnavailable(status)) {
        fmt::print(stderr, "Does a node run there? See --host, --tcp-port and --http-port.\n");
      }
      return false;
    }
  }
  if (errors > 0)
    fmt::print(stderr, "vordb-bench: {} error answers, the first: {}\n", errors, first_error);
  return errors == 0;
}

int run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Measures a running VorDB node with a closed-loop load.", "vordb-bench");
  declare(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (arguments.protocol != "tcp") arguments.options.protocols = {Protocol::kHttp};
  if (arguments.protocol == "both") arguments.options.protocols = {Protocol::kTcp, Protocol::kHttp};
  try {
    const bool good = measure(arguments);
    if (std::fflush(stdout) == 0) return good ? 0 : 1;
  } catch (const std::system_error&) {
    // fmt says so of a full device.
  }
  std::fputs("vordb-bench: standard output cannot be written\n", stderr);
  return 1;
}

}  // namespace
}  // namespace vordb::server

int main(int argc, char** argv) { return vordb::server::run(argc, argv); }
