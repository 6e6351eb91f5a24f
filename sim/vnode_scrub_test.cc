// Owners that compare what they hold: what they must find, and what they must not take for a
// difference.
#include <doctest/doctest.h>

#include "core/codec.h"
#include "core/crdt/register.h"
#include "core/vnode/record_keys.h"
#include "proto/peer.pb.h"
#include "sim/falsify_test.h"
#include "sim/vnode_lab.h"

using vordb::kDefaultCounter;
using vordb::kDefaultLww;
using vordb::kDefaultSet;
using vordb::crdt::Entry;
using vordb::sim::falsify;
using vordb::sim::VnodeLab;

namespace {

const vordb::vnode::ScrubFigures& found(VnodeLab& lab, uint32_t node) {
  return lab.vnode(node).scrubbed();
}

void fill(VnodeLab& lab) {
  lab.quiesce();
  for (int i = 0; i < 50; ++i) lab.put(1, "k" + std::to_string(i), "v");
  lab.add(2, "s", {"a", "b", "c"});
  lab.remove(2, "s", {"b"});
  lab.count(3, "c", 7);
  for (uint32_t node = 1; node <= 3; ++node) lab.settle(node);
  lab.quiesce(8);
  REQUIRE(lab.difference() == "");
}

bool asks(const VnodeLab::Packet& packet) {
  vordb::pb::PeerMessage message;
  return message.ParseFromString(packet.bytes) && message.has_scrub_ask();
}

}  // namespace

TEST_CASE("scrub: owners that hold the same find so, entry by entry") {
  VnodeLab lab(3);
  fill(lab);
  lab.scrub(1);
  lab.deliver_all();
  CHECK(found(lab, 1).ranges == 2);
  CHECK(found(lab, 1).entries == 2 * 53);
  CHECK(found(lab, 1).differences == 0);
  CHECK(found(lab, 1).given_up == 0);
  CHECK_FALSE(lab.vnode(1).scrubbing());
}

TEST_CASE("scrub: an entry that differs under an equal clock is found") {
  VnodeLab lab(3);
  fill(lab);
  falsify(lab.disk(2), "v", "w");
  lab.scrub(1);
  lab.quiesce(2);
  CHECK(found(lab, 1).differences == 1);
  CHECK(found(lab, 1).ranges == 1);
  // Whoever is asked changes nothing.
  CHECK(lab.entries(2) == lab.entries(1));
  lab.scrub(3);
  lab.quiesce(2);
  CHECK(found(lab, 3).differences == 1);
}

TEST_CASE("scrub: an entry that one owner lacks is found, at the end of the table too") {
  VnodeLab lab(2);
  lab.quiesce();
  lab.put(1, "k", "v");
  lab.settle(1);
  lab.quiesce(8);
  auto& records = lab.disk(1).records();
  for (auto at = records.begin(); at != records.end(); ++at) {
    Entry entry;
    if (!vordb::decode_entry(at->first.second, at->second, &entry).ok() || entry.live.empty())
      continue;
    records.erase(at);
    break;
  }
  lab.scrub(1);
  lab.quiesce(5);
  CHECK(found(lab, 1).differences == 1);
}

TEST_CASE("scrub: many ranges are compared one after the other") {
  VnodeLab lab(2);
  lab.quiesce();
  for (int i = 0; i < 3500; ++i) {
    lab.put(1, "k" + std::to_string(i), "v");
    if (i % 500 == 0) lab.settle(1);
  }
  lab.settle(1);
  lab.quiesce(8);
  lab.scrub(2);
  lab.deliver_all();
  CHECK(found(lab, 2).ranges == 4);
  CHECK(found(lab, 2).entries == 3500);
}

TEST_CASE("scrub: nothing is concluded while the clocks differ") {
  VnodeLab lab(2);
  lab.quiesce();
  lab.put(1, "k", "v");
  lab.settle(1);
  lab.lose_all();
  lab.scrub(1);
  lab.deliver_all();
  CHECK(found(lab, 1).ranges == 0);
  CHECK(found(lab, 1).differences == 0);
  CHECK(lab.vnode(1).scrubbing());
  lab.quiesce(8);
  CHECK(found(lab, 1).ranges == 1);
  CHECK(found(lab, 1).differences == 0);
}

// What has expired is forgotten by each owner in its own time.
TEST_CASE("scrub: what one owner has forgotten and another not yet is no difference") {
  VnodeLab lab(2);
  lab.quiesce();
  lab.put(1, "k", "v", VnodeLab::kTtlRegister);
  lab.put(1, "gone", "v");
  lab.settle(1);
  lab.erase(1, "gone", kDefaultLww);
  lab.settle(1);
  lab.quiesce(8);
  lab.advance(2 * VnodeLab::kTtlMs);
  lab.quiesce(8);
  const size_t before = lab.entries(1);
  for (int i = 0; i < 4; ++i) {
    lab.sweep(1);
    lab.settle(1);
  }
  REQUIRE(lab.entries(1) < before);
  REQUIRE(lab.entries(2) == before);
  lab.scrub(1);
  lab.scrub(2);
  lab.deliver_all();
  for (const uint32_t node : {1u, 2u}) {
    CHECK(found(lab, node).ranges == 1);
    CHECK(found(lab, node).differences == 0);
  }
}

TEST_CASE("scrub: a range that was read while a bucket was dropped is not judged") {
  VnodeLab lab(2);
  const vordb::BucketId bucket = lab.create_bucket(vordb::BucketType::kLww, 0);
  for (const uint32_t node : {1u, 2u}) lab.learn_configuration(node);
  lab.quiesce();
  lab.put(1, "k", "v", bucket);
  lab.settle(1);
  lab.quiesce(8);
  lab.scrub(1);
  REQUIRE(lab.packets.size() == 1);
  lab.disk(2).reads_wait = true;
  lab.deliver(0);
  lab.drop_bucket(bucket);
  lab.learn_configuration(2);
  lab.disk(2).reads_wait = false;
  lab.answer_reads(2);
  lab.deliver_all();
  CHECK(found(lab, 1).differences == 0);
  CHECK(lab.vnode(1).scrubbing());
  lab.learn_configuration(1);
  lab.quiesce(8);
  CHECK(found(lab, 1).ranges == 1);
}

// A repair tells node 2 of a removal that neither clock holds yet.
TEST_CASE("scrub: what one owner has learnt early is no difference") {
  VnodeLab lab(3);
  fill(lab);
  lab.remove(3, "s", {"a"});
  lab.settle(3);
  lab.lose_all();
  lab.repair(3, 2, "s", kDefaultSet);
  lab.settle(2);
  lab.lose_all();
  REQUIRE(lab.difference() != "");
  lab.scrub(1);
  std::erase_if(lab.packets, [](const auto& p) { return p.to == 3; });
  lab.deliver_all();
  CHECK(lab.vnode(1).scrubbing());
  lab.quiesce(8);
  CHECK(found(lab, 1).differences == 0);
  CHECK(found(lab, 1).ranges == 2);
}

TEST_CASE("scrub: an owner that does not answer is given up, and the next one asked") {
  VnodeLab lab(3);
  fill(lab);
  lab.scrub(1);
  for (int i = 0; i < 100 && lab.vnode(1).scrubbing(); ++i) {
    std::erase_if(lab.packets, [](const auto& p) { return asks(p) && p.to == 3; });
    lab.deliver_all();
    lab.advance(4000);
    lab.tick(1);
  }
  CHECK(found(lab, 1).given_up == 1);
  CHECK(found(lab, 1).ranges == 1);
  CHECK(found(lab, 1).differences == 0);
}
