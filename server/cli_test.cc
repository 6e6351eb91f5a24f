// vordb-cli against a real node: what it prints for people and for scripts, and its exit statuses.
#include "server/cli.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "server/process_harness.h"

namespace vordb::server {
namespace {

struct CliResult {
  int status = -1;
  std::string out;
  std::string err;
};

// `asked`: whoever types the input sits at a terminal.
CliResult run(const std::vector<std::string>& arguments, const std::string& input = "",
              bool asked = false) {
  std::istringstream in(input);
  std::ostringstream out, err;
  Cli cli{in, out, err, asked};
  const int status = run_cli(arguments, cli);
  return {status, out.str(), err.str()};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A node that the cases of this file ask.
class Client {
 public:
  Client() : node_(dir_.path() + "/data") { node_.start(); }
  CliResult operator()(std::vector<std::string> arguments, const std::string& input = "",
                       bool asked = false) {
    arguments.insert(arguments.begin(), {"--tcp-port", std::to_string(node_.tcp_port()),
                                         "--http-port", std::to_string(node_.http_port())});
    return run(arguments, input, asked);
  }
  NodeProcess& node() { return node_; }
  nlohmann::json json(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "--json");
    const CliResult result = (*this)(std::move(arguments));
    CHECK_MESSAGE(result.status == kCliOk, result.out);
    return nlohmann::json::parse(result.out);
  }

 private:
  TempDir dir_;
  NodeProcess node_;
};

TEST_CASE("wrong arguments end with status 2 and say what is wrong") {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {},
           {"fly"},
           {"put", "k"},
           {"incr", "k", "0"},
           {"incr", "k", "9223372036854775808"},
           {"get", "k", "--r", "0"},
           {"--tcp-port", "70000", "ping"},
           {"get", "k", "--context", "!"},
           {"bucket"},
           {"bucket", "create", "b", "--type", "x"},
           {"bucket", "create", "b", "--w", "2", "--consistency", "session"}}) {
    const CliResult result = run(arguments);
    CAPTURE(result.err);
    CHECK(result.status == kCliUsage);
    CHECK_FALSE(result.err.empty());
    CHECK(result.out.empty());
  }
}

TEST_CASE("a refused connection says what to check and ends with status 5") {
  const std::string port = std::to_string(free_port());
  const CliResult tcp = run({"--tcp-port", port, "get", "k"});
  CHECK(tcp.status == kCliUnreachable);
  CHECK(contains(tcp.err, "127.0.0.1:" + port + ": Connection refused"));
  CHECK(contains(tcp.err, "Check --host 127.0.0.1 and --tcp-port " + port));
  const CliResult http = run({"--http-port", port, "status"});
  CHECK(http.status == kCliUnreachable);
  CHECK(contains(http.err, "--http-port " + port));
  const CliResult json = run({"--json", "--tcp-port", port, "put", "k", "v"});
  CHECK(json.status == kCliUnreachable);
  CHECK(nlohmann::json::parse(json.out)["outcome"] == "rejected");
}

TEST_CASE("with --json every failure is one JSON object on standard output") {
  const std::string port = std::to_string(free_port());
  const auto failure = [](const CliResult& result, int status, const std::string& code,
                          const std::string& outcome) {
    CAPTURE(result.out);
    CHECK(result.status == status);
    CHECK(result.err.empty());
    const nlohmann::json json = nlohmann::json::parse(result.out, nullptr, false);
    REQUIRE(json.is_object());
    CHECK(json["error"] == code);
    CHECK(json["outcome"] == outcome);
    CHECK_FALSE(json["message"].get<std::string>().empty());
  };
  for (const char* command : {"status", "members", "ring", "repair", "leave", "full-sync"}) {
    CAPTURE(command);
    failure(run({"--json", "--http-port", port, command}), kCliUnreachable, "UNREACHABLE",
            "rejected");
  }
  failure(run({"ping", "--tcp-port", port, "--json"}), kCliUnreachable, "UNREACHABLE", "rejected");
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--json"},
                                             {"--json", "fly"},
                                             {"put", "k", "--json"},
                                             {"get", "--json", "k", "--r", "0"},
                                             {"incr", "k", "0", "--json"},
                                             {"--json", "get", "k", "--context", "!"}})
    failure(run(wrong), kCliUsage, "BAD_USAGE", "rejected");
  // Not the option: an element of that text.
  CHECK(run({"add", "--nonsense", "--", "--json"}).out.empty());
  Client cli;
  failure(cli({"--json", "bucket", "show", "absent"}), kCliRefused, "NOT_FOUND", "rejected");
  failure(cli({"--json", "down", "absent"}), kCliRefused, "bad_request", "rejected");
  // Neither port speaks the other's protocol.
  failure(run({"--json", "--http-port", std::to_string(cli.node().tcp_port()), "status"}),
          kCliUnreachable, "UNREACHABLE", "rejected");
}

TEST_CASE("standard input that cannot be read and standard output that takes nothing are said") {
  Client cli;
  const std::map<std::string, std::string> at = {
      {"VORDB_TCP_PORT", std::to_string(cli.node().tcp_port())}};
  for (const char* script : {"exec \"$0\" put k - < /tmp", "exec \"$0\" put k - <&-",
                             "exec \"$0\" add s - < /tmp", "exec \"$0\" contains s - < /tmp"}) {
    CAPTURE(script);
    const ProgramResult result = run_in_shell("vordb-cli", script, at);
    CHECK(result.exit_status == kCliUsage);
    CHECK(contains(result.err, "standard input cannot be read"));
  }
  CHECK(cli({"get", "k"}).status == kCliNo);
  CHECK(cli({"put", "k", "v"}).status == kCliOk);
  for (const char* script : {"exec \"$0\" get k > /dev/full", "exec \"$0\" get k >&-",
                             "exec \"$0\" --help > /dev/full"}) {
    CAPTURE(script);
    const ProgramResult result = run_in_shell("vordb-cli", script, at);
    CHECK(result.exit_status == kCliUnknown);
    CHECK(contains(result.err, "standard output cannot be written"));
  }
}

TEST_CASE("registers from the shell: text, binary values, standard input, JSON") {
  Client cli;
  CHECK(cli({"put", "k", "v"}).out == "ok\n");
  CHECK(cli({"get", "k"}).out == "v\n");
  CHECK(cli({"get", "k", "--raw"}).out == "v");
  const std::string binary("\x00\x01\n\xff", 4);
  CHECK(cli({"put", "b", "-"}, binary).status == kCliOk);
  CHECK(cli({"--raw", "get", "b"}).out == binary);
  CHECK(cli.json({"get", "b"})["value_base64"] == "AAEK_w");
  const nlohmann::json answer = cli.json({"put", "k", "w"});
  CHECK(answer["ok"] == true);
  CHECK(answer["timestamp"].get<int64_t>() > 0);
  CHECK(cli.json({"get", "k"})["value"] == "w");
  CHECK(cli.json({"get", "k", "--context", answer["context"].get<std::string>()})["value"] == "w");
  CHECK(cli({"delete", "k"}).status == kCliOk);
  const CliResult absent = cli({"get", "k"});
  CHECK(absent.status == kCliNo);
  CHECK(absent.out.empty());
  CHECK(absent.err == "not found\n");
}

TEST_CASE("sets and counters from the shell") {
  Client cli;
  CHECK(cli({"add", "s", "b", "a", "c"}).status == kCliOk);
  CHECK(cli({"remove", "s", "c"}).status == kCliOk);
  CHECK(cli({"members", "s"}).out == "a\nb\n");
  CHECK(cli.json({"members", "s", "--limit", "1"})["members"] == nlohmann::json::array({"a"}));
  CHECK(cli({"members", "s", "--after", "a"}).out == "b\n");
  CHECK(cli({"contains", "s", "a"}).out == "yes\n");
  CHECK(cli({"contains", "s", "c"}).status == kCliNo);
  CHECK(cli({"contains", "s", "-"}, "a").status == kCliOk);

  CHECK(cli({"incr", "n"}).status == kCliOk);
  CHECK(cli({"incr", "n", "10", "--token", "t"}).status == kCliOk);
  CHECK(cli({"incr", "n", "10", "--token", "t"}).status == kCliOk);
  CHECK(cli({"decr", "n", "4"}).status == kCliOk);
  CHECK(cli({"value", "n"}).out == "7\n");
  CHECK(cli.json({"value", "n"})["value"] == 7);
}

TEST_CASE("elements, keys and values of any text are exactly that text") {
  Client cli;
  const std::vector<std::string> texts = {"[a,b]", "[1,2]", "[]",    "{}",  "%%",  "[",
                                          "]",     "a,b",   "\"q\"", "'q'", "\\n", "-5",
                                          "[[x]]", "#",     "a=b",   "put", "true"};
  std::vector<std::string> sorted = texts;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> arguments = {"add", "all"};
  arguments.insert(arguments.end(), texts.begin(), texts.end());
  CHECK(cli(arguments).status == kCliOk);
  CHECK(cli.json({"members", "all"})["members"] == nlohmann::json(sorted));
  for (const std::string& text : texts) {
    CAPTURE(text);
    CHECK(cli({"add", "s", text}).status == kCliOk);
    CHECK(cli.json({"members", "s"})["members"] == nlohmann::json::array({text}));
    CHECK(cli({"contains", "s", text}).out == "yes\n");
    CHECK(cli({"members", "s", "--after", text}).out.empty());
    CHECK(cli({"remove", "s", text}).status == kCliOk);
    CHECK(cli({"members", "s"}).status == kCliNo);
    CHECK(cli({"put", text, text}).status == kCliOk);
    CHECK(cli({"get", text, "--raw"}).out == text);
    CHECK(cli({"put", text, "w", "--token", text}).status == kCliOk);
    CHECK(cli({"bucket", "create", text, "--type", "orswot"}).status == kCliOk);
    CHECK(cli({"add", text, text, "--bucket", text}).status == kCliOk);
    CHECK(cli({"keys", text}).out == text + "\n");
  }
  CHECK(cli({"put", "--", "--key", "-v"}).status == kCliOk);
  CHECK(cli({"get", "--", "--key"}).out == "-v\n");
  CHECK(cli({"add", "dashes", "--", "-x", "--json", "[a,b]"}).status == kCliOk);
  CHECK(cli({"members", "dashes"}).out == "--json\n-x\n[a,b]\n");
  CHECK(cli({"put", "empty", ""}).status == kCliOk);
  CHECK(cli({"get", "empty", "--raw"}).out.empty());
}

TEST_CASE("buckets and their keys from the shell") {
  Client cli;
  CHECK(cli({"bucket", "create", "b", "--type", "orswot", "--ttl", "1000"}).status == kCliOk);
  const CliResult again = cli({"bucket", "create", "b"});
  CHECK(again.status == kCliRefused);
  CHECK(contains(again.err, "ALREADY_EXISTS"));
  CHECK(cli.json({"bucket", "show", "b"})["ttl_seconds"] == 1000);
  CHECK(contains(cli({"bucket", "list"}).out, "__default_lww__"));
  CHECK(cli.json({"bucket", "list"}).size() == 4);
  for (const char* key : {"x", "y", "z"})
    CHECK(cli({"add", key, "e", "--bucket", "b"}).status == kCliOk);
  std::vector<std::string> keys = cli.json({"keys", "b"})["keys"];
  std::sort(keys.begin(), keys.end());
  CHECK(keys == std::vector<std::string>{"x", "y", "z"});
  const nlohmann::json page = cli.json({"keys", "b", "--limit", "2"});
  CHECK(page["keys"].size() == 2);
  CHECK(cli.json({"keys", "b", "--limit", "2", "--after", page["next"].get<std::string>()})["keys"]
            .size() == 1);
  CHECK(cli({"put", "k", "v", "--bucket", "b"}).status == kCliRefused);
  CHECK(cli({"bucket", "delete", "b"}).status == kCliOk);
  CHECK(cli({"add", "x", "e", "--bucket", "b"}).status == kCliRefused);
}

TEST_CASE("ping, status and the cluster from the shell") {
  Client cli;
  CHECK(contains(cli({"ping"}).out, "pong"));
  CHECK(contains(cli({"status"}).out, "status: running\n"));
  CHECK(cli.json({"status"})["num_vnodes"].get<int>() > 0);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"members"}, {"cluster", "members"}}) {
    const CliResult members = cli(arguments);
    CHECK(members.status == kCliOk);
    CHECK(contains(members.out, "node"));
    CHECK(contains(members.out, "node1"));
  }
  CHECK(cli.json({"members"})["members"].size() == 1);
  CHECK(contains(cli({"ring"}).out, "ring of 256 partitions"));
  CHECK(contains(cli({"ring"}).out, "node1"));
  CHECK(contains(cli({"cluster", "ring", "--partitions"}).out, "255"));
  CHECK(cli.json({"ring"})["owners"].size() == 256);
  CHECK(contains(cli({"handoff"}).out, "moving: 0"));
  CHECK(contains(cli({"handoff", "--watch"}).out, "0/0 partitions"));
  CHECK(cli({"repair"}).status == kCliOk);
  CHECK(cli({"full-sync"}).status == kCliOk);
  const CliResult plan = cli({"plan", "join", "node2"});
  CHECK(plan.status == kCliOk);
  CHECK(contains(plan.out, "node2"));
  CHECK(cli.json({"plan", "join", "node2"})["members"].size() == 2);
  CHECK(cli({"plan", "leave", "nobody"}).status == kCliRefused);
  CHECK(cli({"down", "nobody"}).status == kCliRefused);
  CHECK(cli({"cluster", "remove", "nobody"}).status == kCliRefused);
  CHECK(cli({"replace", "nobody"}).status == kCliRefused);
  CHECK(cli({"join", "nonsense"}).status == kCliRefused);
}

TEST_CASE("before writes may be lost people are asked, and scripts say that they mean it") {
  Client cli;
  const std::vector<std::string> remove = {"cluster", "remove", "nobody", "--accept-loss"};
  CliResult result = cli(remove);
  CHECK(result.status == kCliUsage);
  CHECK(contains(result.err, "--yes"));
  for (const char* no : {"", "n\n", "\n", "yesss\n"}) {
    result = cli(remove, no, true);
    CHECK(result.status == kCliUsage);
    CHECK(contains(result.err, "Nothing was done."));
  }
  // The node was asked, and has no such member.
  for (const char* yes : {"y\n", "yes\n"}) CHECK(cli(remove, yes, true).status == kCliRefused);
  CHECK(cli({"replace", "nobody", "--accept-loss", "--yes"}).status == kCliRefused);
  CHECK(cli({"cluster", "remove", "nobody"}).status == kCliRefused);

  const uint64_t version = cli.json({"ring"})["version"];
  CHECK(cli({"force"}).status == kCliUsage);
  CHECK(cli.json({"ring"})["version"] == version);
  CHECK(cli({"cluster", "force", "--yes"}).status == kCliOk);
  CHECK(cli.json({"ring"})["version"] > version);
  CHECK(cli.json({"members"})["members"].size() == 1);
}

TEST_CASE("a join through a port that nobody listens on is refused and changes nothing") {
  Client cli;
  const CliResult join = cli({"join", "127.0.0.1:" + std::to_string(free_port())});
  CHECK(join.status != kCliOk);
  CHECK(cli.json({"members"})["members"].size() == 1);
}

}  // namespace
}  // namespace vordb::server
