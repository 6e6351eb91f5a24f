// The listed members found one cluster: who may be listed, and how they come to it, with crashes at
// each step.
#include "core/cluster/founding.h"

#include <doctest/doctest.h>

#include "core/cluster/founding_lab_test.h"

using namespace vordb;
using namespace vordb::cluster;
using namespace vordb::cluster::lab;

namespace {

std::string refusal_of(const std::vector<std::string>& listed,
                       const std::vector<std::string>& seeds = {}) {
  NodeOptions options;
  options.node_id = "n1";
  options.initial_members = listed;
  options.seed_nodes = seeds;
  return std::string(listed_members(options).status().message());
}

struct Numbers final : Random {
  uint64_t last = 0;
  uint64_t next() override { return ++last; }
};

Founding founding_of(const std::string& id, const std::string& disk_id) {
  NodeOptions options;
  options.node_id = id;
  options.address = id + ":1";
  options.initial_members = {"a=a:1", "b=b:1", "c=c:1"};
  return Founding(options, FoundingRecord{disk_id, "", nullptr});
}

const std::string kDiskA(16, 'A');
const std::string kDiskB(16, 'B');

}  // namespace

TEST_CASE("founding: a member names the disk that it answers only once that is durable") {
  Numbers numbers;
  Founding first = founding_of("a", kDiskA);
  Founding member = founding_of("b", kDiskB);
  FoundingEffects hello;
  first.tick(1'000'000, numbers, hello);
  REQUIRE(hello.letters.size() == 2);
  CHECK(hello.letters[0].first == "b:1");
  CHECK(hello.letters[0].second.founding_hello().founder() == kDiskA);
  FoundingEffects heard;
  member.step(hello.letters[0].second, heard);
  CHECK(heard.record_changed);
  CHECK(heard.letters.empty());
  CHECK(member.record().founder == kDiskA);
  FoundingEffects early;
  member.tick(1'000'000, numbers, early);
  REQUIRE(early.letters.size() == 2);
  CHECK(early.letters[0].second.founding_hello().founder() == "");
  // An entry that comes now, of whatever origin, is not for it yet.
  NodeOptions options;
  Member own;
  own.node = 1;
  own.node_id = "b";
  own.disk_id = kDiskB;
  pb::ClusterMessage entry;
  entry.mutable_founding_entry()->set_founder(kDiskA);
  to_pb(founding_entry(options, {own}, numbers),
        entry.mutable_founding_entry()->mutable_configuration());
  FoundingEffects none;
  member.step(entry, none);
  CHECK_FALSE(none.chosen);
  FoundingEffects durable;
  member.durable(durable);
  REQUIRE(durable.letters.size() == 1);
  CHECK(durable.letters[0].first == "a:1");
  CHECK(durable.letters[0].second.founding_hello().founder() == kDiskA);
  FoundingEffects taken;
  member.step(entry, taken);
  CHECK(taken.chosen);
  // Of another founder's disk, and for a disk of this member that is lost.
  entry.mutable_founding_entry()->set_founder(kDiskB);
  FoundingEffects refused;
  member.step(entry, refused);
  CHECK_FALSE(refused.chosen);
  entry.mutable_founding_entry()->set_founder(kDiskA);
  entry.mutable_founding_entry()->mutable_configuration()->mutable_members(0)->set_disk_id(kDiskA);
  member.step(entry, refused);
  CHECK_FALSE(refused.chosen);
}

TEST_CASE("founding: what the first member heard of a disk does not stand once that is lost") {
  Numbers numbers;
  Founding first = founding_of("a", kDiskA);
  const auto hear = [&](const std::string& id, const std::string& disk_id, bool answers) {
    FoundingEffects said;
    founding_of(id, disk_id).tick(1'000'000, numbers, said);
    pb::ClusterMessage hello = said.letters[0].second;
    if (answers) hello.mutable_founding_hello()->set_founder(kDiskA);
    FoundingEffects none;
    first.step(hello, none);
    FoundingEffects decided;
    first.tick(1'000'000, numbers, decided);
    return decided.record_changed;
  };
  CHECK_FALSE(hear("b", kDiskB, true));
  CHECK_FALSE(hear("b", std::string(16, 'D'), false));
  CHECK_FALSE(hear("c", std::string(16, 'C'), true));
  CHECK(hear("b", std::string(16, 'D'), true));
  CHECK(first.record().entry->members[1].disk_id == std::string(16, 'D'));
}

TEST_CASE("founding: a list names one to nine distinct members, this node among them") {
  CHECK(refusal_of({"n1=h1:1", "n2=h2:1"}) == "");
  CHECK(refusal_of({"n1=[::1]:1"}) == "");
  CHECK(refusal_of({"n2=h2:1"}).find("must name this node, n1") != std::string::npos);
  CHECK(refusal_of({"n1=h1:1", "n1=h2:1"}).find("must differ") != std::string::npos);
  CHECK(refusal_of({"n1=h1:1", "n2=h1:1"}).find("must differ") != std::string::npos);
  CHECK(refusal_of({"n1=h1:1"}, {"h2:1"}).find("seed_nodes") != std::string::npos);
  for (const char* text : {"n1", "n1=", "n1=h1", "=h1:1", "n1=h1:0", "n1=0.0.0.0:1", "n 1=h1:1"}) {
    CAPTURE(text);
    CHECK(refusal_of({text}).find("node_id=host:port") != std::string::npos);
  }
  std::vector<std::string> ten;
  for (int i = 1; i <= 10; ++i) {
    ten.push_back("n" + std::to_string(i) + "=h" + std::to_string(i) + ":1");
  }
  CHECK(refusal_of(ten).find("at most 9") != std::string::npos);
}

TEST_CASE("founding: one to nine nodes found one cluster of them all, with no join") {
  for (size_t count = 1; count <= 9; ++count) {
    CAPTURE(count);
    Lab lab(count);
    lab.place_founders(count);
    start_all(lab);
    REQUIRE(all_serve(lab));
    check_one_cluster(lab);
    const Configuration& used = lab.used(0);
    CHECK(used.epoch == kFirstEpoch);
    REQUIRE(used.members.size() == count);
    std::vector<size_t> load(count + 1);
    for (const Partition& p : used.partitions) {
      CHECK(p.owners.size() == std::min<size_t>(count, 3));
      CHECK(p.pv == kFirstEpoch);
      for (const NodeNumber owner : p.owners) ++load[owner];
    }
    for (size_t i = 0; i < count; ++i) {
      CHECK(used.members[i].node == i + 1);
      CHECK(used.members[i].node_id == "n" + std::to_string(i + 1));
      CHECK(used.members[i].disk_id == record_of(lab, i).disk_id());
      CHECK(used.members[i].nonce == record_of(lab, i).nonce());
      CHECK(lab.nodes[i]->number == i + 1);
      CHECK(load[i + 1] > 0);
    }
    const uint64_t create = lab.create(count - 1, "b");
    REQUIRE(lab.run_until(10'000, [&] { return lab.answered(create); }));
    CHECK(lab.ok(create));
  }
}

TEST_CASE("founding: the copies of a partition go to different zones") {
  Lab lab(3);
  lab.place_founders(6);
  for (size_t i = 0; i < 6; ++i) lab.nodes[i]->options.zone = "z" + std::to_string(i % 3);
  start_all(lab);
  REQUIRE(all_serve(lab));
  for (const Partition& p : lab.used(0).partitions) {
    std::set<std::string> zones;
    for (const NodeNumber owner : p.owners) zones.insert(lab.used(0).member(owner)->zone);
    CHECK(zones.size() == 3);
  }
}

TEST_CASE("founding: nothing is decided before every listed member has answered") {
  Lab lab(5);
  lab.place_founders(3);
  lab.start(0);
  lab.start(1);
  lab.run_ms(10'000);
  CHECK(serving(lab) == 0);
  CHECK_FALSE(has_decided(lab));
  const uint64_t create = lab.create(1, "b");
  CHECK(lab.answers[create]->code == ErrorCode::kNotReady);
  lab.start(2);
  CHECK(all_serve(lab));
}

TEST_CASE("founding: the first member serves only once another has stored the entry") {
  Lab lab(6);
  lab.place_founders(3);
  start_all(lab);
  REQUIRE(lab.run_until(10'000, [&] { return has_decided(lab); }));
  lab.isolate(0, true);
  lab.run_ms(10'000);
  // The entry may have left before; who has it serves, and the founder does not know.
  CHECK_FALSE(serves(lab, 0));
  lab.crash(0);
  lab.start(0);
  lab.run_ms(5'000);
  CHECK_FALSE(serves(lab, 0));
  lab.isolate(0, false);
  CHECK(all_serve(lab));
  check_one_cluster(lab);
}

TEST_CASE("founding: two of five that store the entry are no majority with the first, three are") {
  Lab lab(8);
  lab.place_founders(5);
  start_all(lab);
  REQUIRE(lab.run_until(10'000, [&] { return has_decided(lab); }));
  for (size_t i = 1; i < 5; ++i) {
    lab.crash(i);
    lab.nodes[i]->used = std::make_shared<const Configuration>();
  }
  lab.run_ms(2'000);
  const size_t before = serving(lab);
  CHECK(before == 0);
  lab.start(1);
  REQUIRE(lab.run_until(5'000, [&] { return serves(lab, 1); }));
  lab.run_ms(5'000);
  CHECK_FALSE(serves(lab, 0));
  lab.start(2);
  REQUIRE(lab.run_until(5'000, [&] { return serves(lab, 0) && serves(lab, 2); }));
  start_all(lab);
  CHECK(all_serve(lab));
}

TEST_CASE("founding: with crashes at any moment, lost and late letters, one cluster is founded") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Lab lab(seed);
    lab.place_founders(2 + seed % 4);
    lab.loss_percent = 20;
    lab.delay_us = seed % 2 == 0 ? 20'000 : 2'000'000;
    for (int i = 0; i < 40; ++i) {
      const size_t at = lab.below(lab.nodes.size());
      if (!lab.nodes[at]->up()) {
        lab.start(at);
      } else if (lab.below(2) == 0) {
        lab.crash(at);
      } else {
        lab.isolate(at, lab.below(2) == 0);
      }
      lab.run_ms(lab.below(400));
      check_one_cluster(lab);
    }
    lab.cut.clear();
    lab.loss_percent = 0;
    start_all(lab);
    CHECK(all_serve(lab, 30'000));
    check_one_cluster(lab);
    for (size_t i = 0; i < lab.nodes.size(); ++i) CHECK(lab.nodes[i]->number == i + 1);
  }
}

TEST_CASE("founding: a member whose list or defaults differ is refused, and the difference named") {
  Lab lab(13);
  lab.place_founders(3);
  lab.nodes[1]->options.replication_n = 2;
  start_all(lab);
  lab.run_ms(5'000);
  CHECK(serving(lab) == 0);
  CHECK(says(lab, 1, "at n1 replication_n = 3, at n2 replication_n = 2"));
  CHECK(says(lab, 0, "replication_n = 2"));
  lab.crash(1);
  lab.nodes[1]->options.replication_n = 3;
  lab.nodes[1]->options.initial_members.pop_back();
  lab.start(1);
  lab.run_ms(5'000);
  CHECK(serving(lab) == 0);
  CHECK(says(lab, 1,
             "at n1 initial_members = n1=h0:1,n2=h1:1,n3=h2:1, at n2 initial_members = "
             "n1=h0:1,n2=h1:1"));
  lab.crash(1);
  lab.nodes[1]->options.initial_members = {"n3=h2:1", "n1=h0:1", "n2=h1:1"};  // in any order
  lab.start(1);
  CHECK(all_serve(lab));
}

TEST_CASE("founding: who joins by seeds, or is not listed, is told so") {
  Lab lab(14);
  lab.place_founders(3);
  lab.nodes[1]->options.seed_nodes = lab.nodes[1]->options.initial_members = {};
  lab.nodes[1]->options.seed_nodes = {"nowhere:1"};
  start_all(lab);
  lab.run_ms(3'000);
  CHECK(says(lab, 0, "n2 has no initial_members"));
  CHECK(serving(lab) == 0);

  Lab founded(15);
  founded.place_founders(2);
  start_all(founded);
  REQUIRE(all_serve(founded));
  const size_t late = founded.place("n3");
  founded.nodes[late]->options.initial_members = {"n1=h0:1", "n2=h1:1", "n3=h2:1"};
  founded.start(late);
  founded.run_ms(3'000);
  CHECK(says(founded, late, "n3 is none of its members"));
  CHECK_FALSE(serves(founded, late));
}

TEST_CASE("founding: a start with the entry asks nobody, and warns of a changed list") {
  Lab lab(16);
  lab.place_founders(3);
  start_all(lab);
  REQUIRE(all_serve(lab));
  for (size_t i = 0; i < 3; ++i) lab.crash(i);
  std::swap(lab.nodes[0]->options.initial_members[0], lab.nodes[0]->options.initial_members[2]);
  lab.start(0);
  CHECK(serves(lab, 0));
  CHECK(lab.nodes[0]->warnings.empty());
  lab.nodes[1]->options.initial_members.pop_back();
  lab.start(1);
  CHECK(serves(lab, 1));
  CHECK(says(lab, 1, "was not founded with that list"));
  lab.nodes[2]->options.initial_members.clear();
  lab.start(2);
  CHECK(all_serve(lab));
  CHECK(lab.nodes[2]->warnings.empty());
}

TEST_CASE("founding: a member that was away is given the entry's successor") {
  Lab lab(17);
  lab.place_founders(3);
  start_all(lab);
  REQUIRE(lab.run_until(10'000, [&] { return has_decided(lab); }));
  lab.crash(2);
  lab.nodes[2]->used = std::make_shared<const Configuration>();
  REQUIRE(lab.run_until(10'000, [&] { return serves(lab, 0) && serves(lab, 1); }));
  const uint64_t create = lab.create(0, "b");
  REQUIRE(lab.run_until(10'000, [&] { return lab.answered(create); }));
  REQUIRE(lab.ok(create));
  lab.crash(0);
  lab.start(2);
  REQUIRE(lab.run_until(10'000, [&] { return serves(lab, 2); }));
  CHECK(lab.used(2).bucket("b"));
  CHECK(lab.nodes[2]->number == 3);
  check_one_cluster(lab);
}

TEST_CASE("founding: a node that waits to found may be told to join instead") {
  Lab lab(18);
  lab.add("other");
  const size_t at = lab.place("n1");
  lab.nodes[at]->options.initial_members = {"n1=h1:1", "n2=h2:1"};
  lab.start(at);
  lab.run_ms(2'000);
  CHECK_FALSE(serves(lab, at));
  const uint64_t join = lab.change(at, ClusterChange::Kind::kJoin, lab.address(0));
  REQUIRE(lab.run_until(20'000, [&] { return lab.answered(join) && lab.settled(); }));
  CHECK(lab.ok(join));
  CHECK(lab.used(at).cluster_id == lab.used(0).cluster_id);
}
