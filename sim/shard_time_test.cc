// What one node shows as time passes and clocks are set: a key that was seen expired stays so, a
// time to live ends whatever the wall clock does. And what a causal context covers: what its client
// was shown, however often the node has restarted.
#include <doctest/doctest.h>

#include "core/vnode/causal_token.h"
#include "sim/shard_lab.h"

using namespace vordb;
using vordb::sim::refused;
using vordb::sim::ShardLab;
using Kind = ClientReply::Kind;
using Names = std::vector<std::string>;

namespace {

constexpr uint64_t kHourMs = 3'600'000;

ClientRequest read_of(Operation operation, const std::string& key, const std::string& bucket) {
  ClientRequest request;
  request.operation = operation;
  request.key = key;
  request.bucket = bucket;
  return request;
}

Names keys_of(ShardLab& lab, const std::string& bucket) {
  return lab.ask(read_of(Operation::kListKeys, "", bucket)).items;
}

// A node with a key of each type that lives for 3 seconds, longer than a ceiling leads, and 3.1
// seconds later.
struct Expired {
  Expired() {
    lab.create("lww", BucketType::kLww, 3);
    lab.create("set", BucketType::kOrswot, 3);
    lab.create("counter", BucketType::kPnCounter, 3);
    lab.put("k", "v", "lww");
    lab.add("k", {"e"}, "set");
    lab.count("k", 1, "counter");
    lab.advance(3'100);
  }
  ShardLab lab;
};

}  // namespace

TEST_CASE("expiry: an answer that shows it waits until its time is durable") {
  Expired expired;
  ShardLab& lab = expired.lab;
  const ClientId read = lab.submit(read_of(Operation::kGet, "k", "lww"));
  CHECK_FALSE(lab.answered(read));
  // The process dies with the wall clock an hour back: nobody was told that the key had expired.
  lab.restart();
  lab.step_wall_back(kHourMs);
  CHECK(lab.get("k", "lww").kind == Kind::kValue);
}

TEST_CASE("expiry: what was seen to have expired stays so, over a crash and a clock set back") {
  Expired expired;
  ShardLab& lab = expired.lab;
  CHECK(lab.get("k", "lww").kind == Kind::kNotFound);
  CHECK(lab.members("k", "set").items.empty());
  CHECK(keys_of(lab, "counter").empty());
  lab.restart();
  lab.step_wall_back(kHourMs);
  CHECK(lab.get("k", "lww").kind == Kind::kNotFound);
  CHECK(lab.members("k", "set").items.empty());
  CHECK(keys_of(lab, "counter").empty());
  CHECK(lab.total("k", "counter").counter == 0);
}

TEST_CASE("expiry: an answer that shows none writes nothing") {
  Expired expired;
  ShardLab& lab = expired.lab;
  lab.put("fresh", "v", "lww");
  lab.submit(read_of(Operation::kGet, "fresh", "lww"));
  lab.submit(read_of(Operation::kGet, "never", "lww"));
  lab.flush();
  CHECK(lab.disk().pending() == 0);
  // One commit covers what expires in the next two seconds.
  lab.get("k", "lww");
  const ClientId again = lab.submit(read_of(Operation::kGet, "k", "lww"));
  CHECK(lab.answered(again));
  // What is to expire in that time has not yet.
  lab.put("k", "v", "lww");
  const ClientId listed = lab.submit(read_of(Operation::kListKeys, "", "lww"));
  REQUIRE(lab.answered(listed));
  CHECK(lab.reply(listed).items.size() == 2);
}

TEST_CASE("expiry: a time to live ends though the wall clock was set back an hour") {
  ShardLab lab;
  lab.create("lww", BucketType::kLww, 2);
  lab.create("set", BucketType::kOrswot, 2);
  lab.put("before", "v", "lww");
  lab.step_wall_back(kHourMs);
  lab.put("k", "v", "lww");
  lab.add("k", {"e"}, "set");
  lab.run_for(1'500);
  CHECK(lab.get("k", "lww").kind == Kind::kValue);
  lab.run_for(850);
  CHECK(lab.get("k", "lww").kind == Kind::kNotFound);
  CHECK(lab.get("before", "lww").kind == Kind::kNotFound);
  CHECK(lab.members("k", "set").items.empty());
}

TEST_CASE("causal context: covers what the read saw, not what came while it waited") {
  ShardLab lab;
  lab.add("s", {"seen"});
  lab.restart();  // an empty cache
  lab.disk().reads_wait = true;
  const ClientId read = lab.submit(read_of(Operation::kSetMembers, "s", ""));
  std::vector<DiskEvent> results = lab.disk().take_reads();
  REQUIRE(results.size() == 1);
  lab.add("s", {"unseen"});
  lab.shard().on_disk(std::move(results[0]), lab.env());
  REQUIRE(lab.answered(read));
  CHECK(lab.reply(read).items == Names{"seen"});
  const std::string context = lab.reply(read).context;
  CHECK(lab.remove("s", {"seen", "unseen"}, "", context).kind == Kind::kOk);
  CHECK(lab.members("s").items == Names{"unseen"});
}

TEST_CASE("causal context: that of a mutation covers the mutation and what its client gave") {
  ShardLab lab;
  lab.add("s", {"others"});
  const std::string own = lab.add("s", {"own"}).context;
  CHECK(lab.remove("s", {"others", "own"}, "", own).kind == Kind::kOk);
  CHECK(lab.members("s").items == Names{"others"});
  ClientRequest add = read_of(Operation::kSetAdd, "s", "");
  add.elements = {"more"};
  add.context = lab.members("s").context;
  const std::string both = lab.ask(add).context;
  CHECK(lab.remove("s", {"others", "more"}, "", both).kind == Kind::kOk);
  CHECK(lab.members("s").items.empty());
}

TEST_CASE("causal context: stays small and is understood after a thousand restarts") {
  ShardLab lab;
  std::string early;
  for (int life = 0; life < 1'000; ++life) {
    lab.add("s", {std::to_string(life)});
    if (life == 500) early = lab.members("s").context;
    lab.restart();
  }
  lab.add("s", {"last"});
  const ClientReply read = lab.members("s");
  CHECK(read.items.size() == 1'001);
  REQUIRE_FALSE(read.context.empty());
  CHECK(read.context.size() < 200);
  CHECK(lab.shard().figures(0).contexts_withheld == 0);
  Names all = {"0", "500", "501", "999", "last"};
  // The context of long ago covers what its client had seen, and nothing that came later.
  CHECK(lab.remove("s", all, "", early).kind == Kind::kOk);
  CHECK(lab.members("s").items.size() == 999);
  CHECK(lab.remove("s", all, "", read.context).kind == Kind::kOk);
  CHECK(lab.members("s").items.size() == 996);
  lab.restart();
  CHECK(lab.erase("s", "__default_set__", read.context).kind == Kind::kOk);
  CHECK(lab.members("s").items.empty());
}
