#include "sim/site_faults.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace vordb;
using namespace vordb::sim;

TEST_CASE("sites: each has a name of its own") {
  std::set<std::string> names;
  for (size_t site = 0; site < kSites; ++site) {
    CHECK(names.insert(to_string(Site(site))).second);
    CHECK(site_named(to_string(Site(site))) == Site(site));
  }
  CHECK(std::string(to_string(Site::kFoundsLater)) == "founds_later");
  CHECK_FALSE(site_named("founds_never"));
}

TEST_CASE("sites: off, they draw nothing, on, they strike as often as they say") {
  Chooser chooser(3);
  SiteFaults none(FaultPlan{}, chooser);
  for (size_t site = 0; site < kSites; ++site) CHECK_FALSE(none.strikes(Site(site), chooser));
  CHECK(chooser.draws() == 0);

  FaultPlan plan;
  plan.swarm = false;
  plan.sites_per_million = 1'000'000;
  SiteFaults all(plan, chooser);
  std::set<uint64_t> paces;
  for (size_t site = 0; site < kSites; ++site) {
    for (int i = 0; i < 5000; ++i) all.strikes(Site(site), chooser);
    const SiteFigures::Count& count = all.figures()[Site(site)];
    CHECK(count.on);
    CHECK(count.passed == 5000);
    CHECK(count.struck > 0);
    paces.insert(count.struck < 50 ? 0 : count.struck < 500 ? 1 : 2);
  }
  CHECK(paces.size() == 3);
}

TEST_CASE("sites: in half of the runs of a swarm all are off") {
  FaultPlan plan;
  plan.sites_per_million = 500'000;
  int quiet = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Chooser chooser(seed);
    const SiteFaults sites(plan, chooser);
    bool any = false;
    for (size_t site = 0; site < kSites; ++site) any |= sites.figures()[Site(site)].on;
    quiet += !any;
  }
  CHECK(quiet > 70);
  CHECK(quiet < 130);
}
