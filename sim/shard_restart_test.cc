// What one node promises about its disk: nothing is acknowledged or shown before it is durable,
// a restart finds all that was, damage is reported and never served, and a full disk refuses.
#include <doctest/doctest.h>

#include "core/vnode/record_keys.h"
#include "sim/shard_lab.h"

using namespace vordb;
using vordb::sim::refused;
using vordb::sim::ShardLab;
using Kind = ClientReply::Kind;
using Names = std::vector<std::string>;

namespace {

ClientRequest put_of(const std::string& key, const std::string& value) {
  ClientRequest request;
  request.operation = Operation::kPut;
  request.key = key;
  request.value = value;
  return request;
}

ClientRequest count_of(const std::string& token, uint64_t amount = 1) {
  ClientRequest request;
  request.operation = Operation::kCounterIncrement;
  request.key = "c";
  request.amount = amount;
  request.request_token = token;
  return request;
}

}  // namespace

TEST_CASE("durability: a write is answered and shown only once it is durable") {
  ShardLab lab;
  lab.put("k", "old");
  const ClientId put = lab.submit(put_of("k", "new"));
  lab.flush();
  REQUIRE(lab.disk().pending() > 0);
  ClientRequest get;
  get.operation = Operation::kGet;
  get.key = "k";
  const ClientId early = lab.submit(get);
  CHECK_FALSE(lab.answered(put));
  REQUIRE(lab.answered(early));
  CHECK(lab.reply(early).value == "old");
  CHECK_FALSE(lab.shard().idle());
  lab.settle();
  CHECK(lab.answered(put));
  CHECK(lab.get("k").value == "new");
  CHECK(lab.shard().idle());
}

TEST_CASE("durability: a crash loses what was pending and nothing else") {
  ShardLab lab;
  lab.put("k", "durable");
  lab.add("s", {"a"});
  const ClientId put = lab.submit(put_of("k", "pending"));
  lab.flush();
  lab.restart();
  CHECK_FALSE(lab.answered(put));
  CHECK(lab.get("k").value == "durable");
  CHECK(lab.members("s").items == Names{"a"});
  lab.put("k", "after");
  CHECK(lab.get("k").value == "after");
}

TEST_CASE("durability: a batch that became durable before its answer is there after a crash") {
  ShardLab lab;
  lab.put("k", "old");
  const ClientId put = lab.submit(put_of("k", "new"));
  lab.flush();
  while (lab.disk().pending() > 0) lab.disk().make_durable();
  lab.restart();
  CHECK_FALSE(lab.answered(put));
  CHECK(lab.get("k").value == "new");
}

TEST_CASE("durability: writes in one turn take effect in their order") {
  ShardLab lab;
  for (const char* value : {"one", "two", "three"}) lab.submit(put_of("k", value));
  ClientRequest gone;
  gone.operation = Operation::kDelete;
  gone.key = "d";
  lab.submit(put_of("d", "x"));
  lab.submit(gone);
  lab.settle();
  CHECK(lab.get("k").value == "three");
  CHECK(lab.get("d").kind == Kind::kNotFound);
}

TEST_CASE("durability: reads that wait for the disk are answered with what is durable") {
  ShardLab lab;
  lab.put("k", "v");
  lab.add("s", {"a", "b"});
  lab.restart();  // an empty cache
  lab.disk().reads_wait = true;
  CHECK(lab.get("k").value == "v");
  CHECK(lab.members("s").items == Names{"a", "b"});
  lab.count("c", 2);
  lab.count("c", 3);
  CHECK(lab.total("c").counter == 5);
  lab.remove("s", {"a"});
  CHECK(lab.members("s").items == Names{"b"});
}

TEST_CASE("low disk: additions are refused, and reads and what frees space go on") {
  ShardLab lab;
  lab.create("b", BucketType::kLww);
  lab.create("dies", BucketType::kOrswot, 2);
  lab.put("k", "v");
  lab.put("d", "v");
  lab.add("s", {"a", "b"});
  lab.add("expires", {"a"}, "dies");
  lab.disk().space = FreeSpace::kLow;
  CHECK(refused(lab.put("k", "w"), ErrorCode::kDiskFull));
  CHECK(refused(lab.add("s", {"c"}), ErrorCode::kDiskFull));
  CHECK(refused(lab.count("c", 1), ErrorCode::kDiskFull));
  CHECK(refused(lab.create("other", BucketType::kLww), ErrorCode::kDiskFull));
  CHECK(lab.get("k").value == "v");
  CHECK(lab.erase("d").kind == Kind::kOk);
  CHECK(lab.get("d").kind == Kind::kNotFound);
  CHECK(lab.remove("s", {"a"}).kind == Kind::kOk);
  CHECK(lab.members("s").items == Names{"b"});
  CHECK(lab.drop("b").kind == Kind::kOk);
  // The sets whose time is over go, too.
  const uint64_t purged = lab.shard().figures(0).keys_purged;
  lab.run_for(2 * ShardLab::small_node().ttl_sweep_interval_ms + 5'000);
  CHECK(lab.shard().figures(0).keys_purged > purged);
}

TEST_CASE("full disk: writes are refused, reads go on, and with space all is as before") {
  ShardLab lab;
  lab.create("b", BucketType::kLww);
  lab.put("k", "v");
  lab.add("s", {"a"});
  lab.disk().space = FreeSpace::kLittle;
  CHECK(refused(lab.put("k", "w"), ErrorCode::kDiskFull));
  CHECK(refused(lab.count("c", 1), ErrorCode::kDiskFull));
  CHECK(refused(lab.erase("k"), ErrorCode::kDiskFull));
  CHECK(refused(lab.remove("s", {"a"}), ErrorCode::kDiskFull));
  CHECK(refused(lab.create("other", BucketType::kLww), ErrorCode::kDiskFull));
  CHECK(lab.get("k").value == "v");
  CHECK(lab.drop("b").kind == Kind::kOk);
  lab.disk().space = FreeSpace::kEnough;
  CHECK(lab.get("k").value == "v");
  CHECK(lab.put("k", "w").kind == Kind::kOk);
  CHECK(lab.get("k").value == "w");
  CHECK(lab.total("c").kind == Kind::kNotFound);
}

TEST_CASE("request tokens: a retry changes nothing and gets the same answer") {
  ShardLab lab;
  const ClientReply first = lab.ask(count_of("token"));
  const ClientReply again = lab.ask(count_of("token"));
  CHECK(again.kind == Kind::kOk);
  CHECK(again.timestamp_ms == first.timestamp_ms);
  CHECK(lab.total("c").counter == 1);
  CHECK(refused(lab.ask(count_of("token", 2)), ErrorCode::kTokenReused));
  lab.ask(count_of("other"));
  CHECK(lab.total("c").counter == 2);
}

TEST_CASE("request tokens: retries are known while the first is pending and after a restart") {
  ShardLab lab;
  const ClientId first = lab.submit(count_of("token"));
  const ClientId retry = lab.submit(count_of("token"));
  lab.flush();
  CHECK_FALSE(lab.answered(retry));
  lab.settle();
  CHECK(lab.reply(first).kind == Kind::kOk);
  CHECK(lab.reply(retry).kind == Kind::kOk);
  CHECK(lab.total("c").counter == 1);
  lab.restart();
  CHECK(lab.ask(count_of("token")).kind == Kind::kOk);
  CHECK(lab.total("c").counter == 1);
  CHECK(refused(lab.ask(count_of("token", 2)), ErrorCode::kTokenReused));
}

TEST_CASE("request tokens: a request that a crash took back may be made again") {
  ShardLab lab;
  lab.count("c", 1);
  lab.submit(count_of("token"));
  lab.flush();
  lab.restart();
  CHECK(lab.ask(count_of("token")).kind == Kind::kOk);
  CHECK(lab.total("c").counter == 2);
}

TEST_CASE("request tokens: a removal that changed nothing stays without effect when retried") {
  ShardLab lab;
  ClientRequest remove;
  remove.operation = Operation::kSetRemove;
  remove.key = "s";
  remove.elements = {"a"};
  remove.request_token = "token";
  CHECK(lab.ask(remove).kind == Kind::kOk);
  lab.add("s", {"a"});
  CHECK(lab.ask(remove).kind == Kind::kOk);
  CHECK(lab.members("s").items == Names{"a"});
}

TEST_CASE("request tokens: kept for ten minutes and then forgotten on the disk too") {
  ShardLab lab;
  lab.ask(count_of("token"));
  const auto kept_answers = [&] {
    int kept = 0;
    for (const auto& [key, value] : lab.disk().records()) {
      kept += key.first != kMetaFamily && key.second[3] == char(vnode::Table::kAnswers);
    }
    return kept;
  };
  CHECK(kept_answers() == 1);
  lab.advance(9 * 60'000);
  lab.run_for(3000);
  CHECK(lab.ask(count_of("token")).kind == Kind::kOk);
  CHECK(lab.total("c").counter == 1);
  lab.advance(60'000);
  lab.run_for(20'000);
  CHECK(kept_answers() == 0);
  lab.ask(count_of("token"));
  CHECK(lab.total("c").counter == 2);
}

TEST_CASE("damage: a flipped byte in any record is reported and never served") {
  uint64_t reported = 0;
  for (const uint64_t flip : {0, 1, 2, 3, 4, 5}) {
    CAPTURE(flip);
    ShardLab lab;
    lab.put("k", "value");
    lab.add("s", {"a", "b"});
    lab.count("c", 3);
    uint64_t data = 0;
    for (auto& [key, value] : lab.disk().records()) {
      if (key.first == kMetaFamily || value.empty() || data++ != flip) continue;
      value[value.size() / 2] = char(value[value.size() / 2] ^ 0x10);
    }
    lab.restart();
    const ClientReply replies[] = {lab.get("k"), lab.members("s"), lab.total("c")};
    for (const ClientReply& reply : replies) {
      if (reply.kind != Kind::kError) continue;
      CHECK(refused(reply, ErrorCode::kCorrupt));
      ++reported;
    }
    if (replies[0].kind != Kind::kError) CHECK(replies[0].value == "value");
    if (replies[1].kind != Kind::kError) CHECK(replies[1].items == Names{"a", "b"});
    if (replies[2].kind != Kind::kError) CHECK(replies[2].counter == 3);
    CHECK(lab.shard().figures(0).corrupt_vnodes == (flip < data ? 1 : 0));
  }
  CHECK(reported == 4);
}

TEST_CASE("damage: a partition with a damaged record takes no writes either") {
  ShardLab lab;
  lab.put("k", "value");
  for (auto& [key, value] : lab.disk().records()) {
    if (key.first != kMetaFamily && !value.empty()) value[0] = char(value[0] ^ 1);
  }
  lab.restart();
  CHECK(refused(lab.get("k"), ErrorCode::kCorrupt));
  CHECK(refused(lab.put("k", "new"), ErrorCode::kCorrupt));
  CHECK(refused(lab.erase("k"), ErrorCode::kCorrupt));
}

TEST_CASE("damage: a node does not start over a damaged record of its own, or as another node") {
  for (const char prefix : {'n', 'c', 's'}) {
    CAPTURE(prefix);
    ShardLab lab;
    lab.put("k", "v");
    for (auto& [key, value] : lab.disk().records()) {
      if (key.first == kMetaFamily && key.second[0] == prefix) value[0] = char(value[0] ^ 1);
    }
    CHECK(absl::IsDataLoss(lab.try_restart()));
  }
}

TEST_CASE("equal histories have equal fingerprints, different ones do not") {
  ShardLab one;
  ShardLab two;
  CHECK(one.shard().fingerprint() == two.shard().fingerprint());
  one.put("k", "v");
  CHECK(one.shard().fingerprint() != two.shard().fingerprint());
  two.put("k", "v");
  CHECK(one.shard().fingerprint() == two.shard().fingerprint());
  one.submit(put_of("k", "w"));
  two.submit(put_of("k", "x"));
  CHECK(one.shard().fingerprint() != two.shard().fingerprint());
}
