// Requests accepted, refused and timed out; the operations on buckets.
#include "core/coordinator/coordinator.h"

#include <utility>

#include "core/fingerprint.h"

namespace vordb::coordinator {

bool mutates(Operation operation) {
  switch (operation) {
    case Operation::kPut:
    case Operation::kDelete:
    case Operation::kSetAdd:
    case Operation::kSetRemove:
    case Operation::kCounterIncrement:
    case Operation::kCounterDecrement:
    case Operation::kCreateBucket:
    case Operation::kDeleteBucket:
      return true;
    default:
      return false;
  }
}

void Coordinator::submit(ClientRequest request, Context& context) {
  switch (request.operation) {
    case Operation::kPing: {
      ClientReply reply;
      reply.operation = Operation::kPing;
      reply.timestamp_ms = context.env.clock.wall_ms();
      return answer(request.client, std::move(reply), context);
    }
    case Operation::kListBuckets:
    case Operation::kGetBucket:
      return answer_buckets(request, context);
    case Operation::kCreateBucket:
    case Operation::kDeleteBucket:
      return change_bucket(std::move(request), context);
    case Operation::kListKeys:
      return list_keys(std::move(request), context);
    default:
      return access_key(std::move(request), context);
  }
}

void Coordinator::answer(ClientId client, ClientReply reply, Context& context) {
  context.env.network.reply(client, std::move(reply));
}

void Coordinator::refuse(const ClientRequest& request, ErrorCode code, std::string message,
                         std::string hint, Context& context) {
  ClientReply reply = ClientReply::failed(
      ClientError{code, Outcome::kRejected, std::move(message), std::move(hint)});
  reply.operation = request.operation;
  answer(request.client, std::move(reply), context);
}

void Coordinator::answer_buckets(const ClientRequest& request, Context& context) {
  ClientReply reply;
  reply.kind = ClientReply::Kind::kBuckets;
  reply.operation = request.operation;
  if (request.operation == Operation::kListBuckets) {
    for (const auto& [name, id] : context.configuration.bucket_names) {
      reply.buckets.push_back(context.configuration.bucket(id)->config);
    }
  } else {
    const std::string& name = request.config.name.empty() ? request.bucket : request.config.name;
    const Bucket* bucket = context.configuration.bucket(std::string_view(name));
    if (!bucket) {
      return refuse(request, ErrorCode::kBucketNotFound, "no bucket has this name",
                    "create it with POST /buckets", context);
    }
    reply.buckets.push_back(bucket->config);
  }
  answer(request.client, std::move(reply), context);
}

void Coordinator::change_bucket(ClientRequest request, Context& context) {
  BucketChange change;
  change.create = request.operation == Operation::kCreateBucket;
  if (!change.create && request.config.name.empty()) request.config.name = request.bucket;
  if (change.create) {
    BucketConfig& config = request.config;
    if (config.replication_n == 0) config.replication_n = context.options.replication_n;
    if (config.write_quorum == 0) config.write_quorum = context.options.default_write_quorum;
    if (config.read_quorum == 0) config.read_quorum = context.options.default_read_quorum;
    const absl::Status valid = check_bucket_config(config);
    if (!valid.ok()) {
      return refuse(request, ErrorCode::kBadRequest, std::string(valid.message()), "", context);
    }
  }
  if (!context.env.disk.has_space()) {
    return refuse(request, ErrorCode::kDiskFull, "the disk has less free space than min_free_mb",
                  "free some space; reads go on", context);
  }
  Pending pending;
  pending.client = request.client;
  pending.operation = request.operation;
  pending.deadline_us =
      context.env.clock.monotonic_us() + context.options.write_quorum_timeout_ms * 1000;
  change.op = pending_.insert(std::move(pending));
  change.shard = shard_;
  change.config = std::move(request.config);
  context.outbox.push_back(Envelope{ActorId{ActorKind::kMembership, 0, {}}, std::move(change)});
}

void Coordinator::step(BucketChangeReply reply, Context& context) {
  if (!pending_.find(reply.op)) return;
  const Pending pending = pending_.take(reply.op);
  ClientReply out = reply.error ? ClientReply::failed(*std::move(reply.error)) : ClientReply{};
  out.operation = pending.operation;
  answer(pending.client, std::move(out), context);
}

void Coordinator::tick(Context& context) {
  if (pending_.empty()) return;
  const uint64_t now_us = context.env.clock.monotonic_us();
  std::vector<OpId> late;
  pending_.for_each([&](OpId op, const Pending& pending) {
    if (pending.deadline_us <= now_us) late.push_back(op);
  });
  for (const OpId op : late) {
    const Pending pending = pending_.take(op);
    const Outcome outcome = mutates(pending.operation) ? Outcome::kUnknown : Outcome::kRejected;
    ClientReply reply = ClientReply::failed(ClientError{
        ErrorCode::kUnavailable, outcome, "no answer from the replicas in time", "retry"});
    reply.operation = pending.operation;
    answer(pending.client, std::move(reply), context);
  }
}

void Coordinator::add_to(Fingerprint& fingerprint) const {
  fingerprint.add(hlc_.last().word);
  pending_.for_each([&](OpId op, const Pending& pending) {
    fingerprint.add(op);
    fingerprint.add(pending.client);
    fingerprint.add(uint64_t(pending.operation));
    fingerprint.add(pending.deadline_us);
  });
}

}  // namespace vordb::coordinator
