// What clients ask of one node, operation by operation.
#include <algorithm>

#include <doctest/doctest.h>

#include "sim/shard_lab.h"

using namespace vordb;
using vordb::sim::refused;
using vordb::sim::ShardLab;
using Kind = ClientReply::Kind;
using Names = std::vector<std::string>;

namespace {

ClientRequest on_key(Operation operation, std::string key, std::string bucket = "") {
  ClientRequest request;
  request.operation = operation;
  request.key = std::move(key);
  request.bucket = std::move(bucket);
  return request;
}

}  // namespace

TEST_CASE("shard: a register is put, read, replaced and deleted") {
  ShardLab lab;
  CHECK(lab.get("k").kind == Kind::kNotFound);
  const ClientReply put = lab.put("k", "one");
  CHECK(put.kind == Kind::kOk);
  CHECK(put.timestamp_ms >= 1'700'000'000'000);
  CHECK(lab.get("k").value == "one");
  lab.put("k", "");
  CHECK(lab.get("k").kind == Kind::kValue);
  CHECK(lab.get("k").value == "");
  CHECK(lab.erase("k").kind == Kind::kOk);
  CHECK(lab.get("k").kind == Kind::kNotFound);
  CHECK(lab.erase("k").kind == Kind::kOk);
  lab.put("k", std::string("\0\xff two", 6));
  CHECK(lab.get("k").value == std::string("\0\xff two", 6));
}

TEST_CASE("shard: a put wins over what was put before, also when the wall clock steps back") {
  ShardLab lab;
  const uint64_t first = lab.put("k", "one").timestamp_ms;
  lab.step_wall_back(60'000);
  CHECK(lab.put("k", "two").timestamp_ms >= first);
  CHECK(lab.get("k").value == "two");
  lab.restart();
  lab.put("k", "three");
  CHECK(lab.get("k").value == "three");
}

TEST_CASE("shard: a set shows its members in byte order and once each") {
  ShardLab lab;
  CHECK(lab.members("s").kind == Kind::kNotFound);
  lab.add("s", {"b", "a", "b", "\xff", ""});
  lab.add("s", {"a"});
  CHECK(lab.members("s").items == Names{"", "a", "b", "\xff"});
  lab.remove("s", {"a", "never there"});
  CHECK(lab.members("s").items == Names{"", "b", "\xff"});
  lab.remove("s", {"", "b", "\xff"});
  CHECK(lab.members("s").kind == Kind::kNotFound);
  lab.add("s", {"a"});
  CHECK(lab.members("s").items == Names{"a"});
  CHECK(lab.erase("s", "__default_set__").kind == Kind::kOk);
  CHECK(lab.members("s").kind == Kind::kNotFound);
}

TEST_CASE("shard: a set is read in pages that together are the set") {
  ShardLab lab;
  Names all;
  for (int i = 10; i < 60; ++i) all.push_back("e" + std::to_string(i));
  lab.add("s", all);
  lab.remove("s", {"e20", "e21", "e22", "e23"});
  all.erase(all.begin() + 10, all.begin() + 14);
  for (const uint32_t limit : {1u, 3u, 46u, 100u, UINT32_MAX}) {
    CAPTURE(limit);
    Names seen;
    ClientRequest request = on_key(Operation::kSetMembers, "s");
    request.limit = limit;
    for (int pages = 0; pages < 60; ++pages) {
      const ClientReply page = lab.ask(request);
      REQUIRE(page.items.size() <= limit);
      seen.insert(seen.end(), page.items.begin(), page.items.end());
      if (!page.next) break;
      REQUIRE(page.next > request.after);
      request.after = page.next;
    }
    CHECK(seen == all);
  }
}

TEST_CASE("shard: a set can be asked for one element") {
  ShardLab lab;
  lab.add("s", {"a"});
  ClientRequest request = on_key(Operation::kSetContains, "s");
  request.elements = {"a"};
  CHECK(lab.ask(request).kind == Kind::kContains);
  CHECK(lab.ask(request).contains);
  request.elements = {"b"};
  CHECK_FALSE(lab.ask(request).contains);
  lab.remove("s", {"a"});
  request.elements = {"a"};
  CHECK_FALSE(lab.ask(request).contains);
  request.elements = {"a", "b"};
  CHECK(refused(lab.ask(request), ErrorCode::kBadRequest));
}

TEST_CASE("shard: a counter counts up, down and through zero, and starts anew after a delete") {
  ShardLab lab;
  CHECK(lab.total("c").kind == Kind::kNotFound);
  lab.count("c", 5);
  lab.count("c", -8);
  CHECK(lab.total("c").counter == -3);
  lab.count("c", 3);
  CHECK(lab.total("c").kind == Kind::kCounter);
  CHECK(lab.total("c").counter == 0);
  lab.erase("c", "__default_counter__");
  CHECK(lab.total("c").kind == Kind::kNotFound);
  lab.count("c", 2);
  CHECK(lab.total("c").counter == 2);
  lab.restart();
  lab.count("c", 2);
  CHECK(lab.total("c").counter == 4);
}

TEST_CASE("shard: a counter may move through its whole range again and again") {
  ShardLab lab;
  for (int i = 0; i < 5; ++i) {
    CHECK(lab.count("c", INT64_MAX).kind == Kind::kOk);
    CHECK(lab.count("c", -INT64_MAX).kind == Kind::kOk);
  }
  lab.count("c", 1);
  lab.count("c", 1);
  CHECK(lab.total("c").counter == 2);
  lab.restart();
  CHECK(lab.total("c").counter == 2);
  lab.erase("c", "__default_counter__");
  lab.count("c", 1);
  CHECK(lab.total("c").counter == 1);
}

TEST_CASE("shard: the empty element begins a page like any other, and ends one") {
  ShardLab lab;
  lab.add("s", {"", "a"});
  ClientRequest request = on_key(Operation::kSetMembers, "s");
  request.limit = 1;
  const ClientReply first = lab.ask(request);
  CHECK(first.items == Names{""});
  REQUIRE(first.next == "");
  request.after = first.next;
  const ClientReply second = lab.ask(request);
  CHECK(second.items == Names{"a"});
}

TEST_CASE("shard: what would pass the range of a counter is refused without effect") {
  ShardLab lab;
  CHECK(lab.count("c", INT64_MAX).kind == Kind::kOk);
  CHECK(refused(lab.count("c", 1), ErrorCode::kOverflow));
  CHECK(lab.total("c").counter == INT64_MAX);
  CHECK_FALSE(lab.total("c").saturated);
  lab.count("c", -1);
  CHECK(lab.total("c").counter == INT64_MAX - 1);
  lab.restart();  // another life has totals of its own; the sum is what counts
  CHECK(refused(lab.count("c", 2), ErrorCode::kOverflow));
  CHECK(lab.count("c", 1).kind == Kind::kOk);
  CHECK(lab.count("d", -INT64_MAX).kind == Kind::kOk);
  CHECK(lab.count("d", -1).kind == Kind::kOk);
  CHECK(lab.total("d").counter == INT64_MIN);
  CHECK(refused(lab.count("d", -1), ErrorCode::kOverflow));
}

TEST_CASE("shard: operations of another type are refused, a get answers by the bucket's type") {
  ShardLab lab;
  lab.create("set", BucketType::kOrswot);
  lab.create("counter", BucketType::kPnCounter);
  const ClientReply wrong = lab.put("k", "v", "set");
  CHECK(refused(wrong, ErrorCode::kTypeMismatch));
  CHECK(wrong.error.expected == "orswot");
  CHECK(refused(lab.count("k", 1, "set"), ErrorCode::kTypeMismatch));
  CHECK(refused(lab.members("k", "counter"), ErrorCode::kTypeMismatch));
  CHECK(refused(lab.add("k", {"e"}, "__default_lww__"), ErrorCode::kTypeMismatch));
  lab.add("k", {"e"}, "set");
  lab.count("k", 7, "counter");
  CHECK(lab.get("k", "set").items == Names{"e"});
  CHECK(lab.get("k", "set").operation == Operation::kSetMembers);
  CHECK(lab.get("k", "counter").counter == 7);
}

TEST_CASE("shard: ill-formed requests and missing buckets are refused") {
  ShardLab lab;
  CHECK(refused(lab.put("", "v"), ErrorCode::kBadRequest));
  CHECK(refused(lab.add("s", {}), ErrorCode::kBadRequest));
  CHECK(refused(lab.put("k", "v", "nowhere"), ErrorCode::kBucketNotFound));
  CHECK(refused(lab.get("k", "nowhere"), ErrorCode::kBucketNotFound));
  ClientRequest garbage = on_key(Operation::kGet, "k");
  garbage.context = "garbage";
  CHECK(refused(lab.ask(garbage), ErrorCode::kBadRequest));
  ClientRequest wide = on_key(Operation::kPut, "k");
  wide.w = 4;
  CHECK(refused(lab.ask(wide), ErrorCode::kBadRequest));
  CHECK(refused(lab.add("s", {std::string(3 << 20, 'a'), std::string(2 << 20, 'b')}),
                ErrorCode::kTooLarge));
  CHECK(lab.members("s").kind == Kind::kNotFound);
}

TEST_CASE("shard: a quorum that one node cannot reach is never lowered") {
  ShardLab lab;
  lab.create("two", BucketType::kLww, 0, 2);
  CHECK(refused(lab.put("k", "v", "two"), ErrorCode::kUnavailable));
  CHECK(lab.get("k", "two").kind == Kind::kNotFound);
  ClientRequest request = on_key(Operation::kPut, "k");
  request.w = 2;
  CHECK(refused(lab.ask(request), ErrorCode::kUnavailable));
  ClientRequest read = on_key(Operation::kGet, "k");
  read.r = 3;
  CHECK(refused(lab.ask(read), ErrorCode::kUnavailable));
  CHECK(lab.get("k").kind == Kind::kNotFound);
}

TEST_CASE("shard: a delete with a context removes what it covers and nothing newer") {
  ShardLab lab;
  lab.add("s", {"a", "b"});
  const std::string seen = lab.members("s").context;
  REQUIRE_FALSE(seen.empty());
  lab.add("s", {"b", "c"});  // b anew: not what was read
  lab.remove("s", {"a", "b", "c"}, "", seen);
  CHECK(lab.members("s").items == Names{"b", "c"});
  lab.erase("s", "__default_set__", seen);
  CHECK(lab.members("s").items == Names{"b", "c"});
  lab.erase("s", "__default_set__", lab.members("s").context);
  CHECK(lab.members("s").kind == Kind::kNotFound);

  lab.put("r", "one");
  const std::string before = lab.get("r").context;
  lab.put("r", "two");
  lab.erase("r", "", before);
  CHECK(lab.get("r").value == "two");
  lab.erase("r", "", lab.get("r").context);
  CHECK(lab.get("r").kind == Kind::kNotFound);

  lab.count("c", 2);
  const std::string counted = lab.total("c").context;
  lab.count("c", 1);
  lab.erase("c", "__default_counter__", counted);
  CHECK(lab.total("c").counter == 3);
}

TEST_CASE("shard: keys are listed in pages, without the deleted and the empty") {
  ShardLab lab;
  std::vector<std::string> expected;
  for (int i = 0; i < 40; ++i) {
    const std::string key = "k" + std::to_string(i);
    lab.put(key, "v");
    if (i % 4 == 0) {
      lab.erase(key);
    } else {
      expected.push_back(key);
    }
  }
  std::sort(expected.begin(), expected.end());
  for (const uint32_t limit : {1u, 7u, 30u, 1000u}) {
    CAPTURE(limit);
    ClientRequest request;
    request.operation = Operation::kListKeys;
    request.bucket = "__default_lww__";
    request.limit = limit;
    std::vector<std::string> seen;
    for (int pages = 0; pages < 60; ++pages) {
      const ClientReply page = lab.ask(request);
      REQUIRE(page.kind == Kind::kKeys);
      REQUIRE(page.items.size() <= limit);
      seen.insert(seen.end(), page.items.begin(), page.items.end());
      if (!page.next) break;
      request.after = page.next;
    }
    std::sort(seen.begin(), seen.end());
    CHECK(seen == expected);
  }
}
