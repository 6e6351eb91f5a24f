// Requests accepted, refused and timed out; changes of the configuration; the operations on
// buckets.
#include "core/coordinator/coordinator.h"

#include <algorithm>
#include <utility>

#include "core/fingerprint.h"
#include "proto/peer.pb.h"

namespace vordb::coordinator {

namespace {

bool is_suspected(NodeNumber node, const Turn& turn) {
  return std::binary_search(turn.suspected.begin(), turn.suspected.end(), node);
}

}  // namespace

uint64_t retry_delay_us(uint8_t round, const Turn& turn) {
  if (turn.env.buggify(Site::kWaitsForNobody)) return 0;
  return std::min(turn.env.knobs.retry_us << std::min<uint8_t>(round, 8),
                  turn.env.knobs.retry_max_us);
}

NodeNumber first_choice(const OwnerSets& sets, OwnerMask among, OwnerMask without, bool self_last,
                        const Turn& turn) {
  const OwnerMask left = among & sets.members & ~without;
  NodeNumber best = 0;
  int best_rank = 3;
  for (const NodeNumber node : sets.nodes) {
    if ((sets.bit(node) & left) == 0) continue;
    const bool self = node == turn.node;
    const int rank = self && !self_last ? 0 : self || is_suspected(node, turn) ? 2 : 1;
    if (rank < best_rank) {
      best = node;
      best_rank = rank;
    }
  }
  return best;
}

std::string_view bucket_named(const ClientRequest& request) {
  return request.config.name.empty() ? request.bucket : request.config.name;
}

void Coordinator::submit(ClientRequest request, Turn& turn) {
  const LaneUse lanes = lanes_of(request, turn);
  Admitted admitted(std::move(request), lanes);
  if (admitted.connection == 0 || lanes_.enter(admitted)) run(std::move(admitted), turn);
}

void Coordinator::run_ready(Turn& turn) {
  Admitted request = std::move(ready_[next_ready_++]);
  if (!has_ready()) {
    ready_.clear();
    next_ready_ = 0;
  }
  run(std::move(request), turn);
}

void Coordinator::run(Admitted request, Turn& turn) {
  if (request.operation == Operation::kPing) {
    ClientReply reply;
    reply.operation = Operation::kPing;
    reply.timestamp_ms = turn.env.clock.wall_ms();
    return answer(request.client, request.use, std::move(reply), turn);
  }
  if (refuse_unready(request, turn)) return;
  switch (request.operation) {
    case Operation::kListBuckets:
    case Operation::kGetBucket:
      return answer_buckets(request, turn);
    case Operation::kCreateBucket:
    case Operation::kDeleteBucket:
      return change_bucket(std::move(request), turn);
    case Operation::kListKeys:
      return list_keys(std::move(request), turn);
    default:
      return access_key(std::move(request), turn);
  }
}

// A node that belongs to no cluster serves nothing, one that is about to leave its own for another
// takes no change that it would then forget.
bool Coordinator::refuse_unready(const Admitted& request, Turn& turn) {
  if (turn.configuration.epoch == 0) {
    const bool founds = !turn.options.initial_members.empty();
    refuse(request, ErrorCode::kNotReady, founds ? "founding" : "joining",
           founds ? "retry once the listed members have founded their cluster"
                  : "retry once the node has joined its cluster",
           turn);
  } else if (!turn.configuration.is_member(turn.node)) {
    refuse(request, ErrorCode::kLeft, "this node has left its cluster", "ask a node of the cluster",
           turn);
  } else if (turn.paused && mutates(request.operation)) {
    refuse(request, ErrorCode::kNotReady, "the node is joining another cluster",
           "retry at another node", turn);
  } else if (turn.clock_ahead && mutates(request.operation)) {
    refuse(request, ErrorCode::kUnavailable,
           "this node's clock is further ahead of the other members' than max_clock_drift_ms, " +
               std::to_string(turn.options.max_clock_drift_ms),
           "retry at another node; set the clock of this one right", turn);
  } else {
    return false;
  }
  return true;
}

void Coordinator::answer(ClientId client, const LaneUse& lanes, ClientReply reply, Turn& turn) {
  lanes_.leave(lanes, ready_);
  turn.env.network.reply(client, std::move(reply));
}

void Coordinator::finish(OpId op, ClientReply reply, Turn& turn) {
  const Pending pending = pending_.take(op);
  reply.operation = pending.operation;
  if (reply.context.size() > kTokenBytesMax) {
    reply.context.clear();
    ++contexts_withheld_;
  }
  answer(pending.client, pending.lanes, std::move(reply), turn);
}

void Coordinator::fail(OpId op, ClientError error, Turn& turn) {
  const Pending& pending = *pending_.find(op);
  if (pending.work && pending.work->sent_twice) error.outcome = Outcome::kUnknown;
  finish(op, ClientReply::failed(std::move(error)), turn);
}

void Coordinator::refuse(const Admitted& request, ErrorCode code, std::string message,
                         std::string hint, Turn& turn) {
  ClientReply reply = ClientReply::failed(
      ClientError{code, Outcome::kRejected, std::move(message), std::move(hint)});
  reply.operation = request.operation;
  answer(request.client, request.use, std::move(reply), turn);
}

void Coordinator::answer_buckets(const Admitted& request, Turn& turn) {
  ClientReply reply;
  reply.kind = ClientReply::Kind::kBuckets;
  reply.operation = request.operation;
  if (request.operation == Operation::kListBuckets) {
    for (const auto& [name, id] : turn.configuration.bucket_names) {
      reply.buckets.push_back(turn.configuration.bucket(id)->config);
    }
  } else {
    const Bucket* bucket = turn.configuration.bucket(bucket_named(request));
    if (!bucket) {
      return refuse(request, ErrorCode::kBucketNotFound, "no bucket has this name",
                    "create it with POST /buckets", turn);
    }
    reply.buckets.push_back(bucket->config);
  }
  answer(request.client, request.use, std::move(reply), turn);
}

void Coordinator::change_bucket(Admitted request, Turn& turn) {
  BucketChange change;
  change.create = request.operation == Operation::kCreateBucket;
  if (!change.create && request.config.name.empty()) request.config.name = request.bucket;
  if (change.create) {
    BucketConfig& config = request.config;
    if (config.ttl_seconds == kDefaultTtl) config.ttl_seconds = turn.options.default_ttl_seconds;
    if (config.replication_n == 0) config.replication_n = turn.options.replication_n;
    if (config.write_quorum == 0) config.write_quorum = turn.options.default_write_quorum;
    if (config.read_quorum == 0) config.read_quorum = turn.options.default_read_quorum;
    const absl::Status valid = check_bucket_config(config);
    if (!valid.ok()) {
      return refuse(request, ErrorCode::kBadRequest, std::string(valid.message()), "", turn);
    }
  }
  if (change.create && turn.env.disk.free_space() != FreeSpace::kEnough) {
    return refuse(request, ErrorCode::kDiskFull, "the disk has less free space than min_free_mb",
                  "free some space; reads go on", turn);
  }
  Pending pending;
  pending.client = request.client;
  pending.lanes = request.use;
  pending.operation = request.operation;
  pending.deadline_us = turn.env.clock.monotonic_us() + turn.options.write_quorum_timeout_ms * 1000;
  change.op = pending_.insert(std::move(pending));
  change.shard = shard_;
  change.config = std::move(request.config);
  turn.outbox.push_back(Envelope{ActorId{ActorKind::kMembership, 0, {}}, std::move(change)});
}

void Coordinator::step(BucketChangeReply reply, Turn& turn) {
  if (!pending_.find(reply.op)) return;
  finish(reply.op, reply.error ? ClientReply::failed(*std::move(reply.error)) : ClientReply{},
         turn);
}

TakerState Coordinator::state_for(const pb::PeerMessage& answer) const {
  const OpId op = answer.has_mutate_reply() ? answer.mutate_reply().op()
                  : answer.has_read_reply() ? answer.read_reply().op()
                  : answer.has_list_reply() ? answer.list_reply().op()
                                            : answer.ack().op();
  const Pending* pending = pending_.find(op);
  if (!pending) return TakerState::kNoOperation;
  if (pending->part) return TakerState::kListing;
  if (!pending->work) return TakerState::kLocalOperation;
  static_assert(uint8_t(TakerState::kSettling) - uint8_t(TakerState::kAsking) ==
                uint8_t(Stage::kSettling));
  return TakerState(uint8_t(TakerState::kAsking) + uint8_t(pending->work->stage));
}

// ---- time

void Coordinator::tick(Turn& turn) {
  const uint64_t now_us = turn.env.clock.monotonic_us();
  std::erase_if(troubled_until_us_, [&](const auto& row) { return row.second <= now_us; });
  if (pending_.empty()) return;
  std::vector<OpId> late;
  std::vector<OpId> due;
  pending_.for_each([&](OpId op, const Pending& pending) {
    if (pending.part) {
      if (pending.part->next_us <= now_us && !pending.part->done) due.push_back(op);
    } else if (pending.deadline_us <= now_us) {
      late.push_back(op);
    } else if (pending.work && pending.work->next_us <= now_us) {
      due.push_back(op);
    }
  });
  for (const OpId op : late) expire(op, turn);
  for (const OpId op : due) wake(op, turn);
}

// What was handed to an owner may have been applied, or may yet be.
void Coordinator::expire(OpId op, Turn& turn) {
  Pending& pending = *pending_.find(op);
  if (pending.listing) {
    return end_listing(op,
                       ClientReply::failed({ErrorCode::kUnavailable, Outcome::kRejected,
                                            "no answer from the replicas in time", "retry"}),
                       turn);
  }
  const Work* work = pending.work ? &*pending.work : nullptr;
  const bool handed_over =
      !work || work->stage == Stage::kMutating || work->stage == Stage::kCollecting;
  const bool unknown = mutates(pending.operation) && handed_over;
  if (!unknown && work && work->error) {
    ClientError error = *work->error;
    error.outcome = Outcome::kRejected;
    return fail(op, std::move(error), turn);
  }
  const bool of_members = pending.operation == Operation::kCreateBucket ||
                          pending.operation == Operation::kDeleteBucket;
  const char* const who = of_members ? "a majority of the members did not agree in time"
                                     : "no answer from the replicas in time";
  fail(op,
       ClientError{ErrorCode::kUnavailable, unknown ? Outcome::kUnknown : Outcome::kRejected, who,
                   "retry"},
       turn);
}

void Coordinator::wake(OpId op, Turn& turn) {
  Pending* pending = pending_.find(op);
  if (!pending) return;
  if (pending->part) return ask_part(op, turn);
  Work& work = *pending->work;
  work.next_us = turn.env.clock.monotonic_us() + retry_delay_us(++work.round, turn);
  switch (work.stage) {
    case Stage::kAsking:
      return ask(op, turn);
    case Stage::kGathering:
      // All have answered, and it was not enough: what they hold grows.
      if ((work.sets.members & ~work.answered) == 0) return gather(renew(op), turn);
      return send_reads(op, ~work.answered, turn);
    case Stage::kTeaching:
    case Stage::kSettling: {
      // A sender may be gone, and gossip may have brought what it had: look again now and then.
      const bool gathered = work.answered != 0;
      if (gathered && (work.round % 2 == 0 || turn.env.buggify(Site::kGathersAgain)))
        return gather(renew(op), turn);
      return push_names(op, turn);
    }
    case Stage::kWaiting:
      return begin_mutation(renew(op), turn);
    case Stage::kMutating:
      // A request token makes it safe to ask the same owner again, and nobody else.
      if (!work.mutation->request_token.empty()) {
        work.sent_twice = true;
        turn.outbox.push_back(to_owner(work.mutator, *work.mutation, turn));
      }
      return;
    case Stage::kCollecting:
      return push_dot(op, turn);
  }
}

// ---- the configuration

void Coordinator::configuration_changed(Turn& turn) {
  std::vector<OpId> concerned;
  pending_.for_each([&](OpId op, const Pending& pending) {
    if (pending.work) concerned.push_back(op);
  });
  for (const OpId op : concerned) adopt(op, turn);
}

// The operation under an id that no answer or acknowledgement of before names.
OpId Coordinator::renew(OpId op) { return pending_.insert(pending_.take(op)); }

void Coordinator::adopt(OpId op, Turn& turn) {
  Pending& pending = *pending_.find(op);
  Work& work = *pending.work;
  const BucketId bucket = work.mutation ? work.mutation->bucket : work.read.bucket;
  if (bucket != 0 && !turn.configuration.bucket(bucket)) return bucket_dropped(op, turn);
  const OwnerSets sets = OwnerSets::of(turn.configuration, pending.placement);
  if (sets == work.sets) return;
  if (sets.pv == work.sets.pv) {
    // A member was removed. What it said counts no more.
    work.sets.members = sets.members;
    return;
  }
  const bool mutating = work.stage == Stage::kMutating;
  work.sets = sets;
  work.tried = work.round = 0;
  if (mutating) {
    work.void_acks = true;
    work.holders = 0;
    return;
  }
  op = renew(op);
  switch (pending_.find(op)->work->stage) {
    case Stage::kAsking:
      return ask(op, turn);
    case Stage::kCollecting:
      pending_.find(op)->work->holders = 0;
      return push_dot(op, turn);
    case Stage::kSettling:
      // A mutation that changed nothing asks no reading again.
      if (mutates(pending_.find(op)->operation)) {
        pending_.find(op)->work->holders = 0;
        return settle_unchanged(op, turn);
      }
      return gather(op, turn);
    case Stage::kWaiting:
      return begin_mutation(op, turn);
    default:
      return gather(op, turn);
  }
}

// Nothing of the bucket will be acknowledged or shown any more. What an owner took before that may
// have been seen.
void Coordinator::bucket_dropped(OpId op, Turn& turn) {
  const Pending& pending = *pending_.find(op);
  const bool seen = mutates(pending.operation) && (pending.work->stage == Stage::kMutating ||
                                                   pending.work->stage == Stage::kCollecting);
  if (seen) {
    return fail(op,
                ClientError{ErrorCode::kUnavailable, Outcome::kUnknown,
                            "the bucket was deleted while this was under way", ""},
                turn);
  }
  fail(op,
       ClientError{ErrorCode::kBucketNotFound, Outcome::kRejected, "the bucket was deleted", ""},
       turn);
}

}  // namespace vordb::coordinator
