// Commands on the node and its cluster, over the HTTP admin routes. Where there is no better way to
// show an answer it is shown as it comes, JSON objects and lists as tables, so that a node that
// tells more is shown in full by an older vordb-cli too.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <istream>
#include <map>
#include <memory>
#include <ostream>
#include <thread>

#include "io/http_client.h"
#include "server/cli.h"
#include "server/cli_json.h"
#include "server/text_table.h"

namespace vordb::server {
namespace {

// A join is answered within 40 s; leaving takes as long as the data takes.
constexpr int kJoinTimeoutMs = 45000;
constexpr int kLeaveTimeoutMs = 24 * 3600 * 1000;
constexpr auto kWatchPause = std::chrono::milliseconds(300);

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

std::string text_or(const Json& body, const char* name, const std::string& otherwise) {
  if (!body.is_object()) return otherwise;
  const auto found = body.find(name);
  return found != body.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

// 4xx means refused; 5xx too where the answer says that nothing was applied.
int failure(Cli& cli, const io::HttpAnswer& answer, const Json& body) {
  const bool rejected = answer.status < 500 || text_or(body, "outcome", "") == "rejected";
  print_error(cli, text_or(body, "error", fmt::format("HTTP_{}", answer.status)),
              text_or(body, "message", answer.body), text_or(body, "hint", ""),
              rejected ? "rejected" : "unknown");
  return rejected ? kCliRefused : kCliUnknown;
}

// The node's answer; not 0: why there is none was printed, and this is the exit status.
int ask_node(Cli& cli, const std::string& method, const std::string& target,
             const std::string& body, int timeout_ms, Json* json) {
  const absl::StatusOr<io::HttpAnswer> answer =
      io::http_call(cli.host, cli.http_port, method, target, body, timeout_ms);
  if (!answer.ok()) {
    const bool sent = absl::IsDeadlineExceeded(answer.status()) || absl::IsAborted(answer.status());
    const bool unknown = sent && method != "GET";
    const std::string hint = fmt::format(
        "Is a node running there? Check --host {} and --http-port {} (VORDB_HOST, "
        "VORDB_HTTP_PORT).",
        cli.host, cli.http_port);
    print_error(cli, unknown ? "NO_ANSWER" : "UNREACHABLE", std::string(answer.status().message()),
                hint, unknown ? "unknown" : "rejected");
    return unknown ? kCliUnknown : kCliUnreachable;
  }
  *json = Json::parse(answer->body, nullptr, false);
  if (answer->status != 200) return failure(cli, *answer, *json);
  if (json->is_discarded()) {
    print_error(cli, "NO_ANSWER", "the answer is no JSON", "is --http-port that of a node?",
                "unknown");
    return kCliUnknown;
  }
  return kCliOk;
}

using Printer = void (*)(Cli& cli, const Json& answer);

int show(Cli& cli, const std::string& method, const std::string& target, const std::string& body,
         int timeout_ms, Printer print = print_answer) {
  Json json;
  const int status = ask_node(cli, method, target, body, timeout_ms, &json);
  if (status != kCliOk) return status;
  if (cli.json) return print_json(cli, json);
  print(cli, json);
  return kCliOk;
}

void print_members(Cli& cli, const Json& answer) {
  TextTable table({"node", "address", "status", "zone", ">partitions", "connected"});
  for (const Json& member : answer.value("members", Json::array())) {
    table.add({member.value("node_id", ""), member.value("address", ""), member.value("status", ""),
               member.value("zone", ""), std::to_string(member.value("partitions", 0)),
               member.value("connected", false) ? "yes" : "no"});
  }
  cli.out << table.to_string();
}

std::string joined(const Json& names) {
  std::string text;
  for (const Json& name : names) text += (text.empty() ? "" : ", ") + cell_text(name);
  return text;
}

// How much of the ring each node holds.
void print_ring(Cli& cli, const Json& answer) {
  std::map<std::string, std::pair<int, int>> held;  // all, and as the first owner
  for (const Json& owners : answer.value("owners", Json::array())) {
    for (size_t i = 0; i < owners.size(); ++i) {
      auto& [all, first] = held[cell_text(owners[i])];
      ++all;
      first += i == 0;
    }
  }
  TextTable table({"node", ">partitions", ">of them first"});
  for (const auto& [node, counts] : held)
    table.add({node, std::to_string(counts.first), std::to_string(counts.second)});
  cli.out << fmt::format("ring of {} partitions, version {}, {} moving\n",
                         answer.value("ring_size", 0), answer.value("version", uint64_t{0}),
                         answer.value("moves", Json::array()).size())
          << table.to_string();
}

void print_partitions(Cli& cli, const Json& answer) {
  std::map<size_t, std::string> moves;
  for (const Json& move : answer.value("moves", Json::array()))
    moves[move.value("partition", size_t{0})] = joined(move.value("next", Json::array()));
  TextTable table({">partition", "owners", "next", ">version"});
  const Json owners = answer.value("owners", Json::array());
  const Json versions = answer.value("partition_versions", Json::array());
  for (size_t p = 0; p < owners.size(); ++p) {
    table.add({std::to_string(p), joined(owners[p]), moves[p],
               p < versions.size() ? cell_text(versions[p]) : ""});
  }
  cli.out << table.to_string();
}

void print_plan(Cli& cli, const Json& answer) {
  cli.out << fmt::format("{} of {}: {} partitions would change owners, {} copies would move\n",
                         answer.value("change", ""), answer.value("node_id", ""),
                         answer.value("partitions_moved", 0), answer.value("replicas_moved", 0));
  TextTable table({"node", ">partitions now", ">then"});
  for (const Json& load : answer.value("members", Json::array())) {
    table.add({load.value("node_id", ""), std::to_string(load.value("before", 0)),
               std::to_string(load.value("after", 0))});
  }
  cli.out << table.to_string();
}

std::string progress_bar(size_t done, size_t total) {
  constexpr size_t kWidth = 40;
  const size_t filled = total == 0 ? kWidth : done * kWidth / total;
  return fmt::format("[{}{}] {}/{} partitions", std::string(filled, '#'),
                     std::string(kWidth - filled, '.'), done, total);
}

// One line that is written over until nothing moves any more; where nobody looks, a line for each
// step.
int watch_handoff(Cli& cli) {
  size_t total = 0;
  std::string shown;
  for (;;) {
    Json json;
    const int status = ask_node(cli, "GET", "/admin/handoff", "", cli.timeout_ms, &json);
    if (status != kCliOk) return status;
    const size_t left = json.value("moving", size_t{0}) + json.value("draining", size_t{0});
    total = std::max(total, left);
    const std::string bar = progress_bar(total - left, total);
    if (cli.out_is_terminal) cli.out << '\r' << bar << std::flush;
    if (!cli.out_is_terminal && bar != shown) cli.out << bar << std::endl;
    shown = bar;
    if (left == 0) break;
    std::this_thread::sleep_for(kWatchPause);
  }
  if (cli.out_is_terminal) cli.out << '\n';
  return kCliOk;
}

void add_show(CLI::App& app, Cli& cli, const char* name, const char* meaning, const char* method,
              const char* target, Printer print = print_answer) {
  app.add_subcommand(name, meaning)->callback([&cli, method, target, print] {
    cli.action = [&cli, method, target, print] {
      return show(cli, method, target, "", cli.timeout_ms, print);
    };
  });
}

void add_ring(CLI::App& app, Cli& cli) {
  const auto all = std::make_shared<bool>(false);
  CLI::App* ring = app.add_subcommand("ring", "Shows which nodes hold how much");
  ring->add_flag("--partitions", *all, "Each partition with its owners");
  ring->callback([&cli, all] {
    cli.action = [&cli, all] {
      return show(cli, "GET", "/admin/ring", "", cli.timeout_ms,
                  *all ? print_partitions : print_ring);
    };
  });
}

void add_handoff(CLI::App& app, Cli& cli) {
  const auto watch = std::make_shared<bool>(false);
  CLI::App* handoff =
      app.add_subcommand("handoff", "Shows which partitions move, and how far they are");
  handoff->add_flag("--watch", *watch, "A progress bar, until nothing moves any more");
  handoff->callback([&cli, watch] {
    cli.action = [&cli, watch] {
      if (*watch && !cli.json) return watch_handoff(cli);
      return show(cli, "GET", "/admin/handoff", "", cli.timeout_ms);
    };
  });
}

struct ChangeArguments {
  std::string change;
  std::string node;
  std::string zone;
  bool accept_loss = false;
  bool yes = false;
};

// Whether acknowledged writes may be lost for good: whoever sits at a terminal is asked, a script
// says so with --yes.
bool may_lose(Cli& cli, bool yes, const std::string& loss) {
  if (yes) return true;
  if (!cli.in_is_terminal) {
    print_error(cli, "BAD_USAGE", loss, "--yes says that this is meant", "rejected");
    return false;
  }
  cli.err << loss << "\nGo on? [y/N] " << std::flush;
  std::string answer;
  std::getline(cli.in, answer);
  if (answer == "y" || answer == "yes") return true;
  cli.err << "Nothing was done.\n";
  return false;
}

void add_plan(CLI::App& app, Cli& cli) {
  const auto arguments = std::make_shared<ChangeArguments>();
  CLI::App* plan = app.add_subcommand("plan", "What a change would move; changes nothing");
  plan->add_option("change", arguments->change, "join, leave, remove or replace")
      ->required()
      ->check(CLI::IsMember({"join", "leave", "remove", "replace"}));
  plan->add_option("node", arguments->node, "Name of the node that would join or go")->required();
  plan->add_option("--zone", arguments->zone, "Of a node that would join");
  plan->callback([&cli, arguments] {
    cli.action = [&cli, arguments] {
      Json body = {{"change", arguments->change}, {"node_id", arguments->node}};
      if (!arguments->zone.empty()) body["zone"] = arguments->zone;
      return show(cli, "POST", "/admin/plan", body.dump(), cli.timeout_ms, print_plan);
    };
  });
}

void add_join(CLI::App& app, Cli& cli) {
  const auto seed = std::make_shared<std::string>();
  CLI::App* join = app.add_subcommand("join", "Joins the node to a cluster; it must be empty");
  join->add_option("seed", *seed, "A member: host:port of its cluster port, or name@host[:port]")
      ->required();
  join->callback([&cli, seed] {
    cli.action = [&cli, seed] {
      return show(cli, "POST", "/admin/join", Json({{"seed_node", *seed}}).dump(),
                  std::max(cli.timeout_ms, kJoinTimeoutMs));
    };
  });
}

void add_leave(CLI::App& app, Cli& cli) {
  app.add_subcommand("leave", "Hands all data over and takes the node out of the cluster")
      ->callback([&cli] {
        cli.action = [&cli] {
          return show(cli, "POST", "/admin/leave", "", std::max(cli.timeout_ms, kLeaveTimeoutMs));
        };
      });
}

void add_down(CLI::App& app, Cli& cli) {
  const auto node = std::make_shared<std::string>();
  CLI::App* down = app.add_subcommand("down", "Marks a member as known to be away");
  down->add_option("node", *node, "Name of the member")->required();
  down->callback([&cli, node] {
    cli.action = [&cli, node] {
      return show(cli, "POST", "/admin/down", Json({{"node_id", *node}}).dump(),
                  std::max(cli.timeout_ms, kJoinTimeoutMs));
    };
  });
}

// remove and replace: of another member, whose disk is lost.
void add_removal(CLI::App& app, Cli& cli, const char* name, const char* meaning) {
  const auto arguments = std::make_shared<ChangeArguments>();
  CLI::App* change = app.add_subcommand(name, meaning);
  change->add_option("node", arguments->node, "Name of the member")->required();
  change->add_flag("--accept-loss", arguments->accept_loss,
                   "Even where writes may be lost that only lost disks held");
  change->add_flag("--yes", arguments->yes, "Do not ask before something may be lost");
  const std::string target = std::string("/admin/") + name;
  change->callback([&cli, arguments, target] {
    cli.action = [&cli, arguments, target] {
      Json body = {{"node_id", arguments->node}};
      if (arguments->accept_loss) {
        body["accept_loss"] = true;
        const std::string loss = "Writes that only the disk of " + arguments->node +
                                 " and of other members taken out so held are lost for good.";
        if (!may_lose(cli, arguments->yes, loss)) return int(kCliUsage);
      }
      return show(cli, "POST", target, body.dump(), std::max(cli.timeout_ms, kJoinTimeoutMs));
    };
  });
}

void add_force(CLI::App& app, Cli& cli) {
  const auto yes = std::make_shared<bool>(false);
  CLI::App* force = app.add_subcommand(
      "force", "Makes the node go on alone: a majority of the members is lost for good");
  force->add_flag("--yes", *yes, "Do not ask before something may be lost");
  force->callback([&cli, yes] {
    cli.action = [&cli, yes] {
      const std::string loss =
          "The node becomes a cluster of its own. What only other members hold is lost for good, "
          "and they are strangers from then on.";
      if (!may_lose(cli, *yes, loss)) return int(kCliUsage);
      return show(cli, "POST", "/admin/force", Json({{"accept_loss", true}}).dump(),
                  std::max(cli.timeout_ms, kJoinTimeoutMs));
    };
  });
}

void declare_on(CLI::App& app, Cli& cli) {
  add_ring(app, cli);
  add_handoff(app, cli);
  add_plan(app, cli);
  add_join(app, cli);
  add_leave(app, cli);
  add_down(app, cli);
  add_removal(app, cli, "replace", "Takes a member out and has others take over what it held");
  add_force(app, cli);
  add_show(app, cli, "repair", "Shows what replicas still owe one another", "GET", "/admin/repair");
  add_show(app, cli, "full-sync", "Has the node compare everything with its peers", "POST",
           "/admin/full-sync");
}

}  // namespace

int show_cluster_members(Cli& cli) {
  return show(cli, "GET", "/admin/members", "", cli.timeout_ms, print_members);
}

void declare_cluster_commands(CLI::App& app, Cli& cli) {
  add_show(app, cli, "status", "Shows whether the node runs and what it holds", "GET", "/status");
  declare_on(app, cli);
  CLI::App* cluster = app.add_subcommand("cluster", "The same commands, and members and remove");
  cluster->require_subcommand(1);
  cluster->fallthrough();
  declare_on(*cluster, cli);
  // These names belong to sets on the top level.
  add_removal(*cluster, cli, "remove", "Takes a member out whose disk is lost");
  cluster->add_subcommand("members", "Lists the members of the cluster")->callback([&cli] {
    cli.action = [&cli] { return show_cluster_members(cli); };
  });
}

}  // namespace vordb::server
