#include "core/vnode/peers.h"

#include <doctest/doctest.h>

#include "core/vnode/stable_time.h"

using vordb::Configuration;
using vordb::Hlc;
using vordb::Member;
using vordb::NodeNumber;
using vordb::crdt::Dot;
using vordb::crdt::ReplicaId;
using vordb::crdt::VnodeClock;
using vordb::vnode::Fence;
using vordb::vnode::Peers;
using vordb::vnode::PeerView;
using vordb::vnode::Roles;
using vordb::vnode::StableTime;
using vordb::vnode::Standpoint;

namespace {

constexpr uint64_t kPv = 20;

// Node 1 among three owners who all know the same lives.
struct Case {
  Case() {
    for (const NodeNumber node : {1, 2, 3}) {
      Member member;
      member.node = node;
      configuration.members.push_back(member);
      fence.raise({node, 16, 1});
    }
    roles.pv = kPv;
    roles.owners = {1, 2, 3};
    roles.receivers = roles.others = {2, 3};
  }

  PeerView view(NodeNumber node) const {
    PeerView view;
    view.replica = {node, 16, 1};
    view.fence = fence;
    view.pv = kPv;
    view.fenced = true;
    view.hlc = Hlc{100};
    return view;
  }
  void hear_both() {
    peers.hear(view(2));
    peers.hear(view(3));
  }
  Standpoint at() const { return {roles, fence, configuration}; }

  Configuration configuration;
  Fence fence;
  Roles roles;
  Peers peers;
};

}  // namespace

TEST_CASE("peers: of one life the announcement with the higher time is the later one") {
  Case c;
  PeerView newer = c.view(2);
  newer.hlc = Hlc{200};
  CHECK(c.peers.hear(newer));
  CHECK(!c.peers.hear(c.view(2)));
  CHECK(c.peers.find(2)->hlc == Hlc{200});
  PeerView next_life = c.view(2);
  next_life.replica.life = 2;
  CHECK(c.peers.hear(next_life));
  CHECK(c.peers.find(2)->hlc == Hlc{100});
  c.peers.hear_times(2, Hlc{150}, Hlc{50}, 7);
  CHECK(c.peers.find(2)->hlc == Hlc{150});
  CHECK(c.peers.find(2)->stable == Hlc{50});
  c.peers.keep_only({3});
  CHECK(c.peers.find(2) == nullptr);
}

TEST_CASE("peers: a view counts while its life and the placement's version do") {
  Case c;
  CHECK(c.peers.counting(2, c.at()) == nullptr);
  c.hear_both();
  CHECK(c.peers.counting(2, c.at()) != nullptr);
  SUBCASE("an earlier life") { c.fence.raise({2, 16, 2}); }
  SUBCASE("a member no more") {
    c.configuration.members.erase(c.configuration.members.begin() + 1);
  }
  SUBCASE("another version") { c.roles.pv = kPv + 1; }
  SUBCASE("it takes no part") {
    PeerView unfenced = c.view(2);
    unfenced.fenced = false;
    unfenced.hlc = Hlc{200};
    c.peers.hear(unfenced);
  }
  CHECK(c.peers.counting(2, c.at()) == nullptr);
  CHECK(!c.peers.agreeing(c.at()));
}

TEST_CASE("peers: a dot is everywhere when each receiver's present life has said so") {
  Case c;
  const Dot dot{{1, 16, 1}, 4};
  PeerView view = c.view(2);
  view.clock.add(dot);
  c.peers.hear(view);
  c.peers.hear(c.view(3));
  CHECK(!c.peers.all_have(dot, c.at()));
  view = c.view(3);
  view.clock.add(dot);
  c.peers.hear(view);
  CHECK(c.peers.all_have(dot, c.at()));
  // One that counts it as seen, though it holds nothing of it, need not be told either.
  view.clock = {};
  view.sealed.raise(dot);
  view.hlc = Hlc{200};
  c.peers.hear(view);
  CHECK(c.peers.all_have(dot, c.at()));
  // The life that had it is gone: its disk may be, too.
  c.fence.raise({3, 17, 1});
  CHECK(!c.peers.all_have(dot, c.at()));
}

TEST_CASE("peers: all agree when all know the same lives and the same removals") {
  Case c;
  c.hear_both();
  REQUIRE(c.peers.agreeing(c.at()));
  CHECK(c.peers.agreeing(c.at())->size() == 2);
  SUBCASE("one knows a later life") {
    PeerView view = c.view(3);
    view.fence.raise({2, 16, 1});
    view.fence.raise({1, 16, 9});
    c.peers.hear(view);
  }
  SUBCASE("one was told before a removal") { c.configuration.removed_epoch = 30; }
  CHECK(!c.peers.agreeing(c.at()));
}

TEST_CASE("stable time: the lowest of what all announce, once all of it is merged here") {
  Case c;
  PeerView two = c.view(2);
  two.hlc = Hlc{80};
  two.stable = Hlc{40};
  two.clock.add({two.replica, 1});
  PeerView three = c.view(3);
  three.stable = Hlc{70};
  StableTime time;
  VnodeClock durable;
  time.advance(Hlc{90}, durable, {&two, &three});
  CHECK(time == StableTime{});
  durable.add({two.replica, 1});
  time.advance(Hlc{90}, durable, {&two, &three});
  CHECK(time.stable == Hlc{80});
  CHECK(time.global == Hlc{40});
  // Neither runs backwards.
  two.hlc = Hlc{10};
  two.stable = Hlc{5};
  time.advance(Hlc{90}, durable, {&two, &three});
  CHECK(time.stable == Hlc{80});
  CHECK(time.global == Hlc{40});
}

TEST_CASE("stable time: an owner's own pending mutation holds it back") {
  Case c;
  const PeerView two = c.view(2);
  StableTime time;
  time.advance(Hlc{60}, VnodeClock{}, {&two});
  CHECK(time.stable == Hlc{60});
}

TEST_CASE("stable time: alone, all that is durable is stable everywhere") {
  StableTime time;
  time.advance(Hlc{60}, VnodeClock{}, {});
  CHECK(time.stable == Hlc{60});
  CHECK(time.global == Hlc{60});
}
