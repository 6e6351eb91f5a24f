// Memberships against each other: joining, leaving, removal, lost disks and buckets, over links and
// disks that fail.
#include "core/cluster/membership_lab_test.h"

#include <doctest/doctest.h>

using namespace vordb;
using namespace vordb::cluster;
using lab::Lab;
using Kind = ClusterChange::Kind;

namespace {

size_t owned(const Configuration& configuration, NodeNumber node) {
  size_t count = 0;
  for (const Partition& p : configuration.partitions) {
    count += size_t(std::count(p.owners.begin(), p.owners.end(), node));
  }
  return count;
}

// n1 founds, the others join by it.
void grow_to(Lab& lab, size_t size) {
  if (lab.nodes.empty()) lab.add("n1");
  while (lab.nodes.size() < size) {
    lab.add("n" + std::to_string(lab.nodes.size() + 1), {0});
  }
  REQUIRE(lab.run_until(60'000, [&] {
    if (!lab.settled()) return false;
    for (const auto& node : lab.nodes) {
      if (node->status() != MemberStatus::kUp) return false;
    }
    return true;
  }));
}

}  // namespace

TEST_CASE("membership: a node alone changes its buckets with one commit each") {
  Lab lab(1);
  lab.add("n1");
  const uint64_t first = lab.create(0, "b");
  const uint64_t again = lab.create(0, "b");
  CHECK_FALSE(lab.answered(first));  // durable first
  CHECK(lab.nodes[0]->pending.size() == 1);
  lab.run_ms(100);
  CHECK(lab.ok(first));
  REQUIRE(lab.answered(again));
  CHECK(lab.answers[again]->code == ErrorCode::kBucketExists);
  CHECK(lab.used(0).bucket("b")->id == kFirstEpoch + 1);
  lab.crash(0);
  lab.start(0);
  CHECK(lab.used(0).bucket("b"));
}

TEST_CASE("membership: first starts with seeds join at once, several in parallel, over bad links") {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Lab lab(seed);
    lab.loss_percent = seed % 3 * 10;
    grow_to(lab, 5);
    const Configuration& c = lab.used(0);
    for (const Partition& p : c.partitions) CHECK(p.owners.size() == 3);
    for (const Member& m : c.members) {
      CHECK(m.status == MemberStatus::kUp);
      CHECK(owned(c, m.node) >= 3);
    }
  }
}

TEST_CASE("membership: an operator lets a running node join, which gives up its own cluster") {
  Lab lab(7);
  lab.add("n1");
  lab.add("n2");
  lab.run_ms(100);
  const uint64_t join = lab.change(1, Kind::kJoin, "n1@h0:1");
  CHECK(lab.nodes[1]->paused);
  REQUIRE(lab.run_until(10'000, [&] { return lab.answered(join); }));
  CHECK(lab.ok(join));
  CHECK_FALSE(lab.nodes[1]->paused);
  CHECK(lab.nodes[1]->status() == MemberStatus::kUp);
  CHECK(lab.used(1).cluster_id == lab.used(0).cluster_id);
  REQUIRE(lab.run_until(10'000, [&] { return lab.settled(); }));
  lab.crash(1);
  lab.start(1);
  CHECK(lab.nodes[1]->number == 2);
  // Once more: it is a member already.
  const uint64_t again = lab.change(1, Kind::kJoin, "h0:1");
  CHECK(lab.ok(again));
}

TEST_CASE("membership: who holds data, or has no seed, is refused and goes on as before") {
  Lab lab(3);
  lab.add("n1");
  lab.add("n2");
  lab.nodes[1]->has_data = true;
  lab.run_ms(100);
  const uint64_t full = lab.change(1, Kind::kJoin, "h0:1");
  REQUIRE(lab.run_until(5'000, [&] { return lab.answered(full); }));
  CHECK(lab.answers[full]->code == ErrorCode::kNotEmpty);
  CHECK_FALSE(lab.nodes[1]->paused);
  lab.nodes[1]->has_data = false;
  const uint64_t nobody = lab.change(1, Kind::kJoin, "h9:1");
  REQUIRE(lab.run_until(40'000, [&] { return lab.answered(nobody); }));
  CHECK(lab.answers[nobody]->code == ErrorCode::kUnavailable);
  CHECK_FALSE(lab.nodes[1]->paused);
  const uint64_t wrong = lab.change(1, Kind::kJoin, "n7@h0:1");
  REQUIRE(lab.run_until(5'000, [&] { return lab.answered(wrong); }));
  CHECK(lab.answers[wrong]->code == ErrorCode::kConflict);
  CHECK(lab.used(1).members.size() == 1);
  CHECK(lab.ok(lab.create(1, "mine")) == false);
  lab.run_ms(100);
  const uint64_t buckets = lab.change(1, Kind::kJoin, "h0:1");
  CHECK(lab.answers[buckets]->code == ErrorCode::kNotEmpty);
}

TEST_CASE("membership: a leaver is answered when nothing of it is left and the others know") {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Lab lab(seed);
    grow_to(lab, 4);
    lab.loss_percent = 15;
    const uint64_t leave = lab.change(0, Kind::kLeave, "");
    REQUIRE(lab.run_until(60'000, [&] { return lab.answered(leave); }));
    REQUIRE(lab.ok(leave));
    CHECK(lab.nodes[0]->status() == MemberStatus::kRemoved);
    // G6: it is switched off at once, and the others can still decide.
    lab.crash(0);
    lab.loss_percent = 0;
    const uint64_t create = lab.create(1, "after");
    REQUIRE(lab.run_until(10'000, [&] { return lab.answered(create); }));
    CHECK(lab.ok(create));
    CHECK_FALSE(lab.used(1).is_member(1));
    CHECK(owned(lab.used(1), 1) == 0);
  }
}

TEST_CASE("membership: of two, the founder may leave, and the one left decides alone") {
  Lab lab(5);
  grow_to(lab, 2);
  const uint64_t leave = lab.change(1, Kind::kLeave, "n1");
  REQUIRE(lab.run_until(60'000, [&] { return lab.answered(leave); }));
  REQUIRE(lab.ok(leave));
  lab.crash(0);
  const uint64_t create = lab.create(1, "alone");
  REQUIRE(lab.run_until(5'000, [&] { return lab.answered(create); }));
  CHECK(lab.ok(create));
}

TEST_CASE("membership: a node whose clock is far ahead of the others' says so, and only that one") {
  Lab lab(12);
  grow_to(lab, 3);
  const auto ahead = [&] {
    std::vector<bool> all;
    for (const auto& node : lab.nodes) all.push_back(node->clock_ahead);
    return all;
  };
  const auto pass = [&](uint64_t ms) { lab.run_until(ms, [] { return false; }); };
  const uint64_t limit_ms = lab.nodes[1]->options.max_clock_drift_ms;
  lab.nodes[1]->wall_ahead_ms = limit_ms - 1000;
  pass(12'000);
  CHECK(ahead() == std::vector<bool>{false, false, false});
  lab.nodes[1]->wall_ahead_ms = limit_ms + 1000;
  pass(3'000);
  CHECK(ahead() == std::vector<bool>{false, true, false});
  CHECK(lab.nodes[1]->warnings.back().find("max_clock_drift_ms") != std::string::npos);
  // Of two against one the two are right.
  lab.nodes[2]->wall_ahead_ms = limit_ms + 1000;
  pass(3'000);
  CHECK(ahead() == std::vector<bool>{false, false, false});
  // Who hears nobody cannot know.
  lab.nodes[2]->wall_ahead_ms = 0;
  pass(3'000);
  CHECK(lab.nodes[1]->clock_ahead);
  lab.crash(0);
  lab.crash(2);
  pass(12'000);
  CHECK_FALSE(lab.nodes[1]->clock_ahead);
}

TEST_CASE("membership: a minority changes nothing, and says that it is unknown") {
  Lab lab(11);
  grow_to(lab, 3);
  lab.crash(1);
  lab.crash(2);
  const uint64_t create = lab.create(0, "b");
  REQUIRE(lab.run_until(12'000, [&] { return lab.answered(create); }));
  REQUIRE(lab.answers[create]);
  CHECK(lab.answers[create]->code == ErrorCode::kUnavailable);
  CHECK(lab.answers[create]->outcome == Outcome::kUnknown);
  CHECK(lab.nodes[0]->suspected == std::vector<NodeNumber>{2, 3});
  const uint64_t forced = lab.change(0, Kind::kForce, "");
  CHECK(lab.answers[forced]->code == ErrorCode::kConflict);
  const uint64_t of_another = lab.change(0, Kind::kForce, "n2", true);
  CHECK(lab.answers[of_another]->code == ErrorCode::kBadRequest);
  const uint64_t epoch_before = lab.used(0).epoch;
  const uint64_t accepted = lab.change(0, Kind::kForce, "", true);
  REQUIRE(lab.run_until(5'000, [&] { return lab.answered(accepted); }));
  CHECK(lab.ok(accepted));
  CHECK(lab.used(0).epoch == epoch_before + (1 << 20));
  const uint64_t alone = lab.create(0, "c");
  lab.run_ms(200);
  CHECK(lab.ok(alone));
  // The others are strangers to this generation, and it to them.
  lab.start(1);
  lab.start(2);
  lab.run_ms(3'000);
  CHECK(lab.used(1).cluster_id != lab.used(0).cluster_id);
  CHECK_FALSE(lab.used(1).bucket("c"));
}

TEST_CASE("membership: a wiped node comes back as another member, and the lost one is removed") {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Lab lab(seed);
    grow_to(lab, 3);
    const NodeNumber before = lab.nodes[1]->number;
    const NodeNumber other = lab.nodes[2]->number;
    lab.crash(1);
    lab.wipe(1);
    lab.nodes[1]->options.seed_nodes = {};
    lab.start(1);  // it founds a cluster of its own first, as `vordb` does without seeds
    lab.run_ms(300);
    const uint64_t join = lab.change(1, Kind::kJoin, lab.address(2));
    REQUIRE(lab.run_until(20'000, [&] { return lab.answered(join); }));
    REQUIRE(lab.ok(join));
    CHECK(lab.nodes[1]->number == 4);
    REQUIRE(lab.run_until(20'000, [&] { return lab.settled(); }));
    CHECK_FALSE(lab.used(0).is_member(before));
    for (const Partition& p : lab.used(0).partitions) {
      const std::set<NodeNumber> owners(p.owners.begin(), p.owners.end());
      CHECK(owners == std::set<NodeNumber>{1, other, 4});
    }
  }
}

TEST_CASE("membership: of two nodes, either may lose the disk that has no vote") {
  Lab lab(4);
  grow_to(lab, 2);
  lab.crash(1);
  lab.wipe(1);
  lab.start(1);
  REQUIRE(lab.run_until(
      20'000, [&] { return lab.nodes[1]->status() == MemberStatus::kUp && lab.settled(); }));
  CHECK(lab.nodes[1]->number == 3);
}

TEST_CASE("membership: a restored backup is found out and returns as another member") {
  Lab lab(6);
  grow_to(lab, 3);
  const auto backup = lab.nodes[2]->disk;
  const NodeNumber before = lab.nodes[2]->number;
  lab.crash(2);
  lab.start(2);
  lab.run_ms(2'000);
  lab.crash(2);
  lab.start(2);
  lab.run_ms(2'000);
  lab.crash(2);
  lab.nodes[2]->disk = backup;
  lab.start(2);
  REQUIRE(lab.run_until(20'000, [&] {
    return lab.nodes[2]->number == 4 && lab.nodes[2]->status() == MemberStatus::kUp &&
           lab.settled();
  }));
  CHECK_FALSE(lab.used(0).is_member(before));
}

TEST_CASE("membership: a removed node that was away is told so") {
  Lab lab(9);
  grow_to(lab, 4);
  lab.isolate(3, true);
  const std::string id = lab.nodes[3]->options.node_id;
  const uint64_t removal = lab.change(0, Kind::kRemove, id);
  REQUIRE(lab.run_until(20'000, [&] { return lab.answered(removal); }));
  CHECK(lab.ok(removal));
  lab.run_ms(3'000);
  CHECK(lab.nodes[3]->status() == MemberStatus::kUp);  // it cannot know
  lab.isolate(3, false);
  REQUIRE(lab.run_until(5'000, [&] { return lab.nodes[3]->status() == MemberStatus::kRemoved; }));
  const uint64_t create = lab.create(3, "b");
  CHECK(lab.answers[create]->code == ErrorCode::kLeft);
}

TEST_CASE("membership: down members vote on, are not asked, and come back with a start") {
  Lab lab(10);
  grow_to(lab, 3);
  lab.crash(2);
  const uint64_t down = lab.change(0, Kind::kDown, lab.nodes[2]->options.node_id);
  REQUIRE(lab.run_until(10'000, [&] { return lab.answered(down); }));
  CHECK(lab.ok(down));
  lab.run_ms(1'000);
  CHECK(lab.nodes[1]->suspected == std::vector<NodeNumber>{lab.nodes[2]->number});
  lab.start(2);
  REQUIRE(lab.run_until(
      10'000, [&] { return lab.settled() && lab.nodes[2]->status() == MemberStatus::kUp; }));
}

TEST_CASE("membership: a bucket and a member at once are two entries, whoever wins (F7)") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Lab lab(seed);
    lab.loss_percent = seed % 2 * 20;
    grow_to(lab, 3);
    const uint64_t x = lab.create(0, "same", BucketType::kLww);
    const uint64_t y = lab.create(1, "same", BucketType::kOrswot);
    const uint64_t z = lab.create(2, "other");
    lab.add("n4", {1});
    REQUIRE(lab.run_until(60'000, [&] {
      return lab.answered(x) && lab.answered(y) && lab.answered(z) && lab.settled() &&
             lab.nodes[3]->status() == MemberStatus::kUp;
    }));
    CHECK(lab.ok(x) + lab.ok(y) == 1);
    for (size_t i = 0; i < 4; ++i) {
      REQUIRE(lab.used(i).bucket("same"));
      CHECK((lab.used(i).bucket("same")->config.type == BucketType::kLww) == lab.ok(x));
      if (lab.ok(z)) CHECK(lab.used(i).bucket("other"));
    }
  }
}

// Both propose the very same configuration, but for who asked for it.
TEST_CASE("membership: of those who make or drop one bucket alike, one is told that it did") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Lab lab(seed);
    lab.loss_percent = seed % 2 * 20;
    grow_to(lab, 3);
    for (const bool create : {true, false}) {
      CAPTURE(create);
      std::vector<uint64_t> asked;
      for (size_t i = 0; i < 3; ++i) {
        asked.push_back(create ? lab.create(i, "same") : lab.drop(i, "same"));
      }
      const auto answered = [&](uint64_t request) { return lab.answered(request); };
      REQUIRE(lab.run_until(60'000, [&] {
        return std::all_of(asked.begin(), asked.end(), answered) && lab.settled();
      }));
      int done = 0;
      for (const uint64_t request : asked) done += lab.ok(request);
      CHECK(done == 1);
      for (size_t i = 0; i < 3; ++i) CHECK(bool(lab.used(i).bucket("same")) == create);
    }
  }
}

TEST_CASE("membership: churn with crashes at any moment never forks and always settles") {
  for (uint64_t seed = 1; seed <= 25; ++seed) {
    CAPTURE(seed);
    Lab lab(seed);
    grow_to(lab, 3);
    lab.loss_percent = 10;
    for (int i = 0; i < 40; ++i) {
      const size_t at = lab.below(lab.nodes.size());
      switch (lab.below(6)) {
        case 0:
          if (lab.nodes[at]->up()) lab.crash(at);
          break;
        case 1:
          if (!lab.nodes[at]->up()) lab.start(at);
          break;
        case 2:
          lab.create(at, "b" + std::to_string(lab.below(5)));
          break;
        case 3:
          if (lab.nodes.size() < 7) {
            lab.add("n" + std::to_string(lab.nodes.size() + 1), {at, 0});
          }
          break;
        case 4:
          if (at >= 3 && lab.nodes[at]->up()) lab.change(at, Kind::kLeave, "");
          break;
        default:
          lab.isolate(at, lab.below(2) == 0);
      }
      lab.run_ms(lab.below(1500));
    }
    lab.cut.clear();
    lab.loss_percent = 0;
    for (size_t i = 0; i < lab.nodes.size(); ++i) {
      if (!lab.nodes[i]->up()) lab.start(i);
    }
    CHECK(lab.run_until(60'000, [&] {
      for (const auto& node : lab.nodes) {
        if (node->used->epoch == 0) return false;
      }
      return lab.settled();
    }));
  }
}
