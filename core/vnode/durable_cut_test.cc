#include "core/vnode/durable_cut.h"

#include <doctest/doctest.h>

#include "core/vnode/group.h"
#include "proto/storage.pb.h"

using vordb::Configuration;
using vordb::Hlc;
using vordb::crdt::Dot;
using vordb::crdt::ReplicaId;
using vordb::vnode::decode_standing;
using vordb::vnode::DurableCut;
using vordb::vnode::encode_standing;
using vordb::vnode::Group;
using vordb::vnode::retired_contexts;
using vordb::vnode::sealed_counters;
using vordb::vnode::Standing;

namespace {

constexpr ReplicaId kSelf{1, 16, 1};
constexpr ReplicaId kDead{2, 16, 1};

Group first_group() {
  Group group;
  group.standing.emplace();
  group.standing->fence.raise(kSelf);
  return group;
}

}  // namespace

TEST_CASE("durable cut: takes over what each durable batch holds, and nothing else") {
  DurableCut cut;
  Group group = first_group();
  group.dots = {{kSelf, 1}, {kSelf, 2}};
  group.highest_hlc = Hlc{50};
  cut.advance(group);
  CHECK(cut.any);
  CHECK(cut.clock.base_of(kSelf) == 2);
  CHECK(cut.hlc == Hlc{50});
  CHECK(!cut.standing.fence.latest(2));

  Group next;
  next.bases = {{kDead, 7}};
  next.joined.add({{3, 16, 1}, 1});
  next.left_over.raise(kDead, 9);
  next.highest_hlc = Hlc{40};
  cut.advance(next);
  CHECK(cut.clock.base_of(kDead) == 7);
  CHECK(cut.clock.base_of({3, 16, 1}) == 1);
  CHECK(cut.left_over.get(kDead) == 9);
  CHECK(cut.hlc == Hlc{50});
  CHECK(cut.standing.fence.latest(1));
}

TEST_CASE("durable cut: only retired replicas' contexts are announced, and what seals stripped") {
  Configuration configuration;
  configuration.members.resize(2);
  configuration.members[0].node = 1;
  configuration.members[1].node = 2;
  DurableCut cut;
  Group group = first_group();
  group.left_over.raise(kDead, 9);
  cut.advance(group);
  CHECK(retired_contexts(cut, configuration).empty());
  Group fencing;
  fencing.standing = cut.standing;
  fencing.standing->fence.raise({2, 17, 1});
  fencing.left_over.raise(kDead, 9);
  cut.advance(fencing);
  CHECK(retired_contexts(cut, configuration).get(kDead) == 9);
  CHECK(sealed_counters(cut).empty());
  Group sealing;
  sealing.standing = cut.standing;
  sealing.standing->seals.add({kDead, 0, {}});
  sealing.bases = {{kDead, 9}};
  cut.advance(sealing);
  CHECK(cut.left_over.empty());
  CHECK(retired_contexts(cut, configuration).empty());
  CHECK(sealed_counters(cut).get(kDead) == 9);
  CHECK(cut.known().base_of(kDead) == 0);
}

TEST_CASE("standing: comes back from its record as it was") {
  Standing standing;
  standing.fence.raise(kSelf);
  standing.fence.raise({2, 17, 3});
  standing.seals.add({kDead, 4, {6, 9}});
  standing.seals.set_below({2, 17, 3});
  standing.fenced = true;
  vordb::pb::VnodeState record;
  encode_standing(standing, &record);
  CHECK(decode_standing(record) == standing);
}
