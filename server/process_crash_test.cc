// kill -9 under load: whatever was acknowledged is there after a restart, in both durability modes.
// This is a process crash, not a power loss: what the kernel already has survives it.
#include <fmt/format.h>

#include <doctest/doctest.h>
#include <algorithm>
#include <csignal>
#include <map>

#include "proto/client.pb.h"
#include "server/process_harness.h"

namespace vordb::server {
namespace {

constexpr int kRounds = 4;
constexpr uint32_t kWriters = 4;
constexpr uint32_t kDepth = 32;
constexpr uint32_t kKeysAWriter = 20;

// What one writer sent and what was acknowledged, over all rounds.
struct Ledger {
  std::map<std::string, uint64_t> acked_put;  // key -> the highest acknowledged number
  std::map<std::string, uint64_t> sent_put;   // key -> the highest number sent
  std::map<std::string, bool> acked_element;  // element -> acknowledged
  uint64_t acked_increments = 0;
  uint64_t sent_increments = 0;
};

// One connection with a pipeline of puts, adds and increments in turn. Numbers of puts rise for
// ever.
class Writer {
 public:
  Writer(NodeProcess& node, uint32_t index, Ledger& ledger, uint64_t& next)
      : client_(node.client()), index_(index), ledger_(ledger), next_(next) {}

  // Fills the pipeline and takes one answer. False when the connection is dead.
  bool step() {
    while (pending_.size() < kDepth) send_one();
    if (!client_.flush().ok()) return false;
    pb::Response response;
    if (!client_.receive(&response).ok()) return false;
    REQUIRE_MESSAGE(response.has_ok(), response.ShortDebugString());
    acknowledge(pending_.front());
    pending_.erase(pending_.begin());
    return true;
  }

 private:
  std::string key_of(uint64_t number) const {
    return fmt::format("w{}-{}", index_, number % kKeysAWriter);
  }
  std::string element_of(uint64_t number) const { return fmt::format("w{}-e{}", index_, number); }

  void send_one() {
    const uint64_t number = next_++;
    pb::Request request;
    if (number % 3 == 0) {
      request.mutable_put()->set_key(key_of(number));
      request.mutable_put()->set_value(std::to_string(number));
      ledger_.sent_put[key_of(number)] = number;
    } else if (number % 3 == 1) {
      request.mutable_set_add()->set_key("set");
      request.mutable_set_add()->set_element(element_of(number));
      ledger_.acked_element.emplace(element_of(number), false);
    } else {
      request.mutable_counter_increment()->set_key("counter");
      ++ledger_.sent_increments;
    }
    client_.queue(request);
    pending_.push_back(number);
  }

  void acknowledge(uint64_t number) {
    if (number % 3 == 0) {
      ledger_.acked_put[key_of(number)] = number;
    } else if (number % 3 == 1) {
      ledger_.acked_element[element_of(number)] = true;
    } else {
      ++ledger_.acked_increments;
    }
  }

  io::FrameClient client_;
  uint32_t index_;
  Ledger& ledger_;
  uint64_t& next_;
  std::vector<uint64_t> pending_;
};

// Loads the node until `operations` are acknowledged, kills it in the middle, and drains what was
// already on the way.
void load_and_kill(NodeProcess& node, Ledger& ledger, uint64_t& next, uint32_t operations) {
  std::vector<Writer> writers;
  for (uint32_t i = 0; i < kWriters; ++i) writers.emplace_back(node, i, ledger, next);
  for (uint32_t i = 0; i < operations; ++i) REQUIRE(writers[i % kWriters].step());
  REQUIRE(kill(node.pid(), SIGKILL) == 0);
  for (Writer& writer : writers) {
    while (writer.step()) {
    }
  }
  CHECK(node.wait() == -SIGKILL);
}

pb::Response call(io::FrameClient& client, const pb::Request& request) {
  pb::Response response;
  const absl::Status status = client.call(request, &response);
  REQUIRE_MESSAGE(status.ok(), status.ToString());
  return response;
}

void check_registers(io::FrameClient& client, const Ledger& ledger) {
  for (const auto& entry : ledger.acked_put) {
    const std::string& key = entry.first;
    const uint64_t acked = entry.second;
    pb::Request request;
    request.mutable_get()->set_key(key);
    const pb::Response response = call(client, request);
    CAPTURE(key);
    REQUIRE_MESSAGE(response.has_value(), response.ShortDebugString());
    const uint64_t value = std::stoull(response.value().value());
    CHECK(value >= acked);
    CHECK(value <= ledger.sent_put.at(key));
  }
}

void check_set_and_counter(io::FrameClient& client, const Ledger& ledger) {
  pb::Request members;
  members.mutable_set_members()->set_key("set");
  const pb::Response set = call(client, members);
  const auto& found = set.set_members().members();
  size_t lost = 0;
  for (const auto& [element, acked] : ledger.acked_element) {
    if (acked && !std::binary_search(found.begin(), found.end(), element)) ++lost;
  }
  CHECK(lost == 0);
  CHECK(size_t(found.size()) <= ledger.acked_element.size());

  pb::Request value;
  value.mutable_counter_value()->set_key("counter");
  const pb::Response counter = call(client, value);
  CHECK(uint64_t(counter.counter_value().value()) >= ledger.acked_increments);
  CHECK(uint64_t(counter.counter_value().value()) <= ledger.sent_increments);
}

void crash_rounds(const std::string& durability, const std::string& shards) {
  TempDir dir;
  NodeProcess node(dir.path() + "/data", {"--durability", durability, "--shards", shards});
  Ledger ledger;
  uint64_t next = 0;
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    node.start();
    io::FrameClient client = node.client();
    check_registers(client, ledger);
    if (round > 0) check_set_and_counter(client, ledger);
    load_and_kill(node, ledger, next, 300 + 700 * uint32_t(round));
  }
  node.start();
  io::FrameClient client = node.client();
  check_registers(client, ledger);
  check_set_and_counter(client, ledger);
  CHECK(ledger.acked_put.size() > kWriters * kKeysAWriter / 2);
  CHECK(ledger.acked_increments > 100);
}

TEST_CASE("kill -9 under load loses nothing acknowledged with durability fsync") {
  crash_rounds("fsync", "1");
}

TEST_CASE("kill -9 under load loses nothing acknowledged with durability buffered") {
  crash_rounds("buffered", "1");
}

TEST_CASE("kill -9 under load loses nothing acknowledged with several shards") {
  crash_rounds("fsync", "3");
}

TEST_CASE("kill -9 while a node starts or has just started loses nothing") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  Ledger ledger;
  uint64_t next = 0;
  node.start();
  load_and_kill(node, ledger, next, 500);
  for (int round = 0; round < 5; ++round) {
    node.launch();
    // Each time a little later into the start.
    poll_until(round * 40, [] { return false; });
    node.kill_hard();
  }
  node.start();
  io::FrameClient client = node.client();
  check_registers(client, ledger);
  check_set_and_counter(client, ledger);
}

}  // namespace
}  // namespace vordb::server
