// A node among peers that are not whole. Genuine messages of every kind that a cluster sends are
// changed, from a seed, and handed to one of its nodes in their tens of thousands. Nothing that is
// refused leaves a trace, nothing that is taken breaks the node: it never asserts, takes no dot
// twice, keeps its clocks within bounds, makes no vnode for a stranger, serves its clients and
// starts again on its disk.
//
// A plausible lie is believed: nodes trust one another to mean well. So where a lie may rightly
// stop the service (that this disk is an older copy, that this vnode lives elsewhere, another
// configuration) the node must only stay alive and answer.
#include <doctest/doctest.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/cluster/configuration.h"
#include "core/cluster/founding.h"
#include "core/cluster/ring.h"
#include "core/vnode/record_keys.h"
#include "proto/peer.pb.h"
#include "sim/cluster_lab.h"
#include "sim/fresh_seed_test.h"
#include "sim/hostile_watch_test.h"
#include "sim/peer_mutations.h"

using namespace vordb;
using vordb::sim::ClusterLab;
using vordb::sim::PeerMutations;
using vordb::sim::Watch;
using Kind = ClientReply::Kind;

namespace {

constexpr size_t kVictim = 0;
constexpr size_t kSamplesMax = 60;  // of one body
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kRounds = 1;
#else
constexpr int kRounds = 4;
#endif
constexpr int kMutations = 2500;  // a round
constexpr int kEach = 25;         // mutations between two looks at the node

ClientRequest request_of(Operation operation, const std::string& bucket, const std::string& key) {
  ClientRequest request;
  request.operation = operation;
  request.bucket = bucket;
  request.key = key;
  request.value = "value of " + key;
  request.elements = {"e1", "e2"};
  request.amount = 3;
  return request;
}

std::string body_name(const pb::PeerMessage& message) {
  const auto* body = pb::PeerMessage::descriptor()->FindOneofByName("body");
  const auto* set = message.GetReflection()->GetOneofFieldDescriptor(message, body);
  if (set == nullptr) return "";
  if (!message.has_cluster_message()) return set->name();
  const pb::ClusterMessage& inner = message.cluster_message();
  const auto* kind = inner.GetReflection()->GetOneofFieldDescriptor(
      inner, pb::ClusterMessage::descriptor()->FindOneofByName("body"));
  return kind == nullptr ? "" : kind->name();
}

std::set<std::string> all_bodies() {
  std::set<std::string> names;
  for (const auto* type : {pb::PeerMessage::descriptor(), pb::ClusterMessage::descriptor()}) {
    const auto* body = type->FindOneofByName("body");
    for (int i = 0; i < body->field_count(); ++i) names.insert(body->field(i)->name());
  }
  names.erase("cluster_message");
  return names;
}

// A life of the vnode of the placement that a message concerns.
std::string life_of(const pb::PeerMessage& message, const pb::ReplicaId& life) {
  return std::to_string(message.replication_n()) + " " + std::to_string(message.partition()) + " " +
         life.SerializeAsString();
}

// A cluster of four nodes with buckets of every type and reach, and what they told one another
// while all that happened which makes them speak.
class Cluster {
 public:
  Cluster() {
    for (int i = 0; i < 3; ++i) lab.add();
    lab.run_for(15'000);
    create("one", BucketType::kLww, 1, 1, 1);
    create("pair", BucketType::kOrswot, 2, 1, 1);
    create("strict", BucketType::kLww, 3, 2, 2);
    create("counts", BucketType::kPnCounter, 3, 1, 1);
    create("short", BucketType::kOrswot, 3, 1, 1, 2);
    work("a");
    // What deltas do not bring, pushes do, and then gossip.
    lab.loses = [](const pb::PeerMessage& m) { return m.has_delta() || m.has_gossip(); };
    work("b");
    lab.run_for(1'500);
    lab.loses = nullptr;
    lab.run_for(10'000);
    // Who comes later gets a snapshot.
    lab.add();
    lab.run_for(40'000);
    work("c");
    lab.run_for(2'000);
    for (size_t node = 0; node < lab.nodes(); ++node) lab.full_sync(node);
    keep_samples();
    make_founding_samples();
  }

  uint32_t expected_vnodes_max() const {
    uint32_t placements = 0;
    for (const uint64_t since : configuration().replication_since) placements += since != 0;
    return placements * configuration().ring_size;
  }
  const Configuration& configuration() const { return *victim().configuration(); }
  Shard& victim() const { return const_cast<ClusterLab&>(lab).shard(kVictim); }

  ClusterLab lab;
  std::map<std::string, std::vector<pb::PeerMessage>>
      samples;                      // by body, of others than the victim
  std::set<std::string> own_lives;  // of the victim's vnodes, as others have named them

 private:
  void create(const std::string& name, BucketType type, uint8_t n, uint8_t w, uint8_t r,
              uint64_t ttl_seconds = 0) {
    ClientRequest request;
    request.operation = Operation::kCreateBucket;
    request.config.name = name;
    request.config.type = type;
    request.config.replication_n = n;
    request.config.write_quorum = w;
    request.config.read_quorum = r;
    request.config.ttl_seconds = ttl_seconds;
    const ClientId client = lab.submit(0, request);
    lab.run_for(3'000);
    REQUIRE(lab.reply(client) != nullptr);
    REQUIRE(lab.reply(client)->kind == Kind::kOk);
  }

  void work(const std::string& prefix) {
    for (size_t node = 0; node < lab.nodes(); ++node) {
      for (int i = 0; i < 6; ++i) {
        const std::string key = prefix + std::to_string(node) + std::to_string(i);
        for (const auto& [operation, bucket] : std::vector<std::pair<Operation, std::string>>{
                 {Operation::kPut, "one"},
                 {Operation::kPut, "strict"},
                 {Operation::kSetAdd, "pair"},
                 {Operation::kSetRemove, "pair"},
                 {Operation::kSetAdd, "short"},
                 {Operation::kCounterIncrement, "counts"},
                 {Operation::kDelete, "counts"},
                 {Operation::kGet, "one"},
                 {Operation::kGet, "strict"},
                 {Operation::kSetMembers, "pair"}}) {
          ClientRequest request = request_of(operation, bucket, key);
          if (operation == Operation::kPut) request.request_token = "token " + bucket + key;
          lab.submit(node, request);
        }
        lab.run_for(50);
      }
      lab.submit(node, request_of(Operation::kListKeys, "one", ""));
      lab.run_for(300);
    }
  }

  void keep_samples() {
    const NodeNumber own = lab.number(kVictim);
    for (size_t i = lab.sent.size(); i > 0; --i) {  // the newest are of the present configuration
      pb::PeerMessage message;
      REQUIRE(message.ParseFromString(lab.sent[i - 1].bytes));
      if (message.from_node() == own) {
        if (message.has_from_replica()) {
          own_lives.insert(life_of(message, message.from_replica()));
        }
        continue;
      }
      auto& kept = samples[body_name(message)];
      if (kept.size() < kSamplesMax) kept.push_back(std::move(message));
    }
    lab.sent.clear();
  }

  // This cluster was not founded by a list: what members say then, from one that is no member.
  void make_founding_samples() {
    const std::string disk_id(16, 'd');
    const auto keep = [&](pb::ClusterMessage body) {
      pb::PeerMessage message;
      *message.mutable_cluster_message() = std::move(body);
      samples[body_name(message)].push_back(std::move(message));
    };
    pb::ClusterMessage body;
    pb::FoundingHello* hello = body.mutable_founding_hello();
    hello->set_node_id("n1");
    hello->set_disk_id(disk_id);
    hello->set_founder(disk_id);
    hello->set_text("initial_members = n1=n1:7001");
    hello->set_reply_address("n1:7001");
    keep(body);
    keep(cluster::founding_refusal(body.founding_hello(), "lost"));
    pb::FoundingEntry* entry = body.mutable_founding_entry();
    entry->set_founder(disk_id);
    to_pb(configuration(), entry->mutable_configuration());
    entry->set_reply_address("n1:7001");
    keep(body);
    body.mutable_founding_stored()->set_founder(disk_id);
    body.mutable_founding_stored()->set_disk_id(disk_id);
    keep(body);
  }
};

struct Figures {
  uint64_t fed = 0;
  uint64_t refused = 0;   // by the door or by a vnode
  uint64_t no_bytes = 0;  // were no message any more
  uint64_t answered = 0;  // genuine requests, acknowledged or read back
  uint64_t failed = 0;
};

// Which lies a round may tell.
enum class Lies { kOfData, kAny };

// That some vnode of the victim lives on elsewhere is believed.
bool ends_the_victim(const pb::PeerMessage& message, const Cluster& cluster) {
  for (const pb::ReplicaId& latest : message.announcement().fence()) {
    if (latest.node() == cluster.lab.number(kVictim) &&
        !cluster.own_lives.contains(life_of(message, latest)))
      return true;
  }
  return false;
}

// A fresh key of the default bucket that the victim owns, if it owns any.
std::string own_key(const Cluster& cluster, int count) {
  const Configuration& configuration = cluster.configuration();
  const NodeNumber own = cluster.lab.number(kVictim);
  for (int i = 0;; ++i) {
    const std::string key = "genuine " + std::to_string(count) + " " + std::to_string(i);
    const uint16_t partition =
        cluster::partition_of(cluster::ring_hash(kDefaultLww, key), configuration.ring_size);
    const auto owners = configuration.owners({3, partition});
    if (i == 100 || std::find(owners.begin(), owners.end(), own) != owners.end()) return key;
  }
}

void serve(Cluster& cluster, Lies lies, int count, Figures& figures) {
  ClusterLab& lab = cluster.lab;
  const std::string key = own_key(cluster, count);
  const ClientReply* put = lab.ask(kVictim, request_of(Operation::kPut, "", key));
  const ClientReply* got = lab.ask(kVictim, request_of(Operation::kGet, "", key));
  const bool done = put && put->kind == Kind::kOk && got && got->kind == Kind::kValue &&
                    got->value == "value of " + key && put->timestamp_ms <= Hlc::kMsMax;
  ++(done ? figures.answered : figures.failed);
  if (lies == Lies::kOfData) {
    const std::string put_error = put ? put->error.message : "no answer";
    const std::string get_error = got ? got->error.message : "no answer";
    CHECK_MESSAGE(done, put_error, "; ", get_error);
  }
}

Figures play(uint64_t seed, Lies lies, int mutations) {
  CAPTURE(seed);
  const google::protobuf::LogSilencer silence;  // of strings that are no UTF-8
  Cluster cluster;
  ClusterLab& lab = cluster.lab;
  CHECK(lab.refused(kVictim) == 0);  // whole peers break no rule
  PeerMutations hostile(seed);
  std::vector<std::string> bodies;
  for (const auto& [body, messages] : cluster.samples) {
    for (const pb::PeerMessage& message : messages) hostile.learn(message);
    const bool of_cluster = all_bodies().contains(body) && messages.front().has_cluster_message();
    if (lies == Lies::kAny || !of_cluster) bodies.push_back(body);
  }
  Watch watch(lab, kVictim);
  Figures figures;
  std::vector<ClientId> waiting;
  for (int i = 0; i < mutations; ++i) {
    const std::string& body = bodies[hostile.choose().below(bodies.size())];
    const auto& messages = cluster.samples.at(body);
    pb::PeerMessage message = messages[hostile.choose().below(messages.size())];
    if (!hostile.mutate(&message)) {
      ++figures.no_bytes;
      continue;
    }
    if (lies == Lies::kOfData &&
        (message.has_cluster_message() || ends_the_victim(message, cluster)))
      continue;
    const uint64_t before = lab.refused(kVictim);
    figures.fed += lab.feed(kVictim, message);
    figures.refused += lab.refused(kVictim) != before;
    if (i % kEach != 0) continue;
    // Requests that wait for peers: their operations may be answered by anything.
    std::vector<uint64_t> operations;
    for (const auto& [operation, bucket] :
         std::vector<std::pair<Operation, std::string>>{{Operation::kPut, "strict"},
                                                        {Operation::kListKeys, "one"},
                                                        {Operation::kGet, "pair"},
                                                        {Operation::kGet, "strict"}}) {
      waiting.push_back(lab.submit(kVictim, request_of(operation, bucket, "w")));
    }
    for (const ClusterLab::Sent& sent : lab.sent) {
      pb::PeerMessage asked;
      if (sent.from != kVictim || !asked.ParseFromString(sent.bytes)) continue;
      if (asked.has_list()) operations.push_back(asked.list().origin().op());
      if (asked.has_read()) operations.push_back(asked.read().origin().op());
      if (asked.has_mutate()) operations.push_back(asked.mutate().origin().op());
    }
    hostile.set_operations(std::move(operations));
    lab.run_for(kTickMs);
    serve(cluster, lies, i, figures);
    watch.look(cluster.expected_vnodes_max());
  }
  lab.run_for(15'000);
  for (const ClientId client : waiting) CHECK(lab.reply(client) != nullptr);
  const absl::Status restarted = lab.restart(kVictim);
  CHECK_MESSAGE(restarted.ok(), restarted.message());
  if (restarted.ok()) {
    lab.run_for(1'000);
    watch.look(cluster.expected_vnodes_max());
  }
  return figures;
}

void check_engaged(const Figures& figures, const std::string& what) {
  MESSAGE(what, ": ", figures.fed, " fed, ", figures.refused, " refused, ", figures.no_bytes,
          " no message, ", figures.answered, " genuine requests served, ", figures.failed, " not");
  CHECK(figures.refused > figures.fed / 20);
  CHECK(figures.fed - figures.refused > figures.fed / 20);
  CHECK(figures.answered > 0);
}

}  // namespace

TEST_CASE("hostile peer: every kind of message is among those that are changed") {
  Cluster cluster;
  for (const std::string& body : all_bodies()) {
    CAPTURE(body);
    CHECK(cluster.samples[body].size() > 0);
  }
  CHECK(cluster.lab.refused(kVictim) == 0);
}

TEST_CASE("hostile peer: data from peers breaks no node and stops no service") {
  for (int round = 0; round < kRounds; ++round) {
    check_engaged(play(uint64_t(round + 1), Lies::kOfData, kMutations), "fixed seed");
  }
}

TEST_CASE("hostile peer: nothing that a peer may say breaks a node") {
  for (int round = 0; round < kRounds; ++round) {
    check_engaged(play(uint64_t(round + 101), Lies::kAny, kMutations), "fixed seed");
  }
}

TEST_CASE("hostile peer: nor with seeds that nobody has tried") {
  const uint64_t first = sim::first_fresh_seed();
  check_engaged(play(first, Lies::kOfData, kMutations), "fresh seed");
  check_engaged(play(first + 1, Lies::kAny, kMutations), "fresh seed");
}

// VORDB_HOSTILE=<rounds>, and VORDB_HOSTILE_SEED=<first> for other seeds than the fresh ones.
TEST_CASE("hostile peer: as many seeds as the environment asks for") {
  const char* rounds = std::getenv("VORDB_HOSTILE");
  if (!rounds) return;
  const char* first = std::getenv("VORDB_HOSTILE_SEED");
  const uint64_t begin = first ? std::strtoull(first, nullptr, 10) : sim::first_fresh_seed();
  for (uint64_t seed = begin; seed < begin + std::strtoull(rounds, nullptr, 10); ++seed) {
    CAPTURE(seed);
    play(seed, seed % 2 == 0 ? Lies::kOfData : Lies::kAny, kMutations);
  }
}
