// Random histories of three owners: mutations of every type, lost, late, doubled and reordered
// messages, repairs, restarts with part of the batches lost, wiped disks, clock steps, expiry and
// sweeps; then quiet. In the end all owners are equal byte for byte, what was acknowledged is
// there, and nothing is that was never written.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "sim/chooser.h"
#include "sim/vnode_lab.h"

using vordb::BucketId;
using vordb::kDefaultCounter;
using vordb::kDefaultLww;
using vordb::kDefaultSet;
using vordb::OpId;
using vordb::sim::Chooser;
using vordb::sim::VnodeLab;

namespace {

constexpr uint32_t kOwners = 3;

struct History {
  struct Count {
    OpId op;
    int64_t by;
  };
  std::map<std::string, OpId> added;  // element -> the one addition of it, set "s"
  std::set<std::string> removed;      // a removal of it was attempted
  std::vector<Count> counts;          // of counter "c", which nobody resets
  std::set<std::string> put;          // values of register "r"
  uint32_t restarts = 0;
  uint32_t lost_packets = 0;
  uint32_t wipes = 0;
};

class RandomRun {
 public:
  RandomRun(uint64_t seed, bool wipes) : choose_(seed), lab_(kOwners), wipes_(wipes) {
    lab_.quiesce(2);
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
  }

  void heal() {
    for (uint32_t node = 1; node <= kOwners; ++node) {
      lab_.disk(node).reads_wait = false;
      lab_.settle(node);
    }
    lab_.advance(2 * VnodeLab::kTtlMs + 200'000);
    for (int i = 0; i < 4; ++i) {
      lab_.quiesce(6);
      for (uint32_t node = 1; node <= kOwners; ++node) {
        lab_.sweep(node);
        lab_.settle(node);
      }
    }
    lab_.quiesce(6);
  }

  VnodeLab& lab() { return lab_; }
  const History& history() const { return history_; }

 private:
  uint32_t node() { return 1 + uint32_t(choose_.below(kOwners)); }

  void step() {
    const uint64_t what = choose_.below(100);
    if (what < 40) {
      mutate();
    } else if (what < 55) {
      lab_.settle(node());
    } else if (what < 60) {
      const uint32_t at = node();
      lab_.flush(at);
      lab_.make_one_durable(at);
    } else if (what < 80) {
      network();
    } else if (what < 90) {
      lab_.advance(choose_.below(3000));
      lab_.tick(node());
    } else {
      trouble();
    }
  }

  void mutate() {
    const uint32_t at = node();
    switch (choose_.below(9)) {
      case 0: {
        const std::string value = "v" + std::to_string(++serial_);
        history_.put.insert(value);
        lab_.put(at, "r", value);
        break;
      }
      case 1:
        lab_.erase(at, "r", kDefaultLww);
        break;
      case 2:
      case 3: {
        const std::string element = "e" + std::to_string(++serial_);
        history_.added[element] = lab_.add(at, "s", {element});
        break;
      }
      case 4: {
        const std::vector<std::string> shown = lab_.members(at, "s");
        if (shown.empty()) break;
        const std::string victim = shown[choose_.below(shown.size())];
        history_.removed.insert(victim);
        lab_.remove(at, "s", {victim});
        break;
      }
      case 5: {
        const int64_t by = int64_t(choose_.below(9)) - 4;
        if (by != 0) history_.counts.push_back({lab_.count(at, "c", by), by});
        break;
      }
      case 6:
        lab_.add(at, "t", {"x" + std::to_string(choose_.below(3)), "y"}, VnodeLab::kTtlSet);
        break;
      case 7:
        lab_.count(at, "d", 1 + int64_t(choose_.below(3)));
        break;
      default:
        lab_.erase(at, "d", kDefaultCounter);
    }
  }

  void network() {
    if (lab_.packets.empty()) return;
    const size_t index = choose_.below(lab_.packets.size());
    const uint64_t fate = choose_.below(10);
    if (fate < 6) {
      lab_.deliver(index);
    } else if (fate < 8 && lab_.packets.size() < 200) {
      lab_.deliver_copy(index);
    } else {
      ++history_.lost_packets;
      lab_.packets.erase(lab_.packets.begin() + std::ptrdiff_t(index));
    }
  }

  void trouble() {
    const uint32_t at = node();
    switch (choose_.below(6)) {
      case 0:
        ++history_.restarts;
        lab_.flush(at);
        for (uint64_t kept = choose_.below(3); kept > 0; --kept) lab_.make_one_durable(at);
        lab_.restart(at);
        break;
      case 1:
        lab_.skew(at, int64_t(choose_.below(4000)) - 2000);
        break;
      case 2: {
        const uint32_t to = node();
        if (to != at && lab_.vnode(at).fenced()) lab_.repair(at, to, "s", kDefaultSet);
        break;
      }
      case 3:
        lab_.sweep(at);
        break;
      case 4:
        lab_.disk(at).reads_wait = choose_.below(2) == 0;
        break;
      default:
        if (choose_.below(4) == 0) lab_.advance(VnodeLab::kTtlMs);
        if (wipes_ && choose_.below(3) == 0) wipe(at);
    }
  }

  // One disk at a time: two owners know who is retired.
  void wipe(uint32_t at) {
    for (uint32_t other = 1; other <= kOwners; ++other) {
      if (other != at && !(lab_.vnode(other).fenced() && lab_.vnode(other).synced())) return;
    }
    ++history_.wipes;
    lab_.wipe(at);
  }

  Chooser choose_;
  VnodeLab lab_;
  bool wipes_;
  History history_;
  uint64_t serial_ = 0;
};

// `kept`: no disk was lost, so all that was acknowledged is there.
void check_contents(RandomRun& run, bool kept) {
  VnodeLab& lab = run.lab();
  const History& history = run.history();
  const std::vector<std::string> members = lab.members(1, "s");
  const std::set<std::string> shown(members.begin(), members.end());
  for (const std::string& element : shown) REQUIRE(history.added.contains(element));
  if (const auto value = lab.value(1, "r")) REQUIRE(history.put.contains(*value));
  if (!kept) return;
  for (const auto& [element, op] : history.added) {
    if (lab.acknowledged(op) && !history.removed.contains(element))
      REQUIRE(shown.contains(element));
  }
  int64_t low = 0;
  int64_t high = 0;
  for (const History::Count& count : history.counts) {
    const bool known = lab.acknowledged(count.op);
    low += known || count.by < 0 ? count.by : 0;
    high += known || count.by > 0 ? count.by : 0;
  }
  const int64_t total = lab.total(1, "c");
  REQUIRE(low <= total);
  REQUIRE(total <= high);
}

void swarm(uint64_t first, uint64_t seeds, bool wipes) {
  uint64_t restarts = 0;
  uint64_t lost = 0;
  uint64_t additions = 0;
  uint64_t wiped = 0;
  uint64_t snapshots = 0;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    CAPTURE(seed);
    RandomRun run(seed, wipes);
    run.run(250);
    run.heal();
    REQUIRE(run.lab().difference() == "");
    for (uint32_t node = 1; node <= kOwners; ++node) {
      REQUIRE(run.lab().vnode(node).left_over_contexts() == 0);
      REQUIRE(run.lab().members(node, "t", VnodeLab::kTtlSet).empty());
    }
    check_contents(run, !wipes);
    for (uint32_t node = 1; node <= kOwners; ++node) {
      snapshots += run.lab().snapshots_received(node);
    }
    wiped += run.history().wipes;
    restarts += run.history().restarts;
    lost += run.history().lost_packets;
    additions += run.history().added.size();
  }
  CHECK(restarts > seeds);
  CHECK(lost > seeds);
  CHECK(additions > 10 * seeds);
  if (!wipes) return;
  CHECK(wiped > seeds / 2);
  CHECK(snapshots > seeds / 10);
}

}  // namespace

TEST_CASE("three owners converge after any history without disk loss") { swarm(1, 300, false); }

TEST_CASE("three owners converge after any history with wiped disks") { swarm(10'000, 300, true); }
