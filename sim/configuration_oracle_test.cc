#include "sim/configuration_oracle.h"

#include <doctest/doctest.h>

using namespace vordb;
using vordb::sim::ConfigurationOracle;
using vordb::sim::Findings;
using vordb::sim::Property;

namespace {

Configuration founded() {
  Member member;
  member.node = 1;
  member.node_id = "n1";
  member.address = "n1:7001";
  member.admitted = kFirstEpoch;
  return found_cluster(std::string(16, 'c'), 8, {member}, BucketConfig{});
}

Configuration with_bucket(const Configuration& before, const char* name) {
  BucketConfig config;
  config.name = name;
  const auto made = create_bucket(before, config);
  REQUIRE_MESSAGE(made.ok(), made.status().ToString());
  return *made;
}

struct Oracle {
  Findings findings;
  ConfigurationOracle oracle{findings};

  bool clean() const { return findings.clean(); }
  uint64_t relevant() const { return findings.count(Property::kOneConfiguration).relevant; }
};

}  // namespace

TEST_CASE("configuration oracle: nodes that follow one chain, each at its own pace") {
  Oracle o;
  const Configuration first = founded();
  const Configuration second = with_bucket(first, "a");
  const Configuration third = with_bucket(second, "b");
  o.oracle.used(0, 0, first);
  o.oracle.used(0, first.epoch, second);
  o.oracle.used(0, second.epoch, third);
  CHECK(o.relevant() == 0);
  o.oracle.used(1, 0, first);
  o.oracle.used(1, first.epoch, third);
  // What it had taken up and did not keep.
  o.oracle.used(1, 0, second);
  CHECK(o.relevant() == 3);
  CHECK(o.clean());
}

TEST_CASE("configuration oracle: two of one epoch are seen") {
  Oracle o;
  const Configuration first = founded();
  o.oracle.used(0, 0, with_bucket(first, "a"));
  o.oracle.used(1, 0, with_bucket(first, "b"));
  REQUIRE(o.findings.violations().size() == 1);
  CHECK(o.findings.violations()[0].text ==
        "n1 uses a configuration of epoch 17 that is another than that of n0");
}

TEST_CASE("configuration oracle: a step back is seen") {
  Oracle o;
  const Configuration first = founded();
  const Configuration second = with_bucket(first, "a");
  o.oracle.used(0, 0, second);
  o.oracle.used(0, second.epoch, first);
  REQUIRE(o.findings.violations().size() == 1);
  CHECK(o.findings.violations()[0].text ==
        "n0 uses a configuration of epoch 16 after one of epoch 17");
}

TEST_CASE("configuration oracle: who was forced to go on alone is a cluster of its own") {
  Oracle o;
  const Configuration first = founded();
  Configuration alone = with_bucket(first, "a");
  alone.cluster_id = std::string(16, 'd');
  o.oracle.used(0, 0, with_bucket(first, "b"));
  o.oracle.used(1, 0, alone);
  CHECK(o.clean());
}
