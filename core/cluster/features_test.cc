// Features of programs: told by each member, switched on for all by an entry, and never off.
#include "core/features.h"

#include <doctest/doctest.h>

#include "core/cluster/membership_lab_test.h"

using namespace vordb;
using namespace vordb::cluster;
using lab::Lab;

namespace {

const Features kNew = {"later", "new"};
const Features kSome = {"new"};

size_t add(Lab& lab, const std::string& id, const Features& features, bool by_seed = true) {
  const size_t index = lab.place(id);
  lab.nodes[index]->options.features = features;
  if (by_seed) lab.nodes[index]->options.seed_nodes = {"h0:1"};
  lab.start(index);
  return index;
}

void grow_to(Lab& lab, size_t size, const Features& features) {
  while (lab.nodes.size() < size) {
    add(lab, "n" + std::to_string(lab.nodes.size() + 1), features, !lab.nodes.empty());
  }
  REQUIRE(lab.run_until(60'000, [&] {
    for (const auto& node : lab.nodes) {
      if (node->status() != MemberStatus::kUp) return false;
    }
    return lab.settled();
  }));
}

void restart(Lab& lab, size_t index, const Features& features) {
  lab.crash(index);
  lab.nodes[index]->options.features = features;
  lab.start(index);
}

bool warned(const Lab& lab, size_t index, const std::string& part) {
  for (const std::string& text : lab.nodes[index]->warnings) {
    if (text.find(part) != std::string::npos) return true;
  }
  return false;
}

ChainOperation of_features(ChainOperation::Kind kind, NodeNumber node, Features features) {
  ChainOperation operation;
  operation.kind = kind;
  operation.node = node;
  operation.features = std::move(features);
  return operation;
}

}  // namespace

TEST_CASE("features: a cluster begins with what its first node has") {
  Lab lab(1);
  grow_to(lab, 3, kNew);
  CHECK(lab.used(0).features_on == kNew);
  CHECK(lab.used(0).epoch == lab.used(2).epoch);
  CHECK(lab.used(2).member(3)->features == kNew);
}

TEST_CASE("features: switched on once the last member that stays has it, over bad links") {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    Lab lab(seed);
    lab.loss_percent = seed % 3 * 10;
    grow_to(lab, 4, {});
    for (size_t index = 0; index < 4; ++index) {
      CHECK(lab.used(index).features_on.empty());
      // The one that leaves stays with the program that it has.
      if (index == 2) lab.change(2, ClusterChange::Kind::kLeave, "");
      if (index != 2) restart(lab, index, kNew);
      lab.run_ms(2'000);
    }
    REQUIRE(lab.run_until(60'000, [&] {
      return lab.used(0).features_on == kNew && lab.used(1).features_on == kNew &&
             lab.used(3).features_on == kNew;
    }));
  }
}

TEST_CASE("features: whoever is away holds them up, and none is switched on without it") {
  Lab lab(3);
  grow_to(lab, 3, {});
  restart(lab, 0, kNew);
  restart(lab, 1, kNew);
  lab.crash(2);
  lab.run_ms(20'000);
  CHECK(lab.used(0).features_on.empty());
  lab.nodes[2]->options.features = kSome;
  lab.start(2);
  REQUIRE(lab.run_until(30'000, [&] { return lab.used(0).features_on == kSome; }));
  restart(lab, 2, kNew);
  REQUIRE(lab.run_until(30'000, [&] { return lab.used(0).features_on == kNew; }));
}

TEST_CASE("features: a joiner that lacks what is on is refused by its name") {
  Lab lab(4);
  grow_to(lab, 2, kNew);
  const size_t old = add(lab, "old", kSome);
  lab.run_ms(5'000);
  CHECK(lab.used(0).members.size() == 2);
  CHECK(warned(lab, old, "has switched on later, which this node's program does not have"));
  restart(lab, old, kNew);
  REQUIRE(lab.run_until(30'000, [&] { return lab.nodes[old]->status() == MemberStatus::kUp; }));
}

TEST_CASE("features: a member that comes back without what is on does not start") {
  Lab lab(5);
  grow_to(lab, 2, kNew);
  lab.crash(1);
  lab::Lab::Node& node = *lab.nodes[1];
  node.options.features = kSome;
  Env env{*node.doors, *node.doors, *node.doors, *node.doors, *node.doors};
  const absl::StatusOr<StartState> started = start_node(0, node.options, env);
  CHECK(started.status().message() ==
        "the cluster has switched on later, which this node's program does not have: start a "
        "program that has it");
}

// It was the last to have it, went away, and came back with the program before.
TEST_CASE("features: a member that hears of one that it lacks says so and goes no further") {
  Lab lab(6);
  grow_to(lab, 3, kSome);
  for (size_t index = 0; index < 3; ++index) restart(lab, index, kNew);
  REQUIRE(lab.run_until(30'000, [&] { return lab.used(0).member(3)->features == kNew; }));
  lab.crash(2);
  REQUIRE(lab.run_until(30'000, [&] { return lab.used(0).features_on == kNew; }));
  REQUIRE(lab.nodes[2]->used->features_on == kSome);
  lab.nodes[2]->options.features = kSome;
  const uint64_t before = lab.nodes[2]->used->epoch;
  lab.start(2);
  lab.run_ms(15'000);
  CHECK(lab.used(2).epoch == before);
  CHECK(warned(lab, 2, "has switched on later"));
  CHECK(lab.used(0).features_on == kNew);
}

TEST_CASE("features: operations know who must have what") {
  using Kind = ChainOperation::Kind;
  Member first, second;
  first.node = 1;
  first.node_id = "a";
  second.node = 2;
  second.node_id = "b";
  first.features = kNew;
  second.features = kSome;
  const Configuration both = found_cluster(std::string(16, 'c'), 4, {first, second}, {});
  CHECK(both.features_on == kSome);
  CHECK(to_switch_on(both).empty());
  const auto early = apply(of_features(Kind::kSwitchOn, 0, {"later"}), both);
  CHECK(early.status().message() == "b does not have later");
  CHECK(absl::IsAlreadyExists(apply(of_features(Kind::kSwitchOn, 0, kSome), both).status()));
  const auto back = apply(of_features(Kind::kSetFeatures, 2, {}), both);
  CHECK(absl::IsFailedPrecondition(back.status()));
  const Configuration told = *apply(of_features(Kind::kSetFeatures, 2, kNew), both);
  CHECK(to_switch_on(told) == Features{"later"});
  const Configuration on = *apply(of_features(Kind::kSwitchOn, 0, kNew), told);
  CHECK(on.features_on == kNew);
  CHECK(check_configuration(on) == absl::OkStatus());
  Configuration wrong = on;
  wrong.members[0].features = {};
  CHECK(absl::IsDataLoss(check_configuration(wrong)));
  wrong.members[0].status = MemberStatus::kLeaving;
  CHECK(check_configuration(wrong) == absl::OkStatus());
  wrong.members[1].features = {"new", "later"};
  CHECK(absl::IsDataLoss(check_configuration(wrong)));
}
