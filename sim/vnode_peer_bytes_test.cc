// What a vnode takes from a peer that is not whole: no dot that it has yet to take itself comes in
// with anything (invariant I7), and no time makes its clock wrap.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "core/codec.h"
#include "proto/peer.pb.h"
#include "sim/vnode_lab.h"

using namespace vordb;
using vordb::sim::VnodeLab;

namespace {

constexpr uint64_t kFar = 1000;

// The first packet from 2 to 1 with this body.
size_t find(const VnodeLab& lab, pb::PeerMessage::BodyCase body) {
  for (size_t i = 0; i < lab.packets.size(); ++i) {
    pb::PeerMessage message;
    REQUIRE(message.ParseFromString(lab.packets[i].bytes));
    if (lab.packets[i].from == 2 && lab.packets[i].to == 1 && message.body_case() == body) return i;
  }
  FAIL("no such packet");
  return 0;
}

using Change = std::function<void(pb::PeerMessage&, const crdt::Dot&)>;

// Node 2 has put "theirs"; its message of this body reaches node 1 after `change`, which is given a
// dot of node 1's own future.
void deliver_changed(VnodeLab& lab, pb::PeerMessage::BodyCase body, const Change& change) {
  const size_t at = find(lab, body);
  pb::PeerMessage message;
  REQUIRE(message.ParseFromString(lab.packets[at].bytes));
  change(message, crdt::Dot{lab.vnode(1).self(), kFar});
  lab.packets[at].bytes = message.SerializeAsString();
  lab.deliver(at);
  lab.settle(1);
}

void put_at_both(VnodeLab& lab) {
  lab.quiesce(2);
  lab.put(1, "mine", "a");
  lab.settle(1);
  lab.deliver_all();
  lab.put(2, "theirs", "b");
  lab.settle(2);
}

void claim(pb::ReplicaClock* clock, const crdt::Dot& dot) {
  to_pb(dot.replica, clock->mutable_replica());
  clock->set_base(dot.counter);
}

// In place of a base of node 1 in a sorted list, if there is one.
pb::ReplicaClock* own_row(google::protobuf::RepeatedPtrField<pb::ReplicaClock>* rows) {
  for (pb::ReplicaClock& row : *rows) {
    if (row.replica().node() == 1) return &row;
  }
  return rows->Add();
}

const std::vector<Change>& lies_in_a_delta() {
  static const std::vector<Change> kLies = {
      [](pb::PeerMessage& m, const crdt::Dot& dot) {
        to_pb(dot, m.mutable_delta()->mutable_keys(0)->mutable_dots(0)->mutable_dot());
      },
      [](pb::PeerMessage& m, const crdt::Dot& dot) {
        to_pb(dot, m.mutable_delta()
                       ->mutable_keys(0)
                       ->mutable_entries(0)
                       ->mutable_entry()
                       ->mutable_live(0)
                       ->mutable_dot());
      },
      [](pb::PeerMessage& m, const crdt::Dot& dot) {
        claim(
            m.mutable_delta()->mutable_keys(0)->mutable_entries(0)->mutable_entry()->add_context(),
            dot);
      },
      [](pb::PeerMessage& m, const crdt::Dot& dot) {
        claim(own_row(m.mutable_delta()->mutable_base()), dot);
      },
      [](pb::PeerMessage& m, const crdt::Dot& dot) {
        own_row(m.mutable_delta()->mutable_base())->add_above(dot.counter);
      },
      [](pb::PeerMessage& m, const crdt::Dot& dot) {
        pb::TokenAnswer* answer = m.mutable_delta()->mutable_keys(0)->add_answers();
        answer->set_token("token");
        to_pb(dot, answer->mutable_answer()->mutable_dot());
      },
  };
  return kLies;
}

}  // namespace

TEST_CASE("peer bytes: a delta that names dots which its receiver has yet to take is refused") {
  REQUIRE_FALSE(lies_in_a_delta().empty());
  for (size_t i = 0; i < lies_in_a_delta().size(); ++i) {
    CAPTURE(i);
    VnodeLab lab(2);
    put_at_both(lab);
    const crdt::VnodeClock before = lab.vnode(1).durable_clock();
    const uint64_t refused = lab.violations(1);
    deliver_changed(lab, pb::PeerMessage::kDelta, lies_in_a_delta()[i]);
    CHECK(lab.violations(1) == refused + 1);
    CHECK(lab.vnode(1).durable_clock() == before);
    CHECK_FALSE(lab.value(1, "theirs"));
    // Its own next dot follows its last, and gossip brings what was refused.
    lab.put(1, "mine", "c");
    lab.settle(1);
    CHECK(lab.vnode(1).durable_clock().highest_of(lab.vnode(1).self()) == 2);
    lab.quiesce();
    CHECK(lab.value(1, "theirs") == "b");
    CHECK(lab.value(2, "mine") == "c");
    CHECK(lab.difference() == "");
  }
}

TEST_CASE("peer bytes: an announcement of the receiver's own future is refused") {
  for (const bool contexts : {false, true}) {
    VnodeLab lab(2);
    put_at_both(lab);
    lab.deliver_all();
    lab.tick(2);
    const uint64_t refused = lab.violations(1);
    deliver_changed(
        lab, pb::PeerMessage::kAnnouncement, [&](pb::PeerMessage& m, const crdt::Dot& dot) {
          pb::Announcement* said = m.mutable_announcement();
          claim(own_row(contexts ? said->mutable_contexts() : said->mutable_clock()), dot);
        });
    CHECK(lab.violations(1) == refused + 1);
    lab.quiesce();
    CHECK(lab.difference() == "");
  }
}

TEST_CASE("peer bytes: what the receiver has taken itself may be named") {
  VnodeLab lab(2);
  put_at_both(lab);
  const uint64_t refused = lab.violations(1);
  deliver_changed(lab, pb::PeerMessage::kDelta, [](pb::PeerMessage& m, const crdt::Dot& dot) {
    own_row(m.mutable_delta()->mutable_base())->set_base(1);
    CHECK(dot.replica == crdt::ReplicaId{1, 16, dot.replica.life});
  });
  CHECK(lab.violations(1) == refused);
  CHECK(lab.value(1, "theirs") == "b");
}

TEST_CASE("peer bytes: a time from the end of times leaves a vnode its clock") {
  VnodeLab lab(2);
  put_at_both(lab);
  deliver_changed(lab, pb::PeerMessage::kDelta, [](pb::PeerMessage& m, const crdt::Dot&) {
    m.mutable_delta()->set_hlc(UINT64_MAX);
  });
  CHECK(lab.vnode(1).highest_hlc() == Hlc{Hlc::kWordMax});
  for (const char* value : {"x", "y", "z"}) {
    const OpId put = lab.put(1, "mine", value);
    lab.settle(1);
    CHECK(lab.acknowledged(put));
    CHECK(lab.value(1, "mine") == value);
  }
  CHECK(lab.vnode(1).highest_hlc() == Hlc{Hlc::kWordMax});
  lab.restart(1);
  lab.quiesce();
  CHECK(lab.value(2, "mine") == "z");
  CHECK(lab.difference() == "");
}
