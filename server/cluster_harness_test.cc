#include "server/cluster_harness.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "proto/client.pb.h"

namespace vordb::server {
namespace {

using Json = nlohmann::json;

constexpr int kSettleMs = 60000;
constexpr int kAgreeMs = 30000;
constexpr int kAnswerMs = 15000;

std::optional<pb::Response> ask(NodeProcess& node, const pb::Request& request) {
  absl::StatusOr<io::FrameClient> client =
      io::FrameClient::connect(node.host(), node.tcp_port(), kAnswerMs);
  pb::Response response;
  if (!client.ok() || !client->call(request, &response).ok()) return std::nullopt;
  return response;
}

Json json_of(NodeProcess& node, const std::string& target) {
  const absl::StatusOr<io::HttpAnswer> answer =
      io::http_call(node.host(), node.http_port(), "GET", target, "", 5000);
  if (!answer.ok()) return Json();
  return Json::parse(answer->body, nullptr, false);
}

}  // namespace

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Cluster::Cluster(size_t count, std::vector<std::string> flags) : flags_(std::move(flags)) {
  for (size_t number = 1; number <= count; ++number) {
    add_node();
    start(number);
    if (number > 1) join(number, 1);
  }
  std::vector<size_t> all;
  for (size_t number = 1; number <= count; ++number) all.push_back(number);
  settle(all);
}

NodeProcess& Cluster::add_node() {
  const size_t number = nodes_.size() + 1;
  std::vector<std::string> flags = {"--node_id",          fmt::format("node{}", number),
                                    "--sync_interval_ms", "200",
                                    "--durability",       "buffered"};
  flags.insert(flags.end(), flags_.begin(), flags_.end());
  nodes_.push_back(
      std::make_unique<NodeProcess>(fmt::format("{}/n{}", dir_.path(), number), std::move(flags)));
  return *nodes_.back();
}

void Cluster::start(size_t number) { node(number).start(); }

void Cluster::join(size_t number, size_t seed) {
  const io::HttpAnswer answer = node(number).http(
      "POST", "/admin/join", Json({{"seed_node", node(seed).cluster_address()}}).dump(), 45000);
  REQUIRE_MESSAGE(answer.status == 200, "node" << number << ": " << answer.body << "\nlog:\n"
                                               << node(number).log() << "\nseed's log:\n"
                                               << node(seed).log());
}

void Cluster::wipe(size_t number) { std::filesystem::remove_all(node(number).data_dir()); }

bool Cluster::settled(const std::vector<size_t>& numbers) {
  for (const size_t number : numbers) {
    const Json members = json_of(node(number), "/admin/members");
    const Json handoff = json_of(node(number), "/admin/handoff");
    if (!members.is_object() || !handoff.is_object()) return false;
    if (members["members"].size() != numbers.size()) return false;
    for (const Json& member : members["members"]) {
      if (member["status"] != "up") return false;
    }
    if (handoff["moving"] != 0 || handoff["draining"] != 0) return false;
  }
  return true;
}

void Cluster::settle(const std::vector<size_t>& numbers) {
  const bool done = poll_until(kSettleMs, [&] { return settled(numbers); });
  std::string what;
  for (const size_t number : numbers) {
    if (done) break;
    what += fmt::format(
        "node{}: {} {}\n{}\n", number, json_of(node(number), "/admin/members").dump(),
        json_of(node(number), "/admin/handoff").dump().substr(0, 500), node(number).log());
  }
  REQUIRE_MESSAGE(done, what);
}

std::string Ledger::contradiction(NodeProcess& node) const {
  for (const auto& [key, value] : registers) {
    pb::Request request;
    request.mutable_get()->set_key(key);
    const auto response = ask(node, request);
    if (!response) return "no answer";
    if (!response->has_value() || response->value().value() != value)
      return fmt::format("register {}: {}", key, response->ShortDebugString());
  }
  for (const auto& [key, elements] : added) {
    pb::Request request;
    request.mutable_set_members()->set_key(key);
    const auto response = ask(node, request);
    if (!response) return "no answer";
    const auto& members = response->set_members().members();
    const std::set<std::string> found(members.begin(), members.end());
    for (const std::string& element : elements) {
      if (!found.contains(element)) return fmt::format("set {} lacks {}", key, element);
    }
    const auto perhaps = perhaps_added.find(key);
    for (const std::string& element : found) {
      if (elements.contains(element)) continue;
      if (perhaps == perhaps_added.end() || !perhaps->second.contains(element))
        return fmt::format("set {} has {}, which nobody added", key, element);
    }
  }
  for (const auto& [key, sum] : increments) {
    pb::Request request;
    request.mutable_counter_value()->set_key(key);
    const auto response = ask(node, request);
    if (!response) return "no answer";
    const uint64_t value = uint64_t(response->counter_value().value());
    const auto perhaps = perhaps_increments.find(key);
    const uint64_t most = sum + (perhaps == perhaps_increments.end() ? 0 : perhaps->second);
    if (value < sum || value > most)
      return fmt::format("counter {} is {}, must be {} to {}", key, value, sum, most);
  }
  return "";
}

Load::Load(Cluster& cluster, std::vector<size_t> through, std::string name)
    : cluster_(cluster),
      through_(std::move(through)),
      name_(std::move(name)),
      thread_([this] { run(); }) {}

void Load::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Load::run() {
  for (uint64_t op = 0; !stopping_; ++op) one(through_[op % through_.size()], op);
}

void Load::one(size_t number, uint64_t op) {
  std::optional<io::FrameClient>& client = clients_[number];
  if (!client) {
    NodeProcess& node = cluster_.node(number);
    absl::StatusOr<io::FrameClient> made =
        io::FrameClient::connect(node.host(), node.tcp_port(), kAnswerMs);
    if (!made.ok()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      return;
    }
    client.emplace(*std::move(made));
  }
  const uint32_t w = 1 + uint32_t(op / 3 % 2);
  const std::string key = fmt::format("{}-{}", name_, op % 7);
  const std::string item = fmt::format("{}-e{}", name_, op);
  pb::Request request;
  if (op % 3 == 0) {
    request.mutable_put()->set_key(item);
    request.mutable_put()->set_value(key);
    request.mutable_put()->set_w(w);
  } else if (op % 3 == 1) {
    request.mutable_set_add()->set_key(key);
    request.mutable_set_add()->set_element(item);
    request.mutable_set_add()->set_w(w);
  } else {
    request.mutable_counter_increment()->set_key(key);
    request.mutable_counter_increment()->set_w(w);
  }
  pb::Response response;
  const bool answered = client->call(request, &response).ok();
  if (!answered) client.reset();
  const bool done = answered && response.has_ok();
  const bool rejected =
      answered && response.has_error() && response.error().outcome() == pb::REJECTED;
  ++(done ? ledger_.acknowledged : rejected ? ledger_.rejected : ledger_.unknown);
  if (done) ++acknowledged_;
  if (rejected) return;
  if (op % 3 == 0) {
    if (done) ledger_.registers[item] = key;
  } else if (op % 3 == 1) {
    (done ? ledger_.added : ledger_.perhaps_added)[key].insert(item);
  } else {
    ++(done ? ledger_.increments : ledger_.perhaps_increments)[key];
  }
}

void check_ledger(Cluster& cluster, const std::vector<size_t>& numbers, const Ledger& ledger) {
  for (const size_t number : numbers) {
    std::string problem;
    poll_until(kAgreeMs, [&] {
      problem = ledger.contradiction(cluster.node(number));
      return problem.empty();
    });
    CHECK_MESSAGE(problem.empty(), "node" << number << ": " << problem);
  }
}

TEST_CASE("a ledger tells what is missing and what is too much") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  node.start();
  REQUIRE(node.http("POST", "/set/s/add", R"({"element":"a"})").status == 200);
  REQUIRE(node.http("POST", "/counter/c/increment", "").status == 200);
  REQUIRE(node.http("PUT", "/kv/k", R"({"value":"v"})").status == 200);
  Ledger ledger;
  ledger.added["s"] = {"a"};
  ledger.increments["c"] = 1;
  ledger.registers["k"] = "v";
  CHECK(ledger.contradiction(node) == "");
  ledger.added["s"] = {"a", "b"};
  CHECK(ledger.contradiction(node) == "set s lacks b");
  ledger.added["s"] = {};
  CHECK(ledger.contradiction(node) == "set s has a, which nobody added");
  ledger.perhaps_added["s"] = {"a"};
  CHECK(ledger.contradiction(node) == "");
  ledger.increments["c"] = 2;
  CHECK(ledger.contradiction(node) == "counter c is 1, must be 2 to 2");
  ledger.increments["c"] = 0;
  CHECK(ledger.contradiction(node) == "counter c is 1, must be 0 to 0");
  ledger.perhaps_increments["c"] = 1;
  CHECK(ledger.contradiction(node) == "");
  ledger.registers["k"] = "w";
  CHECK(has(ledger.contradiction(node), "register k: "));
}

}  // namespace vordb::server
