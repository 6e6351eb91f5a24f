// Commands on the node and its cluster, over the HTTP admin routes: what they answer is shown as it
// comes, JSON objects and lists as tables, so that a node that tells more is shown in full by an
// older vordb-cli too.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "io/http_client.h"
#include "server/cli.h"
#include "server/cli_json.h"
#include "server/text_table.h"

namespace vordb::server {
namespace {

std::string cell_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A list of objects as one row each; the columns are the names of the first.
std::string rows_table(const Json& rows) {
  std::vector<std::string> titles;
  for (const auto& [name, ignored] : rows.front().items()) titles.push_back(name);
  TextTable table(titles);
  for (const Json& row : rows) {
    std::vector<std::string> cells;
    for (const std::string& title : titles) {
      const auto cell = row.find(title);
      cells.push_back(cell == row.end() ? "" : cell_text(*cell));
    }
    table.add(std::move(cells));
  }
  return table.to_string();
}

bool is_rows(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_object(); });
}

void print_answer(Cli& cli, const Json& answer) {
  if (is_rows(answer)) {
    cli.out << rows_table(answer);
    return;
  }
  if (!answer.is_object()) {
    print_line(cli, cell_text(answer));
    return;
  }
  for (const auto& [name, value] : answer.items()) {
    if (is_rows(value)) {
      cli.out << name << ":\n" << rows_table(value);
    } else if (value.is_array()) {
      cli.out << name << ":\n";
      for (size_t i = 0; i < value.size(); ++i)
        cli.out << fmt::format("  {:>4}  {}\n", i, printable(cell_text(value[i])));
    } else {
      cli.out << fmt::format("{}: {}\n", name, printable(cell_text(value)));
    }
  }
}

// 4xx means refused; 5xx too where the answer says that nothing was applied.
int failure(Cli& cli, const io::HttpAnswer& answer, const Json& body) {
  const std::string outcome = body.is_object() ? body.value("outcome", "") : "";
  const bool rejected = answer.status < 500 || outcome == "rejected";
  if (cli.json) {
    cli.out << answer.body << '\n';
  } else {
    cli.err << fmt::format("vordb-cli: the node answered {}: {}\n", answer.status,
                           printable(answer.body));
  }
  return rejected ? kCliRefused : kCliUnknown;
}

int call_admin(Cli& cli, const std::string& method, const std::string& target,
               const std::string& body) {
  const absl::StatusOr<io::HttpAnswer> answer =
      io::http_call(cli.host, cli.http_port, method, target, body, cli.timeout_ms);
  if (!answer.ok()) {
    const bool late = absl::IsDeadlineExceeded(answer.status());
    cli.err << fmt::format("vordb-cli: {}\n", std::string(answer.status().message()));
    cli.err << fmt::format(
        "  hint: Is a node running there? Check --host {} and --http-port {} (VORDB_HOST, "
        "VORDB_HTTP_PORT).\n",
        cli.host, cli.http_port);
    return late && method != "GET" ? kCliUnknown : kCliUnreachable;
  }
  const Json json = Json::parse(answer->body, nullptr, false);
  if (answer->status != 200) return failure(cli, *answer, json);
  if (cli.json || json.is_discarded()) {
    cli.out << answer->body << '\n';
  } else {
    print_answer(cli, json);
  }
  return kCliOk;
}

void add_route(CLI::App& app, Cli& cli, const char* name, const char* meaning, const char* method,
               const char* target) {
  app.add_subcommand(name, meaning)->callback([&cli, method, target] {
    cli.action = [&cli, method, target] { return call_admin(cli, method, target, ""); };
  });
}

}  // namespace

void declare_cluster_commands(CLI::App& app, Cli& cli) {
  add_route(app, cli, "status", "Shows whether the node runs and what it holds", "GET", "/status");
  CLI::App* cluster = app.add_subcommand("cluster", "Shows and changes the cluster");
  cluster->require_subcommand(1);
  cluster->fallthrough();
  add_route(*cluster, cli, "members", "Lists the members", "GET", "/admin/members");
  add_route(*cluster, cli, "ring", "Shows which nodes hold which partitions", "GET", "/admin/ring");
  add_route(*cluster, cli, "leave", "Hands all data over and takes the node out of the cluster",
            "POST", "/admin/leave");
  add_route(*cluster, cli, "full-sync", "Has the node compare everything with its peers", "POST",
            "/admin/full-sync");
  const auto seed = std::make_shared<std::string>();
  CLI::App* join = cluster->add_subcommand("join", "Joins the node to a cluster");
  join->add_option("seed", *seed, "A member: host:port of its cluster port, or name@host[:port]")
      ->required();
  join->callback([&cli, seed] {
    cli.action = [&cli, seed] {
      return call_admin(cli, "POST", "/admin/join", Json({{"seed_node", *seed}}).dump());
    };
  });
}

}  // namespace vordb::server
