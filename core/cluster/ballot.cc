#include "core/cluster/ballot.h"

#include <utility>

#include "proto/peer.pb.h"
#include "proto/storage.pb.h"

namespace vordb::cluster {

void to_pb(const Ballot& from, pb::Ballot* to) {
  to->set_round(from.round);
  to->set_node(from.node);
  to->set_boot(from.boot);
}

Ballot from_pb(const pb::Ballot& from) { return Ballot{from.round(), from.node(), from.boot()}; }

void to_pb(const Votes& from, pb::AcceptorRecord* to) {
  to->set_epoch(from.epoch);
  to->set_promised_round(from.promised.round);
  to->set_promised_node(from.promised.node);
  to->set_promised_boot(from.promised.boot);
  if (!from.value) return;
  to->set_accepted_round(from.accepted.round);
  to->set_accepted_node(from.accepted.node);
  to->set_accepted_boot(from.accepted.boot);
  to_pb(*from.value, to->mutable_accepted());
}

absl::StatusOr<Votes> from_pb(const pb::AcceptorRecord& from) {
  Votes votes;
  votes.epoch = from.epoch();
  votes.promised = {from.promised_round(), from.promised_node(), from.promised_boot()};
  if (!from.has_accepted()) return votes;
  votes.accepted = {from.accepted_round(), from.accepted_node(), from.accepted_boot()};
  absl::StatusOr<Configuration> value = vordb::from_pb(from.accepted());
  if (!value.ok()) return value.status();
  votes.value = std::make_shared<const Configuration>(*std::move(value));
  return votes;
}

}  // namespace vordb::cluster
