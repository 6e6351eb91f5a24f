// Buckets of one node: made, listed, dropped and made anew; expiry; two shards with messages
// between them.
#include <doctest/doctest.h>

#include "sim/shard_lab.h"

using namespace vordb;
using vordb::sim::refused;
using vordb::sim::ShardLab;
using Kind = ClientReply::Kind;
using Names = std::vector<std::string>;

namespace {

Names bucket_names(ShardLab& lab) {
  ClientRequest request;
  request.operation = Operation::kListBuckets;
  Names names;
  for (const BucketConfig& config : lab.ask(request).buckets) names.push_back(config.name);
  return names;
}

Names listed_keys(ShardLab& lab, const std::string& bucket) {
  ClientRequest request;
  request.operation = Operation::kListKeys;
  request.bucket = bucket;
  return lab.ask(request).items;
}

}  // namespace

TEST_CASE("buckets: made, shown with their defaults filled in, dropped") {
  ShardLab lab;
  CHECK(bucket_names(lab) == Names{"__default_counter__", "__default_lww__", "__default_set__"});
  CHECK(lab.create("b", BucketType::kOrswot, 9).kind == Kind::kOk);
  CHECK(refused(lab.create("b", BucketType::kLww), ErrorCode::kBucketExists));
  ClientRequest request;
  request.operation = Operation::kGetBucket;
  request.bucket = "b";
  const ClientReply shown = lab.ask(request);
  REQUIRE(shown.buckets.size() == 1);
  CHECK(shown.buckets[0].type == BucketType::kOrswot);
  CHECK(shown.buckets[0].ttl_seconds == 9);
  CHECK(shown.buckets[0].replication_n == 3);
  CHECK(shown.buckets[0].read_quorum == 1);
  lab.restart();
  CHECK(bucket_names(lab).size() == 4);
  CHECK(lab.drop("b").kind == Kind::kOk);
  CHECK(refused(lab.drop("b"), ErrorCode::kBucketNotFound));
  CHECK(refused(lab.ask(request), ErrorCode::kBucketNotFound));
  CHECK(refused(lab.drop("__default_set__"), ErrorCode::kForbidden));
  CHECK(refused(lab.create("", BucketType::kLww), ErrorCode::kBadRequest));
  CHECK(refused(lab.create("w", BucketType::kLww, 0, 4), ErrorCode::kBadRequest));
}

TEST_CASE(
    "buckets: one made anew under an old name shows nothing old, before and after the clearing") {
  ShardLab lab;
  lab.create("b", BucketType::kLww);
  for (int i = 0; i < 20; ++i) lab.put("k" + std::to_string(i), "old", "b");
  const size_t with_data = lab.disk().records().size();
  lab.drop("b");
  CHECK(refused(lab.get("k1", "b"), ErrorCode::kBucketNotFound));
  lab.create("b", BucketType::kLww);
  CHECK(lab.get("k1", "b").kind == Kind::kNotFound);
  CHECK(listed_keys(lab, "b").empty());
  lab.put("k1", "new", "b");
  lab.drop("b");
  lab.create("b", BucketType::kOrswot);
  CHECK(lab.members("k1", "b").kind == Kind::kNotFound);
  lab.add("k1", {"e"}, "b");
  lab.run_for(2000);
  lab.restart();
  lab.run_for(2000);
  CHECK(lab.members("k1", "b").items == Names{"e"});
  CHECK(lab.disk().records().size() < with_data);  // the old data is gone from the disk too
}

TEST_CASE("buckets: names and keys never run into one another") {
  ShardLab lab;
  lab.create("a", BucketType::kLww);
  lab.create("a:b", BucketType::kLww);
  lab.put("b:c", "one", "a");
  CHECK(lab.get("c", "a:b").kind == Kind::kNotFound);
  lab.put("c", "two", "a:b");
  CHECK(lab.get("b:c", "a").value == "one");
}

TEST_CASE("expiry: an expired key is hidden at once and starts anew") {
  ShardLab lab;
  lab.create("r", BucketType::kLww, 60);
  lab.create("s", BucketType::kOrswot, 60);
  lab.create("c", BucketType::kPnCounter, 60);
  lab.put("k", "v", "r");
  lab.add("k", {"a"}, "s");
  lab.count("k", 5, "c");
  lab.advance(30'000);
  lab.add("k", {"b"}, "s");  // a mutation renews
  lab.advance(29'999);
  CHECK(lab.get("k", "r").value == "v");
  lab.advance(1);
  CHECK(lab.get("k", "r").kind == Kind::kNotFound);
  CHECK(lab.total("k", "c").kind == Kind::kNotFound);
  CHECK(lab.members("k", "s").items == Names{"a", "b"});
  CHECK(listed_keys(lab, "r").empty());
  CHECK(listed_keys(lab, "s") == Names{"k"});
  lab.advance(30'000);
  CHECK(lab.members("k", "s").kind == Kind::kNotFound);
  CHECK(listed_keys(lab, "s").empty());
  lab.restart();
  CHECK(lab.members("k", "s").kind == Kind::kNotFound);
  lab.add("k", {"c"}, "s");
  lab.count("k", 2, "c");
  lab.put("k", "w", "r");
  CHECK(lab.members("k", "s").items == Names{"c"});
  CHECK(lab.total("k", "c").counter == 2);
  CHECK(lab.get("k", "r").value == "w");
}

TEST_CASE("expiry: a key that was seen expired is not seen again when the wall clock steps back") {
  ShardLab lab;
  lab.create("r", BucketType::kLww, 60);
  lab.put("k", "v", "r");
  lab.advance(60'000);
  CHECK(lab.get("k", "r").kind == Kind::kNotFound);
  lab.step_wall_back(5'000);
  CHECK(lab.get("k", "r").kind == Kind::kNotFound);
  lab.run_for(50);  // the time stamped on reads becomes durable
  lab.restart();
  CHECK(lab.get("k", "r").kind == Kind::kNotFound);
}

TEST_CASE("expiry: the sweep takes expired keys from the disk") {
  ShardLab lab;
  lab.create("r", BucketType::kLww, 60);
  lab.create("s", BucketType::kOrswot, 60);
  lab.create("c", BucketType::kPnCounter, 60);
  lab.run_for(500);
  // Vnodes, once there, keep their state records; all else must go.
  const auto data_records = [&] {
    size_t records = 0;
    for (const auto& [key, value] : lab.disk().records()) records += key.first != kMetaFamily;
    return records;
  };
  CHECK(data_records() == 0);
  for (int i = 0; i < 10; ++i) {
    const std::string key = "k" + std::to_string(i);
    lab.put(key, "v", "r");
    lab.add(key, {"a", "b"}, "s");
    lab.count(key, 1, "c");
  }
  CHECK(data_records() >= 10 + 30 + 20);
  lab.run_for(1000);
  CHECK(data_records() >= 10 + 30 + 20);
  lab.advance(60'000);
  lab.run_for(5000);
  CHECK(data_records() == 0);
  CHECK(lab.shard().figures(0).keys_purged >= 20);
}

TEST_CASE("shards: every key is served through every shard of the node") {
  ShardLab lab(ShardLab::small_node(2));
  lab.create("b", BucketType::kLww);
  uint64_t crossings = 0;
  for (int i = 0; i < 20; ++i) {
    ClientRequest put;
    put.operation = Operation::kPut;
    put.bucket = "b";
    put.key = "k" + std::to_string(i);
    put.value = "v" + std::to_string(i);
    const uint16_t from = uint16_t(i % 2);
    const ClientId client = lab.submit(put, from);
    crossings += lab.local_messages();
    lab.settle();
    REQUIRE(lab.answered(client));
    CHECK(lab.reply(client).kind == Kind::kOk);
    ClientRequest get;
    get.operation = Operation::kGet;
    get.bucket = "b";
    get.key = put.key;
    CHECK(lab.ask(get, 0).value == put.value);
    CHECK(lab.ask(get, 1).value == put.value);
  }
  CHECK(crossings > 0);
  CHECK(crossings < 20);
  CHECK(listed_keys(lab, "b").size() == 20);
  lab.restart();
  CHECK(listed_keys(lab, "b").size() == 20);
}

TEST_CASE("shards: a new bucket is answered for only once every shard uses it") {
  ShardLab lab(ShardLab::small_node(2));
  ClientRequest create;
  create.operation = Operation::kCreateBucket;
  create.config.name = "b";
  const ClientId client = lab.submit(create, 1);
  CHECK_FALSE(lab.answered(client));
  lab.settle();
  REQUIRE(lab.answered(client));
  CHECK(lab.reply(client).kind == Kind::kOk);
  for (const uint16_t shard : {0, 1}) {
    ClientRequest get;
    get.operation = Operation::kGet;
    get.bucket = "b";
    get.key = "k";
    CHECK(lab.ask(get, shard).kind == Kind::kNotFound);
  }
}

TEST_CASE("shards: a change that is refused shows its reason on every shard") {
  ShardLab lab(ShardLab::small_node(2));
  ClientRequest change;
  change.config.name = "b";
  change.bucket = "b";
  for (const Operation operation : {Operation::kCreateBucket, Operation::kDeleteBucket}) {
    change.operation = operation;
    const ClientId first = lab.submit(change);
    const ClientId second = lab.submit(change);
    while (!lab.answered(second)) REQUIRE(lab.step());
    CHECK(lab.reply(second).kind == Kind::kError);
    ClientRequest get;
    get.operation = Operation::kGetBucket;
    get.bucket = "b";
    const ClientId other = lab.submit(get, 1);
    lab.settle();
    CHECK(lab.reply(first).kind == Kind::kOk);
    CHECK(lab.reply(other).kind ==
          (operation == Operation::kCreateBucket ? Kind::kBuckets : Kind::kError));
  }
}
