// Random histories of three owners, with the profiles of sim/vnode_history_profiles.cc: some seeds
// that stay, others for every commit, and as many as VORDB_HISTORIES asks for.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "sim/fresh_seed_test.h"
#include "sim/vnode_history.h"

using vordb::sim::history_profiles;
using vordb::sim::HistoryFigures;
using vordb::sim::HistoryProfile;
using vordb::sim::run_history;

namespace {

constexpr uint64_t kKnownSeeds = 100;
constexpr uint64_t kFreshSeeds = 150;
constexpr uint64_t kToldMax = 5;

uint64_t number(const char* variable, uint64_t without) {
  const char* text = std::getenv(variable);
  return text == nullptr ? without : std::strtoull(text, nullptr, 10);
}

HistoryFigures run(const HistoryProfile& profile, uint64_t first, uint64_t seeds) {
  HistoryFigures sum;
  uint64_t failed = 0;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    const std::string name = profile.name;
    CAPTURE(name);
    CAPTURE(seed);
    HistoryFigures one;
    const std::string wrong = run_history(profile, seed, &one);
    CHECK_MESSAGE(wrong.empty(), wrong);
    failed += !wrong.empty();
    sum.additions += one.additions;
    sum.lost_packets += one.lost_packets;
    sum.restarts += one.restarts;
    sum.disks += one.disks;
    sum.snapshots += one.snapshots;
    sum.dropped_buckets += one.dropped_buckets;
    sum.late += one.late;
    sum.hostile += one.hostile;
    sum.renewals += one.renewals;
    if (failed == kToldMax) break;
  }
  return sum;
}

const HistoryProfile& profile(const std::string& name) {
  for (const HistoryProfile& p : history_profiles()) {
    if (p.name == name) return p;
  }
  FAIL("no such profile");
  return history_profiles().front();
}

HistoryFigures run_profile(const std::string& name) {
  const HistoryProfile& chosen = profile(name);
  run(chosen, vordb::sim::first_fresh_seed(), kFreshSeeds);
  const HistoryFigures figures = run(chosen, 1, kKnownSeeds);
  CHECK(figures.restarts > kKnownSeeds);
  CHECK(figures.lost_packets > kKnownSeeds);
  CHECK(figures.additions > 10 * kKnownSeeds);
  return figures;
}

}  // namespace

TEST_CASE("histories of three owners: plain") { run_profile("plain"); }

TEST_CASE("histories of three owners: wiped disks") {
  const HistoryFigures figures = run_profile("wipes");
  CHECK(figures.disks > kKnownSeeds);
  CHECK(figures.snapshots > kKnownSeeds / 10);
}

TEST_CASE("histories of three owners: older copies of a disk") {
  CHECK(run_profile("restores").disks > kKnownSeeds / 2);
}

TEST_CASE("histories of three owners: clocks that are far apart") { run_profile("skews"); }

TEST_CASE("histories of three owners: buckets that come and go") {
  CHECK(run_profile("drops").dropped_buckets > kKnownSeeds);
}

TEST_CASE("histories of three owners: buckets that come and go, wiped disks") {
  const HistoryFigures figures = run_profile("drops_wipes");
  CHECK(figures.dropped_buckets > kKnownSeeds);
  CHECK(figures.disks > kKnownSeeds / 2);
}

TEST_CASE("histories of three owners: very late messages") {
  const HistoryFigures figures = run_profile("late");
  CHECK(figures.late > kKnownSeeds);
  CHECK(figures.hostile > kKnownSeeds / 2);
  CHECK(figures.disks > kKnownSeeds / 4);
}

TEST_CASE("histories of three owners: purges and renewals") {
  CHECK(run_profile("purges").renewals > kKnownSeeds);
}

// VORDB_HISTORIES of them in all, of every profile or of VORDB_HISTORY_PROFILE alone, from seed
// VORDB_HISTORY_SEED or from where the commit says.
TEST_CASE("histories of three owners: as many as the environment asks for") {
  const uint64_t asked = number("VORDB_HISTORIES", 0);
  if (asked == 0) return;
  const char* only = std::getenv("VORDB_HISTORY_PROFILE");
  const uint64_t profiles = only == nullptr ? history_profiles().size() : 1;
  // Past those that `make test` runs.
  uint64_t first = number("VORDB_HISTORY_SEED", 0);
  if (first == 0) first = vordb::sim::first_fresh_seed() + kFreshSeeds;
  for (const HistoryProfile& p : history_profiles()) {
    if (only == nullptr || std::string(only) == p.name)
      run(p, first, (asked + profiles - 1) / profiles);
  }
}
