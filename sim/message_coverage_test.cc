// The table of messages between nodes against whole clusters: what runs must have seen of it, and
// that what it calls impossible is reported when it happens.
#include "sim/message_coverage.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/shard.h"
#include "proto/peer.pb.h"
#include "sim/cluster_lab.h"
#include "sim/scenario_file_test.h"
#include "sim/world.h"

namespace vordb::sim {
namespace {

using S = TakerState;

size_t row_of(const std::string& name) {
  for (size_t row = 0; row < kMessageRows; ++row) {
    if (message_table()[row].name() == name) return row;
  }
  FAIL("no message is called " << name);
  return 0;
}

struct Cell {
  const char* message;
  TakerState state;
};

// What a few runs of these scenarios cannot miss unless a way through the node is gone.
const std::vector<Cell> kSeen = {
    {"delta", S::kOwner},
    {"delta", S::kReceiving},
    {"delta", S::kCounting},
    {"delta", S::kUnfenced},
    {"gossip", S::kOwner},
    {"gossip", S::kReceiving},
    {"push", S::kOwner},
    {"announcement", S::kOwner},
    {"announcement", S::kUnfenced},
    {"announcement", S::kDraining},
    {"announcement", S::kReceiving},
    {"announcement", S::kCounting},
    {"digest", S::kShard},
    {"snapshot_pull", S::kOwner},
    {"snapshot_part", S::kReceiving},
    {"scrub_ask", S::kOwner},
    {"scrub_answer", S::kOwner},
    {"mutate", S::kOwner},
    {"read", S::kUnfenced},
    {"read", S::kOwner},
    {"read", S::kReceiving},
    {"list", S::kOwner},
    {"push_request", S::kOwner},
    {"mutate_reply", S::kMutating},
    {"read_reply", S::kAsking},
    {"read_reply", S::kGathering},
    {"read_reply", S::kNoOperation},
    {"list_reply", S::kListing},
    {"ack", S::kCollecting},
    {"ack", S::kMutating},
    {"ack", S::kNoOperation},
    {"prepare", S::kUp},
    {"promise", S::kUp},
    {"accept", S::kUp},
    {"accepted", S::kUp},
    {"accepted", S::kJoining},
    {"heartbeat", S::kUp},
    {"heartbeat", S::kJoining},
    {"news", S::kUp},
    {"moves", S::kUp},
    {"join", S::kUp},
    {"join_reply", S::kSeeking},
    {"founding_hello", S::kFounding},
    {"founding_entry", S::kFounding},
    {"founding_stored", S::kFounding},
};

TEST_CASE("messages: a few runs meet the takers in the states that matter") {
  MessageCoverage all;
  for (const char* name : {"everything", "membership-churn", "founding"}) {
    const Scenario scenario = load_scenario(name, {{"/duration_ms", "4000"}});
    for (const uint64_t seed : {1, 2, 3}) {
      const RunResult result = std::make_unique<World>(scenario, seed)->run();
      for (const Violation& violation : result.findings.violations()) FAIL_CHECK(violation.text);
      CHECK(result.findings.count(Property::kMessagesExpected).evaluated > 1000);
      all.add(result.messages);
    }
  }
  for (const Cell& cell : kSeen) {
    CHECK_MESSAGE(all.seen(row_of(cell.message), cell.state) > 0, cell.message,
                  " never came to who is ", to_string(cell.state));
  }
  // What is impossible did not happen either.
  for (size_t row = 0; row < kMessageRows; ++row) {
    for (size_t state = 0; state < kTakerStates; ++state) {
      if (message_table()[row].possible(S(state))) continue;
      CHECK_MESSAGE(all.seen(row, S(state)) == 0, message_table()[row].name(), " in ",
                    to_string(S(state)));
    }
  }
}

// A world in which somebody meddles with what its nodes send.
class MeddledWorld : public World {
 public:
  using World::World;

  std::optional<PeerBytes> take_peer_message(const Event& event) override {
    std::optional<PeerBytes> arrived = World::take_peer_message(event);
    pb::PeerMessage message;
    if (!arrived || !message.ParseFromString(arrived->bytes) || !meddle) return arrived;
    if (meddle(message)) arrived->bytes = message.SerializeAsString();
    return arrived;
  }
  bool (*meddle)(pb::PeerMessage& message) = nullptr;
};

std::string complaint_of(bool (*meddle)(pb::PeerMessage& message)) {
  const Scenario scenario = load_scenario("everything", {{"/duration_ms", "4000"}});
  auto world = std::make_unique<MeddledWorld>(scenario, 3);
  world->meddle = meddle;
  const RunResult result = world->run();
  if (result.findings.clean()) return "";
  const Violation& first = result.findings.violations()[0];
  return first.property == Property::kMessagesExpected ? first.text : to_string(first.property);
}

TEST_CASE("messages: what the table calls impossible is a violation when it happens") {
  const auto says = [](const std::string& text, const char* part) {
    CHECK_MESSAGE(text.find(part) != std::string::npos, "'", text, "' is not about ", part);
  };
  says(complaint_of([](pb::PeerMessage& message) {
         if (message.has_delta()) message.set_replication_n(10);
         return message.has_delta();
       }),
       "delta in a state in which none comes: ill-formed");
  says(complaint_of([](pb::PeerMessage& message) {
         if (message.has_ack()) message.set_shard(60);
         return message.has_ack();
       }),
       "ack in a state in which none comes: misplaced");
  says(complaint_of([](pb::PeerMessage& message) {
         if (!message.has_read_reply()) return false;
         const uint64_t op = message.read_reply().op();
         message.mutable_list_reply()->set_op(op);
         return true;
       }),
       "list_reply in a state in which none comes");
}

TEST_CASE("messages: to look how an actor stands to a message changes nothing") {
  ClusterLab lab;
  for (int i = 0; i < 2; ++i) {
    lab.add();
    lab.run_for(3000);
  }
  CHECK(lab.sent.size() > 50);
  const auto before = lab.shard(0).fingerprint();
  for (const ClusterLab::Sent& sent : lab.sent) {
    pb::PeerMessage message;
    REQUIRE(message.ParseFromString(sent.bytes));
    lab.shard(0).taker_state(message);
  }
  CHECK(lab.shard(0).fingerprint() == before);
}

}  // namespace
}  // namespace vordb::sim
