// Snapshots: what a vnode receives when the dots that it lacks are in no log any more (DATA.md rule
// 16, counterexamples I and J).
#include <doctest/doctest.h>

#include <algorithm>

#include "proto/peer.pb.h"
#include "sim/vnode_lab.h"

using vordb::kDefaultCounter;
using vordb::kDefaultLww;
using vordb::kDefaultSet;
using vordb::sim::VnodeLab;

namespace {

using Members = std::vector<std::string>;

// Everybody holds some data of each type, and no log names its dots any more.
void forget_everything(VnodeLab& lab) {
  lab.quiesce();
  for (int i = 0; i < 20; ++i) lab.put(1, "k" + std::to_string(i), "v");
  lab.add(2, "s", {"a", "b", "c"});
  lab.count(3, "c", 7);
  for (uint32_t node = 1; node <= 3; ++node) lab.settle(node);
  lab.quiesce(8);
  for (uint32_t node = 1; node <= 3; ++node) REQUIRE(lab.logged_dots(node) == 0);
}

}  // namespace

TEST_CASE("snapshot: a wiped owner receives what is in no log") {
  VnodeLab lab(3);
  forget_everything(lab);
  lab.wipe(3);
  lab.settle(3);
  lab.quiesce(10);
  CHECK(lab.snapshots_received(3) == 1);
  CHECK(lab.difference() == "");
  CHECK(lab.value(3, "k7") == "v");
  CHECK(lab.members(3, "s") == Members{"a", "b", "c"});
  CHECK(lab.total(3, "c") == 7);
}

namespace {

// A set that takes three parts, and a third owner that has nothing.
void fill_and_wipe(VnodeLab& lab) {
  lab.quiesce();
  std::vector<std::string> elements;
  for (int i = 0; i < 2500; ++i) elements.push_back("e" + std::to_string(i));
  for (size_t i = 0; i < elements.size(); i += 500) {
    lab.add(1, "s", {elements.begin() + long(i), elements.begin() + long(i) + 500});
    lab.settle(1);
  }
  lab.quiesce(8);
  REQUIRE(lab.logged_dots(1) == 0);
  lab.wipe(3);
  lab.settle(3);
}

// Delivers until `parts` parts of the snapshot have reached node 3; true if they have.
bool deliver_parts(VnodeLab& lab, int parts) {
  for (int i = 0; i < 200 && parts > 0; ++i) {
    if (lab.packets.empty()) {
      lab.advance(1000);
      for (uint32_t node = 1; node <= 3; ++node) {
        lab.pulse(node);
        lab.tick(node);
        lab.settle(node);
      }
      continue;
    }
    const bool part = lab.packets.front().to == 3 && lab.packets.front().bytes.size() > 10'000;
    lab.deliver(0);
    for (uint32_t node = 1; node <= 3; ++node) lab.settle(node);
    parts -= part;
  }
  return parts == 0;
}

void ends_equal(VnodeLab& lab, size_t members) {
  lab.quiesce(30);
  CHECK(lab.difference() == "");
  CHECK(lab.members(3, "s").size() == members);
}

}  // namespace

TEST_CASE("snapshot: what changes while it is under way is neither lost nor undone") {
  VnodeLab lab(3);
  fill_and_wipe(lab);
  REQUIRE(deliver_parts(lab, 1));
  // e1 lies in the part that has come, e999 in one that is still to come (in the order of names).
  lab.remove(1, "s", {"e1", "e999"});
  lab.add(2, "s", {"a-new", "z-new"});
  lab.settle(1);
  lab.settle(2);
  // The receiver hears of it only through what the snapshot and gossip bring.
  std::erase_if(lab.packets,
                [](const VnodeLab::Packet& p) { return p.to == 3 && p.bytes.size() < 10'000; });
  ends_equal(lab, 2500);
  CHECK(lab.snapshots_received(3) >= 1);
}

TEST_CASE("snapshot: the receiver may change what it has received so far") {
  VnodeLab lab(3);
  fill_and_wipe(lab);
  REQUIRE(deliver_parts(lab, 1));
  lab.remove(3, "s", {"e1"});
  lab.add(3, "s", {"own"});
  lab.settle(3);
  ends_equal(lab, 2500);
}

TEST_CASE(
    "snapshot: a giver that restarts makes it begin anew, a receiver too, a lost part comes "
    "again") {
  for (int what = 0; what < 3; ++what) {
    CAPTURE(what);
    VnodeLab lab(3);
    fill_and_wipe(lab);
    REQUIRE(deliver_parts(lab, 1));
    if (what == 0) {
      lab.restart(1);
      lab.restart(2);
    } else if (what == 1) {
      lab.restart(3);
    } else {
      lab.lose_all();
      lab.advance(3000);
    }
    for (uint32_t node = 1; node <= 3; ++node) lab.settle(node);
    ends_equal(lab, 2500);
    CHECK(lab.snapshots_received(3) == 1);
  }
}

TEST_CASE("snapshot: parts are asked for no faster than the operator allows") {
  for (const uint64_t bytes_per_s : {0, 10'000}) {
    CAPTURE(bytes_per_s);
    VnodeLab lab(3);
    fill_and_wipe(lab);
    lab.options().handoff_bytes_per_s = bytes_per_s;
    REQUIRE(deliver_parts(lab, 1));  // of more than 10,000 bytes
    const auto asked = [&] {
      return std::any_of(lab.packets.begin(), lab.packets.end(), [](const VnodeLab::Packet& p) {
        vordb::pb::PeerMessage message;
        return message.ParseFromString(p.bytes) && message.has_snapshot_pull();
      });
    };
    uint64_t waited_ms = 0;
    for (; !asked() && waited_ms < 60'000; waited_ms += 100) {
      lab.advance(100);
      lab.pulse(3);
      lab.settle(3);
    }
    if (bytes_per_s == 0) {
      CHECK(waited_ms == 0);
    } else {
      CHECK(waited_ms > 1000);
      CHECK(waited_ms < 60'000);
    }
    lab.options().handoff_bytes_per_s = 0;
    ends_equal(lab, 2500);
  }
}

TEST_CASE("I: what was removed before the snapshot's entry was read does not come to life again") {
  VnodeLab lab(3);
  forget_everything(lab);
  lab.wipe(3);
  lab.settle(3);
  // Node 1's clock has the removal but not yet the addition that another owner made before it.
  lab.add(2, "s", {"late"});
  lab.settle(2);
  std::vector<VnodeLab::Packet> additions = lab.packets;
  lab.lose_all();
  lab.remove(2, "s", {"late"});
  lab.settle(2);
  lab.deliver_all();
  lab.packets = additions;
  ends_equal(lab, 3);
}

namespace {

template <typename Wanted>
std::vector<VnodeLab::Packet> take(VnodeLab& lab, Wanted&& wanted) {
  std::vector<VnodeLab::Packet> taken;
  for (const VnodeLab::Packet& packet : lab.packets) {
    vordb::pb::PeerMessage message;
    REQUIRE(message.ParseFromString(packet.bytes));
    if (wanted(packet, message)) taken.push_back(packet);
  }
  return taken;
}

}  // namespace

// Found by the random histories. The giver restarts in the midst; a doubled request begins a new
// session there, with a view that shows more; its next part must not end the first one.
TEST_CASE("snapshot: parts of two sessions are never taken for one") {
  VnodeLab lab(2);
  lab.quiesce();
  lab.add(1, "s", {"old"});
  lab.settle(1);
  lab.quiesce(8);
  REQUIRE(lab.logged_dots(1) == 0);
  lab.wipe(2);
  lab.settle(2);
  const auto pulls = [&] {
    return take(lab, [](const auto&, const auto& m) { return m.has_snapshot_pull(); });
  };
  for (int round = 0; round < 10 && pulls().empty(); ++round) {
    lab.advance(1000);
    for (const uint32_t node : {1, 2}) {
      lab.pulse(node);
      lab.tick(node);
      lab.settle(node);
    }
    for (size_t left = lab.packets.size(); left > 0 && pulls().empty(); --left) {
      const uint32_t to = lab.packets[0].to;
      lab.deliver(0);
      lab.settle(to);
    }
  }
  const std::vector<VnodeLab::Packet> first_pull = pulls();
  REQUIRE(first_pull.size() == 1);
  const auto deliver = [&](const VnodeLab::Packet& packet) {
    lab.packets = {packet};
    lab.deliver(0);
    lab.settle(packet.to);
  };
  deliver(first_pull[0]);
  const auto parts = take(lab, [](const auto&, const auto& m) { return m.has_snapshot_part(); });
  REQUIRE(parts.size() == 1);
  deliver(parts[0]);
  const std::vector<VnodeLab::Packet> second_pull = pulls();
  REQUIRE(second_pull.size() == 1);
  lab.lose_all();

  lab.restart(1);
  lab.add(1, "s", {"new"});
  lab.settle(1);
  lab.deliver_all();
  REQUIRE(lab.members(2, "s") == Members{"new", "old"});
  deliver(first_pull[0]);
  deliver(second_pull[0]);
  lab.deliver_all();
  lab.quiesce(8);
  CHECK(lab.difference() == "");
  for (const uint32_t node : {1, 2}) CHECK(lab.members(node, "s") == Members{"new", "old"});
}

// Every change of a set with a time to live touches its deadline, so all that the log holds of the
// key must go together.
TEST_CASE("snapshot: what one message cannot hold of a key goes in one, and holds up nothing") {
  VnodeLab lab(3);
  lab.quiesce();
  for (int i = 0; i < 300; ++i) {
    std::string element = std::to_string(i);
    element.resize(64 << 10, 'e');
    lab.add(1, "large", {element}, VnodeLab::kTtlSet);
    lab.settle(1);
    lab.lose_all();
  }
  lab.put(1, "small", "v");
  lab.settle(1);
  lab.lose_all();
  lab.quiesce(12);
  CHECK(lab.difference() == "");
  CHECK(lab.value(2, "small") == "v");
  CHECK(lab.live_elements(3, "large", VnodeLab::kTtlSet).size() == 300);
  CHECK(lab.snapshots_received(2) == 1);
  CHECK(lab.snapshots_received(3) == 1);
  for (uint32_t node = 1; node <= 3; ++node) CHECK(lab.logged_dots(node) == 0);
}
