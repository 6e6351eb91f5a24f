// Links: what a whole link does, what each fault does to it, and that cuts heal by cause.
#include "sim/links.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "sim/network_faults.h"

namespace vordb::sim {
namespace {

constexpr uint32_t kMachines = 5;

struct Net {
  explicit Net(uint64_t seed) : chooser(seed), links(kMachines, chooser, now_us) {}

  // Sends at 100 us from one another; the arrivals of first copies.
  std::vector<uint64_t> send(uint32_t count) {
    std::vector<uint64_t> arrivals;
    for (uint32_t i = 0; i < count; ++i) {
      now_us += 100;
      const Links::Sending passage = links.send(0, 1, 10);
      for (uint32_t copy = 0; copy < passage.copies; ++copy)
        CHECK(links.arrived(0, 1, passage.connection) == Fate::kArrived);
      if (passage.copies > 0) arrivals.push_back(passage.at_us[0]);
    }
    return arrivals;
  }
  bool reaches(uint32_t from, uint32_t to) { return links.whole(from, to); }

  uint64_t now_us = 1;
  Chooser chooser;
  Links links;
};

TEST_CASE("links: a whole link brings everything once, later and in order") {
  Net net(1);
  const std::vector<uint64_t> arrivals = net.send(5000);
  REQUIRE(arrivals.size() == 5000);
  CHECK(std::is_sorted(arrivals.begin(), arrivals.end()));
  CHECK(arrivals[0] > 100);
  CHECK(net.links.figures().doubled == 0);
  CHECK(net.links.last_arrival_us() == arrivals.back());
}

TEST_CASE("links: a slow link brings everything in order, later") {
  Net net(4);
  net.links.chances(0, 1).delay_us_max = 100'000;
  const std::vector<uint64_t> arrivals = net.send(1000);
  REQUIRE(arrivals.size() == 1000);
  CHECK(std::is_sorted(arrivals.begin(), arrivals.end()));
  CHECK(net.links.figures().slow > 900);
  CHECK(arrivals[500] > 501 * 100 + 50'000);
  CHECK(arrivals[999] < 1001 * 100 + 130'000);
}

TEST_CASE("links: a connection that breaks loses its last message and what is under way") {
  Net net(5);
  const Links::Sending before = net.links.send(0, 1, 10);
  const Links::Sending back = net.links.send(1, 0, 10);
  net.links.chances(0, 1).reset = 1'000'000;
  CHECK(net.links.send(0, 1, 10).copies == 0);
  net.links.chances(0, 1).reset = 0;
  const Links::Sending after = net.links.send(0, 1, 10);
  CHECK(net.links.arrived(0, 1, before.connection) == Fate::kBroken);
  CHECK(net.links.arrived(0, 1, after.connection) == Fate::kArrived);
  CHECK(net.links.arrived(1, 0, back.connection) == Fate::kArrived);
  CHECK(net.links.figures().resets == 1);
  CHECK(net.links.figures().broken == 1);
}

TEST_CASE("links: loss, doubling and reordering come as often as they are set") {
  Net net(2);
  net.links.chances(0, 1) = {.loss = 200'000, .doubling = 300'000, .reordering = 400'000};
  const std::vector<uint64_t> arrivals = net.send(10'000);
  CHECK(arrivals.size() > 7'700);
  CHECK(arrivals.size() < 8'300);
  CHECK_FALSE(std::is_sorted(arrivals.begin(), arrivals.end()));
  const NetworkFigures& figures = net.links.figures();
  CHECK(figures.lost == 10'000 - arrivals.size());
  CHECK(figures.doubled > 2'000);
  CHECK(figures.reordered > 3'000);
  net.links.repair();
  CHECK(net.send(1000).size() == 1000);
}

TEST_CASE("links: a cut drops, or holds in order until it heals, as far as the queue goes") {
  Net net(3);
  net.links.cut(4, 0, 1, 0);
  CHECK(net.send(10).empty());
  CHECK(net.links.send(1, 0, 1).copies == 1);  // the other direction is another link
  net.links.cut(5, 0, 1, 0);
  net.links.heal(4);
  CHECK(net.send(10).empty());
  net.links.heal(5);
  CHECK(net.send(10).size() == 10);
  const uint64_t until_us = net.now_us + 1'000'000;
  net.links.cut(4, 0, 1, until_us);
  uint32_t queued = 0;
  uint64_t last_us = until_us;
  for (uint32_t i = 0; i < Links::kQueueMax + 50; ++i) {
    const Links::Sending passage = net.links.send(0, 1, 1);
    queued += passage.copies;
    if (passage.copies == 0) continue;
    CHECK(passage.at_us[0] >= last_us);
    last_us = passage.at_us[0];
  }
  CHECK(queued == Links::kQueueMax);
  CHECK(net.links.figures().full == 50);
}

TEST_CASE("links: each shape of a cut leaves what it says") {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Net net(seed);
    NetworkFaults faults(net.links, net.chooser);
    const std::vector<uint32_t> all = {0, 1, 2, 3, 4};
    const auto heard_by = [&](uint32_t machine) {
      uint32_t count = 0;
      for (uint32_t other = 0; other < kMachines; ++other)
        count += other != machine && net.reaches(other, machine);
      return count;
    };
    const auto total = [&] {
      uint32_t count = 0;
      for (uint32_t machine = 0; machine < kMachines; ++machine) count += heard_by(machine);
      return count;
    };
    CHECK_FALSE(faults.begin(FaultKind::kSplit, all, 1000).empty());
    CHECK((total() == 12 || total() == 8));
    faults.end(FaultKind::kSplit);
    CHECK(total() == 20);
    CHECK_FALSE(faults.begin(FaultKind::kIsolate, all, 1000).empty());
    CHECK(total() == 12);
    CHECK_FALSE(faults.begin(FaultKind::kRing, all, 1000).empty());
    CHECK(total() < 12);
    faults.end(FaultKind::kIsolate);
    for (const uint32_t machine : all) CHECK(heard_by(machine) == 2);
    faults.end(FaultKind::kRing);
    CHECK_FALSE(faults.begin(FaultKind::kBridge, all, 1000).empty());
    uint32_t bridges = 0;
    for (const uint32_t machine : all) bridges += heard_by(machine) == 4;
    CHECK(bridges == 1);
    faults.end(FaultKind::kBridge);
    CHECK_FALSE(faults.begin(FaultKind::kOneWay, all, 1000).empty());
    CHECK(total() < 20);
    CHECK(total() >= 16);
    faults.end(FaultKind::kOneWay);
    CHECK(total() == 20);
    CHECK(faults.begin(FaultKind::kRing, {0, 1, 2}, 1000).empty());
    CHECK(faults.begin(FaultKind::kSplit, {3}, 1000).empty());
    CHECK(total() == 20);
  }
}

TEST_CASE("links: a clog holds everything, and weather passes") {
  Net net(7);
  NetworkFaults faults(net.links, net.chooser);
  CHECK_FALSE(faults.begin(FaultKind::kLoss, {0, 1}, 1000).empty());
  net.send(2000);
  CHECK(net.links.figures().lost > 0);
  faults.end(FaultKind::kLoss);
  const uint64_t lost = net.links.figures().lost;
  net.send(2000);
  CHECK(net.links.figures().lost == lost);
  const uint64_t until_us = net.now_us + 500'000;
  net.links.clog(0, 1, until_us);
  for (const uint64_t at_us : net.send(100)) CHECK(at_us >= until_us);
  CHECK(net.links.figures().held == 100);
}

}  // namespace
}  // namespace vordb::sim
