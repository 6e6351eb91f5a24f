// A shard is a value: a copy goes on as the original would, bit for bit, and neither sees what the
// other does.
#include <doctest/doctest.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "core/cluster/configuration.h"
#include "core/shard.h"
#include "core/tick.h"
#include "proto/peer.pb.h"
#include "sim/chooser.h"
#include "sim/cluster_lab.h"
#include "sim/digest.h"
#include "sim/memory_disk.h"
#include "sim/trace.h"

using namespace vordb;
using vordb::sim::Chooser;
using vordb::sim::ClusterLab;
using vordb::sim::digest_of;
using vordb::sim::MemoryDisk;

namespace {

// What a shard did, in order.
using Deeds = std::vector<std::pair<char, uint64_t>>;

class RecordingDisk : public MemoryDisk {
 public:
  Deeds deeds;

  void commit(ActorId actor, OpId op, Batch batch) override {
    deeds.emplace_back('w', digest_of(batch.rep()) + op);
    MemoryDisk::commit(actor, op, std::move(batch));
  }
  std::optional<ReadResult> read(ActorId actor, OpId op, const ReadRequest& request) override {
    deeds.emplace_back('r', digest_of(request.begin + '/' + request.end) + op);
    return MemoryDisk::read(actor, op, request);
  }
};

// A node of one shard with all that it sees of the world: copied whole.
class Machine : public Clock, public Network, public Random, public Telemetry {
 public:
  Machine() : shard(0, options()) {
    Env env = doors();
    REQUIRE(shard.start(env).ok());
  }

  static NodeOptions options() {
    NodeOptions options;
    options.ring_size = 8;
    options.column_families = 4;
    options.sync_interval_ms = 100;
    options.ttl_sweep_interval_ms = 200;
    options.cache_bytes = 4'000;  // a few keys: what is cached is a matter of chance
    return options;
  }

  Env doors() { return {*this, *this, disk, *this, *this}; }

  void submit(ClientRequest request) {
    Env env = doors();
    request.client = ++clients_;
    shard.submit(std::move(request), env);
  }
  void pass(uint64_t ms) { now_ms_ += ms; }
  void tick() {
    Env env = doors();
    shard.tick(env);
  }
  void end_turn() {
    Env env = doors();
    shard.end_turn(env);
  }
  void one_durable() {
    Env env = doors();
    if (disk.pending() > 0) shard.on_disk(disk.make_durable(), env);
  }
  void reads_arrive() {
    Env env = doors();
    for (DiskEvent& event : disk.take_reads()) shard.on_disk(std::move(event), env);
  }

  uint64_t wall_ms() override { return now_ms_; }
  uint64_t monotonic_us() override { return now_ms_ * 1000; }
  uint64_t next() override { return chance_ += 0x9e3779b97f4a7c15; }
  void send(NodeNumber to, const pb::PeerMessage& message) override {
    disk.deeds.emplace_back('p', digest_of(message.SerializeAsString()) + to);
  }
  void send_to(std::string_view, const pb::PeerMessage& message) override { send(0, message); }
  void set_peers(const Configuration& c) override { disk.deeds.emplace_back('c', c.epoch); }
  void send_local(ActorId, Message message) override {
    disk.deeds.emplace_back('l', digest_of(message));
  }
  void reply(ClientId client, ClientReply reply) override {
    std::string text = reply.value + '/' + reply.context + '/' + reply.error.message + '/' +
                       std::to_string(reply.counter);
    for (const std::string& item : reply.items) text += '/' + item;
    disk.deeds.emplace_back('a', digest_of(text) + uint64_t(reply.kind) + client);
  }
  void reply_to_operator(ClusterChangeReply) override {}
  void received(ActorKind kind, uint8_t tag) override {
    disk.deeds.emplace_back('e', uint64_t(kind) << 8 | tag);
  }
  void sent(ActorKind, uint8_t) override {}
  void transition(ActorKind, uint8_t) override {}
  void violated(std::string_view) override {}
  void log(LogLevel, std::string_view) override {}

  Shard shard;
  RecordingDisk disk;

 private:
  uint64_t now_ms_ = 1'700'000'000'000;
  uint64_t chance_ = 0;
  ClientId clients_ = 0;
};

ClientRequest random_request(Chooser& choose) {
  constexpr Operation kOperationsAsked[] = {
      Operation::kPut,         Operation::kPut,          Operation::kGet,
      Operation::kGet,         Operation::kDelete,       Operation::kSetAdd,
      Operation::kSetAdd,      Operation::kSetRemove,    Operation::kSetMembers,
      Operation::kListKeys,    Operation::kCounterValue, Operation::kCounterIncrement,
      Operation::kCreateBucket};
  ClientRequest request;
  request.operation = kOperationsAsked[choose.below(std::size(kOperationsAsked))];
  request.connection = 1 + choose.below(2);
  request.key = "k" + std::to_string(choose.below(12));
  request.value = std::string(choose.below(200), char('a' + choose.below(20)));
  request.elements = {"e" + std::to_string(choose.below(6))};
  request.config.name = "b" + std::to_string(choose.below(100));
  request.config.ttl_seconds = choose.below(2);
  if (request.operation == Operation::kPut && choose.chance(300'000)) request.bucket = "b0";
  if (request.operation == Operation::kListKeys)
    request.bucket = row_of(BucketType::kLww).default_bucket;
  return request;
}

// The same random event for each of them.
void happen(Chooser& choose, std::vector<Machine*> machines) {
  const uint64_t kind = choose.below(10);
  const ClientRequest request = random_request(choose);
  const uint64_t ms = choose.below(100);
  for (Machine* machine : machines) {
    if (kind < 4) machine->submit(request);
    if (kind == 4) machine->pass(ms);
    if (kind == 5) machine->tick();
    if (kind == 6) machine->end_turn();
    if (kind == 7 || kind == 8) machine->one_durable();
    if (kind == 9) machine->reads_arrive();
  }
}

bool same(const Machine& a, const Machine& b) {
  const ShardFigures x = a.shard.figures(0);
  const ShardFigures y = b.shard.figures(0);
  return a.shard.fingerprint() == b.shard.fingerprint() && a.disk.deeds == b.disk.deeds &&
         a.disk.records() == b.disk.records() && x.cache_hits == y.cache_hits &&
         x.cache_misses == y.cache_misses && x.cache_bytes == y.cache_bytes &&
         a.shard.idle() == b.shard.idle() && a.shard.turn_has_work() == b.shard.turn_has_work();
}

}  // namespace

TEST_CASE("a copy of a shard goes on as the original does") {
  size_t deeds = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Chooser choose(seed);
    Machine machine;
    machine.disk.reads_wait = choose.chance(700'000);
    const uint64_t until = choose.below(300);
    for (uint64_t i = 0; i < until; ++i) happen(choose, {&machine});
    Machine copy = machine;
    const Machine before = machine;
    const auto fingerprint = before.shard.fingerprint();
    deeds -= machine.disk.deeds.size();
    for (int i = 0; i < 200; ++i) {
      happen(choose, {&machine, &copy});
      REQUIRE(same(machine, copy));
      REQUIRE(before.shard.fingerprint() == fingerprint);
    }
    deeds += machine.disk.deeds.size();

    // From a moment long gone it goes the same way once more.
    Machine again = before;
    Machine twin = before;
    for (int i = 0; i < 50; ++i) happen(choose, {&again, &twin});
    CHECK(same(again, twin));
    CHECK(before.shard.fingerprint() == fingerprint);
  }
  CHECK(deeds > 10'000);
}

TEST_CASE("what one of two copies is told the other does not know") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Chooser choose(seed);
    Machine machine;
    for (int i = 0; i < 100; ++i) happen(choose, {&machine});
    Machine copy = machine;
    const Machine before = machine;
    ClientRequest put;
    put.operation = Operation::kPut;
    put.key = "k1";
    put.value = "one";
    machine.submit(put);
    put.value = "another";
    copy.submit(put);
    machine.end_turn();
    copy.end_turn();
    CHECK_FALSE(machine.shard.fingerprint() == copy.shard.fingerprint());
    CHECK_FALSE(machine.disk.deeds == copy.disk.deeds);
    CHECK_FALSE(machine.shard.fingerprint() == before.shard.fingerprint());
    // Assigned, it forgets what it was.
    copy = machine;
    CHECK(same(copy, machine));
    machine = before;
    CHECK(same(machine, before));
  }
}

namespace {

// All that the nodes of a cluster sent one another, and what became of their shards. With
// `copying` shards are often replaced by copies, and the originals kept for a while.
std::pair<std::vector<uint64_t>, std::vector<std::pair<uint64_t, uint64_t>>> cluster_history(
    bool copying) {
  struct Kept {
    Shard shard;
    std::pair<uint64_t, uint64_t> fingerprint;
  };
  Chooser choose(1);
  ClusterLab lab;
  std::deque<Kept> kept;
  for (int step = 0; step < 300; ++step) {
    if (step % 40 == 0 && lab.nodes() < 3) lab.add();
    const size_t node = choose.below(lab.nodes());
    lab.submit(node, random_request(choose));
    if (choose.chance(500'000)) lab.run_for(kTickMs);
    const size_t at = choose.below(lab.nodes());
    const uint16_t index = uint16_t(choose.below(ClusterLab::kShards));
    if (!copying) continue;
    Shard copy = lab.shard(at, index);
    std::swap(copy, lab.shard(at, index));
    kept.push_back({std::move(copy), lab.shard(at, index).fingerprint()});
    if (kept.size() < 8) continue;
    CHECK(kept.front().shard.fingerprint() == kept.front().fingerprint);
    kept.pop_front();
  }
  lab.run_for(20'000);
  std::vector<uint64_t> sent;
  for (const ClusterLab::Sent& message : lab.sent) sent.push_back(digest_of(message.bytes));
  std::vector<std::pair<uint64_t, uint64_t>> fingerprints;
  for (size_t node = 0; node < lab.nodes(); ++node) {
    for (uint16_t index = 0; index < ClusterLab::kShards; ++index) {
      fingerprints.push_back(lab.shard(node, index).fingerprint());
    }
  }
  return {std::move(sent), std::move(fingerprints)};
}

}  // namespace

TEST_CASE("a cluster whose shards are copied all the time does what it would do anyway") {
  const auto plain = cluster_history(false);
  const auto copied = cluster_history(true);
  CHECK(plain.first.size() > 1'000);
  CHECK(plain.first == copied.first);
  CHECK(plain.second == copied.second);
}
