// Disks lost while the listed members found their cluster: no two clusters come of it, and who is
// lost is told what to do.
#include <doctest/doctest.h>

#include "core/cluster/founding_lab_test.h"

using namespace vordb;
using namespace vordb::cluster;
using namespace vordb::cluster::lab;

TEST_CASE("founding: a member wiped before it answered is founded with its new disk") {
  Lab lab(7);
  lab.place_founders(3);
  lab.start(1);
  lab.start(2);
  lab.run_ms(1'000);
  const std::string before = record_of(lab, 1).disk_id();
  crash_and_wipe(lab, 1);
  start_all(lab);
  REQUIRE(all_serve(lab));
  CHECK(lab.used(0).members[1].disk_id != before);
  CHECK(lab.used(0).members[1].disk_id == record_of(lab, 1).disk_id());
}

TEST_CASE("founding: a member wiped after it answered, before the entry, answers anew") {
  Lab lab(7);
  lab.place_founders(3);
  lab.start(0);
  lab.start(1);
  REQUIRE(lab.run_until(5'000, [&] { return has_answered(lab, 1); }));
  lab.run_ms(1'000);
  crash_and_wipe(lab, 1);
  // What the founder heard of the lost disk does not stand.
  lab.start(1);
  lab.run_ms(1'500);
  lab.start(2);
  REQUIRE(all_serve(lab));
  CHECK(lab.used(0).members[1].disk_id == record_of(lab, 1).disk_id());
}

TEST_CASE("founding: a member wiped after the entry named its disk is lost, and is replaced") {
  for (const bool stored : {false, true}) {
    CAPTURE(stored);
    Lab lab(9);
    lab.place_founders(3);
    start_all(lab);
    if (stored) {
      REQUIRE(all_serve(lab));
    } else {
      REQUIRE(lab.run_until(10'000, [&] { return has_decided(lab); }));
    }
    crash_and_wipe(lab, 1);
    lab.start(1);
    lab.run_ms(8'000);
    CHECK(serves(lab, 0));
    CHECK(serves(lab, 2));
    CHECK_FALSE(serves(lab, 1));
    CHECK(says(lab, 1, "n2 is a member with another disk, which is lost: replace it"));
    const uint64_t join = lab.change(1, ClusterChange::Kind::kJoin, lab.address(2));
    REQUIRE(lab.run_until(20'000, [&] { return lab.answered(join); }));
    CHECK(lab.ok(join));
    REQUIRE(lab.run_until(20'000, [&] { return lab.settled(); }));
    check_one_cluster(lab);
    CHECK(lab.nodes[1]->number == 4);
    CHECK_FALSE(lab.used(0).is_member(2));
  }
}

TEST_CASE("founding: the first member wiped before anybody holds the entry founds nothing again") {
  for (const bool decided : {false, true}) {
    CAPTURE(decided);
    Lab lab(4);
    lab.place_founders(3);
    start_all(lab);
    if (decided) {
      REQUIRE(lab.run_until(10'000, [&] { return has_decided(lab); }));
      for (size_t i = 1; i < 3; ++i) {
        lab.crash(i);
        lab.nodes[i]->used = std::make_shared<const Configuration>();
      }
      lab.start(1);
      lab.start(2);
    } else {
      REQUIRE(lab.run_until(10'000, [&] { return has_answered(lab, 2); }));
      REQUIRE_FALSE(has_decided(lab));
    }
    crash_and_wipe(lab, 0);
    lab.start(0);
    lab.run_ms(20'000);
    // What it sent before may still have come: then those who had answered it have its cluster.
    check_one_cluster(lab);
    CHECK_FALSE(serves(lab, 0));
    if (serving(lab) == 0) {
      CHECK(says(lab, 0, "n2 has answered another disk of n1, which is lost"));
      CHECK(says(lab, 0, "start them anew"));
      for (size_t i = 0; i < 3; ++i) crash_and_wipe(lab, i);
      start_all(lab);
      CHECK(all_serve(lab));
    }
  }
}

TEST_CASE("founding: the first member wiped after another holds the entry is lost, and joins") {
  Lab lab(12);
  lab.place_founders(3);
  start_all(lab);
  REQUIRE(lab.run_until(10'000, [&] { return serves(lab, 1); }));
  crash_and_wipe(lab, 0);
  lab.start(0);
  lab.run_ms(8'000);
  CHECK(serves(lab, 1));
  CHECK(serves(lab, 2));  // it had answered that disk, and the one that holds the entry told it
  CHECK_FALSE(serves(lab, 0));
  CHECK(says(lab, 0, "n1 is a member with another disk, which is lost: replace it"));
  const uint64_t join = lab.change(0, ClusterChange::Kind::kJoin, lab.address(1));
  REQUIRE(lab.run_until(20'000, [&] { return lab.answered(join) && lab.settled(); }));
  CHECK(lab.ok(join));
  check_one_cluster(lab);
}

// n3 answers the founder, loses its disk, and answers the founder's next disk; the founder's first
// entry is still on its way to it.
TEST_CASE("founding: a late entry of a wiped founder does not split the cluster") {
  size_t refused = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Lab lab(seed);
    lab.place_founders(3);
    lab.delay_us = 3'000'000;
    start_all(lab);
    REQUIRE(lab.run_until(60'000, [&] { return has_decided(lab); }));
    lab.run_ms(lab.below(1'000));
    crash_and_wipe(lab, 0);
    const size_t other = 1 + lab.below(2);
    crash_and_wipe(lab, other);
    if (lab.below(2) == 0) crash_and_wipe(lab, 3 - other);
    start_all(lab);
    for (int i = 0; i < 60; ++i) {
      lab.run_ms(500);
      check_one_cluster(lab);
    }
    for (size_t i = 0; i < 3; ++i) refused += says(lab, i, "not for this disk");
  }
  CHECK(refused > 0);
}
