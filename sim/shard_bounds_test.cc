// However large a key is, a turn does a bounded piece of work on it, and a batch holds as much.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sim/shard_lab.h"

using vordb::BucketType;
using vordb::ClientId;
using vordb::ClientReply;
using vordb::ClientRequest;
using vordb::ErrorCode;
using vordb::Operation;
using vordb::Outcome;
using vordb::sim::ShardLab;

namespace {

constexpr int kPage = 1000;  // entries that one dot touches at most

void fill(ShardLab& lab, const std::string& key, int elements, const std::string& bucket = "") {
  for (int i = 0; i < elements;) {
    std::vector<std::string> some;
    for (; i < elements && some.size() < 500; ++i) some.push_back("element " + std::to_string(i));
    REQUIRE(lab.add(key, std::move(some), bucket).kind == ClientReply::Kind::kOk);
  }
}

ClientRequest deletion(const std::string& key, const std::string& bucket = "") {
  ClientRequest request;
  request.operation = Operation::kDelete;
  request.bucket = bucket.empty() ? "__default_set__" : bucket;
  request.key = key;
  return request;
}

}  // namespace

TEST_CASE("shard: a large set is deleted a page a turn and a batch, and others come in between") {
  ShardLab lab;
  fill(lab, "large", 3 * kPage + 500);
  const ClientId large = lab.submit(deletion("large"));
  lab.flush();
  CHECK(lab.disk().newest_writes() >= uint32_t(kPage));
  CHECK(lab.disk().newest_writes() < uint32_t(2 * kPage));
  CHECK(!lab.answered(large));
  CHECK(lab.put("other", "value").kind == ClientReply::Kind::kOk);  // settles the deletion too
  REQUIRE(lab.answered(large));
  CHECK(lab.reply(large).kind == ClientReply::Kind::kOk);
  CHECK(lab.members("large").items.empty());
}

TEST_CASE("shard: what is asked of a key while it is being deleted waits for the deletion") {
  ShardLab lab;
  fill(lab, "large", 2 * kPage + 500);
  const ClientId large = lab.submit(deletion("large"));
  lab.flush();
  ClientRequest add;
  add.operation = Operation::kSetAdd;
  add.key = "large";
  add.elements = {"new"};
  const ClientId after = lab.submit(add);
  lab.flush();
  CHECK(!lab.answered(after));
  lab.settle();
  CHECK(lab.reply(large).kind == ClientReply::Kind::kOk);
  CHECK(lab.reply(after).kind == ClientReply::Kind::kOk);
  CHECK(lab.members("large").items == std::vector<std::string>{"new"});
}

TEST_CASE("shard: an expired set is cleared a page a turn before it is written again") {
  ShardLab lab;
  REQUIRE(lab.create("brief", BucketType::kOrswot, 10).kind == ClientReply::Kind::kOk);
  fill(lab, "large", 2 * kPage + 500, "brief");
  lab.advance(20'000);
  ClientRequest add;
  add.operation = Operation::kSetAdd;
  add.bucket = "brief";
  add.key = "large";
  add.elements = {"new"};
  const ClientId again = lab.submit(add);
  lab.flush();
  CHECK(lab.disk().newest_writes() >= uint32_t(kPage));
  CHECK(lab.disk().newest_writes() < uint32_t(2 * kPage));
  lab.settle();
  CHECK(lab.reply(again).kind == ClientReply::Kind::kOk);
  CHECK(lab.members("large", "brief").items == std::vector<std::string>{"new"});
}

TEST_CASE("shard: the sweep clears an expired set a page a turn") {
  ShardLab lab;
  REQUIRE(lab.create("brief", BucketType::kOrswot, 10).kind == ClientReply::Kind::kOk);
  fill(lab, "large", 3 * kPage, "brief");
  const size_t filled = lab.disk().records().size();
  lab.advance(20'000);
  lab.run_for(30'000);
  CHECK(lab.disk().records().size() < filled - 2 * kPage);
  CHECK(lab.members("large", "brief").items.empty());
}

TEST_CASE("shard: a deletion that has begun and cannot go on is of unknown outcome") {
  ShardLab lab;
  fill(lab, "large", 2 * kPage);
  const ClientId large = lab.submit(deletion("large"));
  lab.flush();
  for (auto& [name, value] : lab.disk().records()) {
    if (name.second.find("element 999") != std::string::npos) value = "damaged";
  }
  lab.settle();
  REQUIRE(lab.answered(large));
  CHECK(lab.reply(large).error.code == ErrorCode::kCorrupt);
  CHECK(lab.reply(large).error.outcome == Outcome::kUnknown);
}
