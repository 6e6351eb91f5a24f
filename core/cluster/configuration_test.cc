// The configuration chain: the bucket table, what may be created, and its bytes.
#include "core/cluster/configuration.h"

#include <doctest/doctest.h>

#include "proto/storage.pb.h"

using namespace vordb;

namespace {

Configuration founded() {
  Member first;
  first.node = 1;
  first.node_id = "node1";
  first.address = "127.0.0.1:7001";
  first.zone = "z";
  BucketConfig defaults;
  defaults.replication_n = 3;
  defaults.ttl_seconds = 7;
  return found_cluster(std::string(16, 'c'), 256, {first}, defaults);
}

BucketConfig named(std::string name) {
  BucketConfig config;
  config.name = std::move(name);
  return config;
}

std::string refusal(const BucketConfig& config) {
  const absl::Status status = check_bucket_config(config);
  CHECK((status.ok() || absl::IsInvalidArgument(status)));
  return std::string(status.message());
}

pb::Configuration message_of(const Configuration& configuration) {
  pb::Configuration message;
  to_pb(configuration, &message);
  return message;
}

}  // namespace

TEST_CASE("configuration: a founded cluster has one member and the three default buckets") {
  const Configuration c = founded();
  CHECK(c.epoch == kFirstEpoch);
  REQUIRE(c.members.size() == 1);
  CHECK(c.members[0].admitted == kFirstEpoch);
  CHECK(c.buckets.size() == 3);
  const std::pair<BucketId, BucketType> defaults[] = {{kDefaultLww, BucketType::kLww},
                                                      {kDefaultSet, BucketType::kOrswot},
                                                      {kDefaultCounter, BucketType::kPnCounter}};
  for (const auto& [id, type] : defaults) {
    const Bucket* bucket = c.bucket(std::string_view(row_of(type).default_bucket));
    REQUIRE(bucket);
    CHECK(bucket->id == id);
    CHECK(bucket->config.type == type);
    CHECK(bucket->ttl_ms() == 7000);
    CHECK(c.bucket(id) == bucket);
  }
  CHECK(is_default_bucket(kDefaultCounter));
  CHECK_FALSE(is_default_bucket(kFirstEpoch));
}

TEST_CASE("configuration: a created bucket is named by its epoch and links to its predecessor") {
  const Configuration before = founded();
  const auto after = create_bucket(before, named("b"));
  REQUIRE(after.ok());
  CHECK(after->epoch == before.epoch + 1);
  CHECK(after->previous_checksum == checksum(before));
  REQUIRE(after->bucket("b"));
  CHECK(after->bucket("b")->id == after->epoch);
  CHECK_FALSE(before.bucket("b"));
  CHECK(absl::IsAlreadyExists(create_bucket(*after, named("b")).status()));
  CHECK(absl::IsInvalidArgument(create_bucket(*after, named("")).status()));
}

TEST_CASE("configuration: a bucket made anew under an old name has another id") {
  const auto made = create_bucket(founded(), named("b"));
  REQUIRE(made.ok());
  const BucketId first = made->bucket("b")->id;
  const auto dropped = delete_bucket(*made, "b");
  REQUIRE(dropped.ok());
  CHECK_FALSE(dropped->bucket("b"));
  CHECK_FALSE(dropped->bucket(first));
  CHECK(absl::IsNotFound(delete_bucket(*dropped, "b").status()));
  const auto again = create_bucket(*dropped, named("b"));
  REQUIRE(again.ok());
  CHECK(again->bucket("b")->id > first);
}

TEST_CASE("configuration: the default buckets cannot be deleted") {
  for (const BucketType type : {BucketType::kLww, BucketType::kOrswot, BucketType::kPnCounter}) {
    CHECK(absl::IsPermissionDenied(delete_bucket(founded(), row_of(type).default_bucket).status()));
  }
}

TEST_CASE("configuration: what clients may create is checked, and the refusal says what is right") {
  BucketConfig good = named(std::string(64, 'n'));
  good.replication_n = 9;
  good.write_quorum = 9;
  good.read_quorum = 9;
  good.ttl_seconds = 100ull * 365 * 24 * 3600;
  CHECK(refusal(good).empty());
  CHECK(refusal(named("")) == "a bucket's name has 1 to 64 bytes");
  CHECK(refusal(named(std::string(65, 'n'))) == "a bucket's name has 1 to 64 bytes");
  CHECK(refusal(named("\xff")) == "a bucket's name is UTF-8");
  BucketConfig bad = good;
  ++bad.ttl_seconds;
  CHECK(refusal(bad) == "ttl_seconds is at most 3153600000 (100 years)");
  bad = good;
  bad.replication_n = 10;
  CHECK(refusal(bad) == "replication_n is 1 to 9");
  bad.replication_n = 0;
  CHECK(refusal(bad) == "replication_n is 1 to 9");
  bad.replication_n = 2;
  bad.write_quorum = 3;
  CHECK(refusal(bad) == "write_quorum is 1 to replication_n, which is 2");
  bad.write_quorum = 2;
  bad.read_quorum = 0;
  CHECK(refusal(bad) == "read_quorum is 1 to replication_n, which is 2");
}

TEST_CASE("configuration: comes back from its bytes, and equal ones are equal bytes") {
  auto made = create_bucket(founded(), named("z"));
  REQUIRE(made.ok());
  made = create_bucket(*made, named("a"));
  REQUIRE(made.ok());
  made = delete_bucket(*made, "z");
  REQUIRE(made.ok());
  const pb::Configuration message = message_of(*made);
  const auto back = from_pb(message);
  REQUIRE(back.ok());
  CHECK(*back == *made);
  CHECK(checksum(*back) == checksum(*made));
  CHECK(message_of(*back).SerializeAsString() == message.SerializeAsString());
  CHECK(checksum(*made) != checksum(founded()));
}

TEST_CASE("configuration: damaged ones are refused") {
  const pb::Configuration good = message_of(founded());
  pb::Configuration bad = good;
  bad.set_epoch(kFirstEpoch - 1);
  CHECK(absl::IsDataLoss(from_pb(bad).status()));
  bad = good;
  bad.set_ring_size(0);
  CHECK(absl::IsDataLoss(from_pb(bad).status()));
  bad.set_ring_size(65537);
  CHECK(absl::IsDataLoss(from_pb(bad).status()));
  bad = good;
  bad.mutable_buckets(0)->mutable_config()->set_type("map");
  CHECK(absl::IsDataLoss(from_pb(bad).status()));
  bad = good;
  bad.mutable_buckets(0)->mutable_config()->set_write_quorum(4);
  CHECK(absl::IsDataLoss(from_pb(bad).status()));
}
