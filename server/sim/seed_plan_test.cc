// Which seeds a swarm runs: shards are disjoint and cover the range, queues skip what is done.
#include "server/sim/seed_plan.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

namespace vordb::server {

namespace {

SeedPlan plan_of(const std::string& seeds, const std::string& shard = "1/1") {
  SeedPlan plan;
  REQUIRE(parse_seeds(seeds, plan));
  REQUIRE(parse_shard(shard, plan));
  return plan;
}

std::vector<uint64_t> seeds_of(const SeedPlan& plan, const std::set<uint64_t>& done,
                               uint64_t jobs) {
  std::vector<uint64_t> seeds;
  for (uint64_t job = 0; job < jobs; ++job) {
    for (SeedQueue queue(plan, done, job, jobs); !queue.empty(); queue.advance())
      seeds.push_back(queue.next());
  }
  return seeds;
}

}  // namespace

TEST_CASE("seed plan: shards are disjoint and cover the range") {
  for (const uint64_t shards : {1, 2, 3, 7, 20, 30}) {
    std::multiset<uint64_t> all;
    for (uint64_t shard = 1; shard <= shards; ++shard) {
      const SeedPlan plan =
          plan_of("100..119", std::to_string(shard) + "/" + std::to_string(shards));
      const std::vector<uint64_t> seeds = seeds_of(plan, {}, 3);
      CHECK(seeds.size() == plan.count());
      for (const uint64_t seed : seeds) {
        CHECK((seed - 100) % shards == shard - 1);
        CHECK(plan.contains(seed));
      }
      for (uint64_t seed = 90; seed < 130; ++seed)
        CHECK(plan.contains(seed) == std::set<uint64_t>(seeds.begin(), seeds.end()).contains(seed));
      all.insert(seeds.begin(), seeds.end());
    }
    CHECK(all.size() == 20);
    CHECK(std::set<uint64_t>(all.begin(), all.end()).size() == 20);
    CHECK(*all.begin() == 100);
    CHECK(*all.rbegin() == 119);
  }
}

TEST_CASE("seed plan: what is done is not run again, whoever was to run it") {
  const std::set<uint64_t> done = {1, 2, 5, 10};
  const std::vector<uint64_t> seeds = seeds_of(plan_of("1..10"), done, 2);
  CHECK(seeds == std::vector<uint64_t>{3, 7, 9, 4, 6, 8});
  CHECK(seeds_of(plan_of("1..2"), done, 2).empty());
}

TEST_CASE("seed plan: the ends of the numbers") {
  CHECK(plan_of("0..18446744073709551615").count() == UINT64_MAX);
  CHECK(plan_of("0..18446744073709551615", "2/2").count() == uint64_t{1} << 63);
  const SeedPlan last = plan_of("18446744073709551614..18446744073709551615");
  CHECK(seeds_of(last, {}, 5) == std::vector<uint64_t>{UINT64_MAX - 1, UINT64_MAX});
  CHECK(seeds_of(plan_of("7..7", "2/2"), {}, 2).empty());
}

TEST_CASE("seed plan: what is no range or no shard") {
  SeedPlan plan;
  for (const char* text : {"", "1", "2..1", "-1..1", "..", "1..", "1...2", "1..2 "})
    CHECK_FALSE(parse_seeds(text, plan));
  for (const char* text :
       {"", "1", "0/2", "3/2", "1/0", "/", "1/", "/2", "1/2/3", "-1/2", "1/1000001", "1.0/2"})
    CHECK_FALSE(parse_shard(text, plan));
}

}  // namespace vordb::server
