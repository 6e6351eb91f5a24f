// Who waits for whom on one connection, and that waiting ends.
#include "core/coordinator/lanes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>

using namespace vordb;
using namespace vordb::coordinator;

namespace {

// Requests by number, in the lanes or waiting.
class Lab {
 public:
  bool ask(int number, Operation operation, const std::string& bucket, const std::string& key = "",
           bool in_order = false, uint64_t connection = 1) {
    ClientRequest request;
    request.client = ClientId(number);
    request.connection = connection;
    request.operation = operation;
    request.key = key;
    const LaneUse use = places_of(request, bucket, in_order);
    Admitted admitted(std::move(request), use);
    const bool goes = lanes_.enter(admitted);
    if (goes) running_[number] = use;
    return goes;
  }
  // Who goes ahead once this one was answered.
  std::vector<int> end(int number) {
    REQUIRE(running_.contains(number));
    std::vector<Admitted> ready;
    lanes_.leave(running_.at(number), ready);
    running_.erase(number);
    std::vector<int> numbers;
    for (const Admitted& request : ready) {
      numbers.push_back(int(request.client));
      running_[int(request.client)] = request.use;
    }
    return numbers;
  }
  const std::map<int, LaneUse>& running() const { return running_; }
  const Lanes& lanes() const { return lanes_; }

 private:
  Lanes lanes_;
  std::map<int, LaneUse> running_;
};

using Numbers = std::vector<int>;
constexpr Operation kGet = Operation::kGet, kPut = Operation::kPut, kList = Operation::kListKeys,
                    kCreate = Operation::kCreateBucket, kDrop = Operation::kDeleteBucket,
                    kLook = Operation::kGetBucket, kBuckets = Operation::kListBuckets;

}  // namespace

TEST_CASE("lanes: reads of a key overlap, and wait for a mutation before them") {
  Lab lab;
  CHECK(lab.ask(1, kGet, "b", "k"));
  CHECK(lab.ask(2, kGet, "b", "k"));
  CHECK_FALSE(lab.ask(3, kPut, "b", "k"));
  CHECK_FALSE(lab.ask(4, kGet, "b", "k"));
  CHECK_FALSE(lab.ask(5, kGet, "b", "k"));
  CHECK_FALSE(lab.ask(6, kPut, "b", "k"));
  CHECK(lab.end(2).empty());
  CHECK(lab.end(1) == Numbers{3});
  CHECK(lab.end(3) == Numbers{4, 5});
  CHECK(lab.end(4).empty());
  CHECK(lab.end(5) == Numbers{6});
  CHECK(lab.lanes().lanes() == 2);
  CHECK(lab.end(6).empty());
  CHECK(lab.lanes().lanes() == 0);
  CHECK(lab.lanes().waiting() == 0);
}

TEST_CASE("lanes: other keys, buckets and connections do not wait") {
  Lab lab;
  CHECK(lab.ask(1, kPut, "b", "k"));
  CHECK_FALSE(lab.ask(2, kPut, "b", "k"));
  CHECK(lab.ask(3, kPut, "b", "l"));
  CHECK(lab.ask(4, kGet, "b", "m"));
  CHECK(lab.ask(5, kPut, "c", "k"));
  CHECK(lab.ask(6, kPut, "b", "k", false, 2));
  CHECK(lab.ask(7, kPut, "b", "k", false, 0));
  CHECK(lab.ask(8, Operation::kPing, "b", "k"));
}

TEST_CASE("lanes: mutations overlap where one vnode takes them in order, and only if none waits") {
  Lab lab;
  CHECK(lab.ask(1, kPut, "b", "k", true));
  CHECK(lab.ask(2, kPut, "b", "k", true));
  CHECK_FALSE(lab.ask(3, kGet, "b", "k"));
  CHECK_FALSE(lab.ask(4, kPut, "b", "k", true));
  CHECK_FALSE(lab.ask(5, kPut, "b", "k", true));
  CHECK(lab.end(1).empty());
  CHECK(lab.end(2) == Numbers{3});
  // By the time that these go ahead there may be another vnode.
  CHECK(lab.end(3) == Numbers{4});
  CHECK_FALSE(lab.ask(6, kPut, "b", "k", true));
  CHECK(lab.end(4) == Numbers{5});
  CHECK(lab.end(5) == Numbers{6});
}

TEST_CASE("lanes: one that waits for its bucket keeps its place at its key") {
  Lab lab;
  CHECK(lab.ask(1, kCreate, "b"));
  CHECK_FALSE(lab.ask(2, kPut, "b", "k", true));
  CHECK_FALSE(lab.ask(3, kPut, "b", "k", true));
  CHECK_FALSE(lab.ask(4, kGet, "b", "k"));
  CHECK(lab.end(1) == Numbers{2});
  CHECK(lab.end(2) == Numbers{3});
  CHECK(lab.end(3) == Numbers{4});
}

TEST_CASE("lanes: a listing waits for mutations before it, and those after it for the listing") {
  Lab lab;
  CHECK(lab.ask(1, kPut, "b", "k"));
  CHECK(lab.ask(2, kPut, "b", "l"));
  CHECK_FALSE(lab.ask(3, kList, "b"));
  CHECK_FALSE(lab.ask(4, kPut, "b", "m"));
  CHECK(lab.ask(5, kGet, "b", "n"));
  CHECK_FALSE(lab.ask(6, kList, "b"));
  CHECK(lab.end(2).empty());
  CHECK(lab.end(1) == Numbers{3});
  // Past 4, which waits for 3 and is before 6.
  CHECK(lab.end(3) == Numbers{4});
  CHECK(lab.end(4) == Numbers{6});
  CHECK(lab.ask(7, kGet, "b", "k"));
}

TEST_CASE("lanes: what is done to a bucket waits for all of the bucket, and all for it") {
  Lab lab;
  CHECK(lab.ask(1, kGet, "b", "k"));
  CHECK_FALSE(lab.ask(2, kDrop, "b"));
  CHECK_FALSE(lab.ask(3, kGet, "b", "k"));
  CHECK_FALSE(lab.ask(4, kList, "b"));
  CHECK_FALSE(lab.ask(5, kLook, "b"));
  CHECK_FALSE(lab.ask(6, kPut, "b", "l"));
  CHECK(lab.ask(7, kPut, "c", "l"));
  CHECK(lab.end(1) == Numbers{2});
  CHECK(lab.end(2) == Numbers{3, 4});
  CHECK(lab.end(4).empty());
  CHECK(lab.end(3) == Numbers{5});
  CHECK(lab.end(5) == Numbers{6});
}

TEST_CASE("lanes: the list of buckets and changes of any bucket keep their order") {
  Lab lab;
  CHECK(lab.ask(1, kCreate, "b"));
  CHECK(lab.ask(2, kCreate, "c"));
  CHECK_FALSE(lab.ask(3, kBuckets, ""));
  CHECK_FALSE(lab.ask(4, kDrop, "d"));
  CHECK_FALSE(lab.ask(5, kPut, "d", "k"));
  CHECK(lab.ask(6, kLook, "e"));
  CHECK(lab.end(1).empty());
  CHECK(lab.end(2) == Numbers{3});
  CHECK(lab.end(3) == Numbers{4});
  CHECK(lab.end(4) == Numbers{5});
}

// Against the rule itself: whoever is neither running nor done waits for an earlier one that it
// conflicts with.
TEST_CASE("lanes: random requests go ahead as soon as they may, and no sooner") {
  struct Asked {
    Operation operation;
    std::string bucket, key;
    bool done = false;
  };
  const auto conflict = [](const Asked& a, const Asked& b) {
    const auto changes_table = [](Operation o) { return o == kCreate || o == kDrop; };
    const auto on_bucket = [&](Operation o) { return changes_table(o) || o == kLook; };
    if (a.operation == kBuckets || b.operation == kBuckets) {
      return changes_table(a.operation) || changes_table(b.operation);
    }
    if (a.bucket != b.bucket) return false;
    if (on_bucket(a.operation) || on_bucket(b.operation)) return true;
    if (a.operation == kList || b.operation == kList) {
      return a.operation == kPut || b.operation == kPut;
    }
    return a.key == b.key && (a.operation == kPut || b.operation == kPut);
  };
  constexpr Operation kChoices[] = {kGet, kGet, kPut, kPut, kPut, kList, kCreate, kLook, kBuckets};
  uint64_t state = 1;
  const auto below = [&](uint64_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % bound;
  };
  Lab lab;
  std::vector<Asked> asked;
  const auto check = [&] {
    for (size_t i = 0; i < asked.size(); ++i) {
      if (asked[i].done) continue;
      bool must_wait = false;
      for (size_t j = 0; j < i; ++j) {
        must_wait = must_wait || (!asked[j].done && conflict(asked[i], asked[j]));
      }
      REQUIRE(lab.running().contains(int(i)) == !must_wait);
    }
  };
  for (int round = 0; round < 3000; ++round) {
    if (below(100) < (round / 200 % 2 == 0 ? 50u : 58u)) {
      asked.push_back({kChoices[below(std::size(kChoices))], below(3) == 0 ? "b" : "c",
                       std::string(1, char('k' + below(4)))});
      lab.ask(int(asked.size() - 1), asked.back().operation, asked.back().bucket, asked.back().key);
    } else if (!lab.running().empty()) {
      const auto at = std::next(lab.running().begin(), long(below(lab.running().size())));
      asked[size_t(at->first)].done = true;
      lab.end(at->first);
    }
    check();
  }
  while (!lab.running().empty()) {
    asked[size_t(lab.running().begin()->first)].done = true;
    lab.end(lab.running().begin()->first);
  }
  check();
  CHECK(asked.size() > 1000);
  CHECK(lab.lanes().lanes() == 0);
  CHECK(lab.lanes().waiting() == 0);
}
