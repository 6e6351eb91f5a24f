// Requests on one key: checked, counted against the quorum, and handed to a vnode that owns the
// key.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cluster/ring.h"
#include "core/coordinator/coordinator.h"
#include "core/prefetch.h"
#include "core/vnode/causal_context.h"
#include "core/vnode/key_cache.h"
#include "core/vnode/tasks.h"

namespace vordb::coordinator {

namespace {

BucketType type_of(Operation operation) {
  switch (operation) {
    case Operation::kSetAdd:
    case Operation::kSetRemove:
    case Operation::kSetMembers:
    case Operation::kSetContains:
      return BucketType::kOrswot;
    case Operation::kCounterIncrement:
    case Operation::kCounterDecrement:
    case Operation::kCounterValue:
      return BucketType::kPnCounter;
    default:
      return BucketType::kLww;
  }
}

BucketId default_bucket(Operation operation) {
  switch (type_of(operation)) {
    case BucketType::kLww:
      return kDefaultLww;
    case BucketType::kOrswot:
      return kDefaultSet;
    case BucketType::kPnCounter:
      return kDefaultCounter;
  }
  return kDefaultLww;
}

Operation read_of(BucketType type) {
  switch (type) {
    case BucketType::kLww:
      return Operation::kGet;
    case BucketType::kOrswot:
      return Operation::kSetMembers;
    case BucketType::kPnCounter:
      return Operation::kCounterValue;
  }
  return Operation::kGet;
}

bool is_set_update(Operation operation) {
  return operation == Operation::kSetAdd || operation == Operation::kSetRemove;
}

}  // namespace

void Coordinator::access_key(ClientRequest request, Context& context) {
  const Bucket* bucket = request.bucket.empty()
                             ? context.configuration.bucket(default_bucket(request.operation))
                             : context.configuration.bucket(std::string_view(request.bucket));
  if (!bucket) {
    return refuse(request, ErrorCode::kBucketNotFound, "no bucket has this name",
                  "create it with POST /buckets", context);
  }
  if (request.operation == Operation::kGet) request.operation = read_of(bucket->config.type);
  if (request.key.empty()) {
    return refuse(request, ErrorCode::kBadRequest, "the key is empty", "a key has at least 1 byte",
                  context);
  }
  const bool changes = mutates(request.operation);
  if (!check_type(request, *bucket, context) || !check_quorum(request, *bucket, changes, context))
    return;
  if (changes) {
    mutate(std::move(request), *bucket, context);
  } else {
    read(std::move(request), *bucket, context);
  }
}

bool Coordinator::check_type(const ClientRequest& request, const Bucket& bucket, Context& context) {
  const BucketType type = bucket.config.type;
  if (request.operation == Operation::kDelete || type_of(request.operation) == type) return true;
  ClientReply reply = ClientReply::failed(
      ClientError{ErrorCode::kTypeMismatch, Outcome::kRejected,
                  absl::StrCat("the bucket is of type ", to_string(type), " and does not take ",
                               to_string(request.operation)),
                  ""});
  reply.error.expected = to_string(type);
  reply.operation = request.operation;
  answer(request.client, std::move(reply), context);
  return false;
}

bool Coordinator::check_quorum(const ClientRequest& request, const Bucket& bucket, bool changes,
                               Context& context) {
  const uint32_t asked = changes ? request.w : request.r;
  const uint8_t n = bucket.config.replication_n;
  if (asked > n) {
    refuse(request, ErrorCode::kBadRequest, absl::StrCat(changes ? "w" : "r", " is ", asked),
           absl::StrCat("1 to the bucket's replication_n, which is ", int(n)), context);
    return false;
  }
  const uint32_t own = changes ? bucket.config.write_quorum : bucket.config.read_quorum;
  const uint32_t needed = asked == 0 ? own : asked;
  const size_t have = context.configuration.owners(PlacementId{n, 0}).size();
  if (needed <= have) return true;
  refuse(request, ErrorCode::kUnavailable,
         absl::StrCat("this needs ", needed, " replicas and the cluster has ", have), "add nodes",
         context);
  return false;
}

void Coordinator::mutate(ClientRequest request, const Bucket& bucket, Context& context) {
  size_t bytes = 0;
  for (const std::string& element : request.elements) bytes += element.size();
  if (bytes > vnode::kDotBytesMax) {
    return refuse(request, ErrorCode::kTooLarge, "the elements of one request are at most 4 MiB",
                  "send them in several requests", context);
  }
  if (is_set_update(request.operation) && request.elements.empty()) {
    return refuse(request, ErrorCode::kBadRequest, "no element was given", "1 to 1,000 elements",
                  context);
  }
  KeyMutation mutation;
  if (!request.context.empty()) {
    absl::StatusOr<CausalContext> seen = decode_context(request.context);
    if (!seen.ok()) {
      return refuse(request, ErrorCode::kBadRequest, std::string(seen.status().message()),
                    "give back the context of an answer unchanged", context);
    }
    mutation.context = std::make_shared<const CausalContext>(*std::move(seen));
  }
  mutation.bucket = bucket.id;
  mutation.key_hash = cluster::ring_hash(bucket.id, request.key);
  mutation.placement = {bucket.config.replication_n,
                        cluster::partition_of(mutation.key_hash, context.configuration.ring_size)};
  const bool takes_away =
      request.operation == Operation::kDelete || request.operation == Operation::kSetRemove;
  if (takes_away && mutation.context && mutation.context->placement != mutation.placement) {
    return refuse(request, ErrorCode::kBadRequest, "the context is of another key's partition",
                  "a removal takes the context of an answer about its own key", context);
  }
  Pending pending;
  pending.client = request.client;
  pending.operation = request.operation;
  pending.type = bucket.config.type;
  pending.deadline_us =
      context.env.clock.monotonic_us() + context.options.write_quorum_timeout_ms * 1000;
  mutation.op = pending_.insert(std::move(pending));
  mutation.shard = shard_;
  mutation.operation = request.operation;
  mutation.key = std::move(request.key);
  mutation.value = std::move(request.value);
  mutation.elements = std::move(request.elements);
  mutation.amount = request.amount;
  if (bucket.config.ttl_seconds != 0) {
    mutation.now_ms = hlc_.tick(context.env.clock.wall_ms()).ms();
  }
  mutation.request_token = std::move(request.request_token);
  const ActorId to{ActorKind::kVnode, 0, mutation.placement};
  context.outbox.push_back(Envelope{to, std::move(mutation)});
}

void Coordinator::read(ClientRequest request, const Bucket& bucket, Context& context) {
  KeyRead read;
  if (!request.context.empty()) {
    absl::StatusOr<CausalContext> seen = decode_context(request.context);
    if (!seen.ok()) {
      return refuse(request, ErrorCode::kBadRequest, std::string(seen.status().message()),
                    "give back the context of an answer unchanged", context);
    }
    read.context = std::make_shared<const CausalContext>(*std::move(seen));
  }
  if (request.operation == Operation::kSetContains && request.elements.size() != 1) {
    return refuse(request, ErrorCode::kBadRequest, "no element was given", "exactly 1 element",
                  context);
  }
  read.bucket = bucket.id;
  read.key_hash = cluster::ring_hash(bucket.id, request.key);
  context.cache.prefetch(read.key_hash);
  read.placement = {bucket.config.replication_n,
                    cluster::partition_of(read.key_hash, context.configuration.ring_size)};
  Pending pending;
  pending.client = request.client;
  pending.operation = request.operation;
  pending.type = bucket.config.type;
  pending.deadline_us =
      context.env.clock.monotonic_us() + context.options.read_quorum_timeout_ms * 1000;
  // Times stamped here never run backwards, or an expired key could be seen again.
  if (bucket.config.ttl_seconds != 0) pending.now_ms = hlc_.tick(context.env.clock.wall_ms()).ms();
  if (request.operation == Operation::kSetMembers) pending.limit = request.limit;
  read.limit = pending.limit;
  read.now_ms = pending.now_ms;
  read.op = pending_.insert(std::move(pending));
  read.shard = shard_;
  read.key = std::move(request.key);
  if (request.operation == Operation::kSetContains) read.element = std::move(request.elements[0]);
  if (request.operation == Operation::kSetMembers) read.after = std::move(request.after);
  const ActorId to{ActorKind::kVnode, 0, read.placement};
  context.outbox.push_back(Envelope{to, std::move(read)});
}

void Coordinator::step(KeyMutationReply reply, Context& context) {
  if (!pending_.find(reply.op)) return;  // answered as unknown already
  const Pending pending = pending_.take(reply.op);
  ClientReply out;
  if (reply.error) {
    out = ClientReply::failed(*std::move(reply.error));
  } else {
    hlc_.observe(Hlc::from_ms(reply.timestamp_ms));
    out.timestamp_ms = reply.timestamp_ms;
    out.context = std::move(reply.context);
  }
  out.operation = pending.operation;
  answer(pending.client, std::move(out), context);
}

void Coordinator::step(KeyReadReply reply, Context& context) {
  if (reply.state && !reply.state->entries.empty()) {
    const crdt::Entry& first = *reply.state->entries[0].entry;
    if (!first.live.empty()) prefetch(first.live[0].payload.value.data());
  }
  if (!pending_.find(reply.op)) return;
  Pending pending = pending_.take(reply.op);
  if (pending.now_ms != 0) {
    hlc_.observe(Hlc::from_ms(reply.now_ms));
    pending.now_ms = std::max(pending.now_ms, reply.now_ms);
  }
  ClientReply out = to_reply(pending, reply);
  if (reply.error) {
    out = ClientReply::failed(*std::move(reply.error));
  } else {
    out.context = std::move(reply.context);
  }
  out.operation = pending.operation;
  answer(pending.client, std::move(out), context);
}

}  // namespace vordb::coordinator
