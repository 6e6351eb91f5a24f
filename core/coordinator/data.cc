// Requests on one key: checked, and begun. What one vnode of this node can answer alone goes to it
// at once; everything else becomes Work.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cluster/ring.h"
#include "core/coordinator/coordinator.h"
#include "core/crdt/set.h"
#include "core/prefetch.h"
#include "core/vnode/causal_token.h"
#include "core/vnode/key_cache.h"
#include "core/vnode/tasks.h"

namespace vordb::coordinator {

namespace {

// Asked for without a bucket, an operation means the default one of its type.
BucketId default_bucket(Operation operation) { return default_bucket(row_of(operation).type); }

bool is_set_update(Operation operation) {
  return operation == Operation::kSetAdd || operation == Operation::kSetRemove;
}

// Reads and writes of a bucket meet in at least one owner.
bool is_strict(const Bucket& bucket) {
  return bucket.config.write_quorum + bucket.config.read_quorum > bucket.config.replication_n;
}

// This node holds the placement alone: there is nobody to agree with.
bool is_sole_owner(PlacementId placement, const Turn& turn) {
  const auto owners = turn.configuration.owners(placement);
  return owners.size() == 1 && owners[0] == turn.node &&
         turn.configuration.next_owners(placement).empty();
}

// A quorum of 1 is reached with this node's own vnode.
bool is_owned_here(PlacementId placement, const Turn& turn) {
  const auto owners = turn.configuration.owners(placement);
  return turn.configuration.next_owners(placement).empty() &&
         std::find(owners.begin(), owners.end(), turn.node) != owners.end();
}

// One token is answered by one owner.
bool may_mutate_here(const KeyMutation& mutation, const Turn& turn) {
  if (!is_owned_here(mutation.placement, turn)) return false;
  return mutation.request_token.empty() ||
         turn.configuration.owners(mutation.placement)[0] == turn.node;
}

// CLUSTER.md rule 16: what acts on the state of a key learns it from a read quorum first.
bool reads_first(const KeyMutation& mutation, const Bucket& bucket) {
  if (!is_strict(bucket)) return false;
  if (bucket.config.type == BucketType::kLww || bucket.config.ttl_seconds != 0) return true;
  switch (mutation.operation) {
    case Operation::kSetRemove:
    case Operation::kDelete:
      return !mutation.seen;
    default:
      return false;
  }
}

// The entries that a mutation acts on; none named: all of the key's.
KeyRead what_to_read(const KeyMutation& mutation, const Bucket& bucket) {
  KeyRead read;
  read.shard = mutation.shard;
  read.placement = mutation.placement;
  read.bucket = mutation.bucket;
  read.key_hash = mutation.key_hash;
  read.key = mutation.key;
  read.now_ms = mutation.now_ms;
  if (is_set_update(mutation.operation)) {
    for (const std::string& element : mutation.elements) {
      read.subkeys.push_back(crdt::element_subkey(element));
    }
    if (bucket.config.ttl_seconds != 0) read.subkeys.push_back(crdt::meta_subkey());
    std::sort(read.subkeys.begin(), read.subkeys.end());
    read.subkeys.erase(std::unique(read.subkeys.begin(), read.subkeys.end()), read.subkeys.end());
  }
  return read;
}

}  // namespace

// The lanes are those of the bucket by its name: it need not be there yet.
LaneUse Coordinator::lanes_of(const ClientRequest& request, const Turn& turn) const {
  if (request.connection == 0) return {};
  std::string_view name = bucket_named(request);
  if (name.empty() && row_of(request.operation).of_key) {
    const Bucket* bucket = turn.configuration.bucket(default_bucket(request.operation));
    if (bucket) name = bucket->config.name;
  }
  // Without another node, and no refusal to be evaded, mutate() sends it to its vnode at once.
  const bool in_order = turn.configuration.members.size() == 1 && troubled_until_us_.empty();
  return places_of(request, name, in_order);
}

void Coordinator::access_key(Admitted request, Turn& turn) {
  const Bucket* bucket = request.bucket.empty()
                             ? turn.configuration.bucket(default_bucket(request.operation))
                             : turn.configuration.bucket(std::string_view(request.bucket));
  if (!bucket) {
    return refuse(request, ErrorCode::kBucketNotFound, "no bucket has this name",
                  "create it with POST /buckets", turn);
  }
  if (request.operation == Operation::kGet) request.operation = row_of(bucket->config.type).read;
  if (request.key.empty()) {
    return refuse(request, ErrorCode::kBadRequest, "the key is empty", "a key has at least 1 byte",
                  turn);
  }
  if (!check_type(request, *bucket, turn)) return;
  if (mutates(request.operation)) {
    mutate(std::move(request), *bucket, turn);
  } else {
    read(std::move(request), *bucket, turn);
  }
}

bool Coordinator::check_type(const Admitted& request, const Bucket& bucket, Turn& turn) {
  const BucketType type = bucket.config.type;
  if (request.operation == Operation::kDelete || row_of(request.operation).type == type)
    return true;
  ClientReply reply = ClientReply::failed(
      ClientError{ErrorCode::kTypeMismatch, Outcome::kRejected,
                  absl::StrCat("the bucket is of type ", to_string(type), " and does not take ",
                               to_string(request.operation)),
                  ""});
  reply.error.expected = to_string(type);
  reply.operation = request.operation;
  answer(request.client, request.use, std::move(reply), turn);
  return false;
}

bool Coordinator::check_quorum(const Admitted& request, const Bucket& bucket, PlacementId placement,
                               Turn& turn) {
  const bool changes = mutates(request.operation);
  const uint32_t asked = changes ? request.w : request.r;
  const uint8_t n = bucket.config.replication_n;
  if (asked > n) {
    refuse(request, ErrorCode::kBadRequest, absl::StrCat(changes ? "w" : "r", " is ", asked),
           absl::StrCat("1 to the bucket's replication_n, which is ", int(n)), turn);
    return false;
  }
  const uint32_t own = changes ? bucket.config.write_quorum : bucket.config.read_quorum;
  const uint32_t needed = asked == 0 ? own : asked;
  if (needed == 1 && is_owned_here(placement, turn)) return true;
  Work work;
  work.sets = OwnerSets::of(turn.configuration, placement);
  work.needed = uint8_t(needed);
  return check_present(request, work, turn);
}

// Quorums are never lowered, whatever a request asks for.
bool Coordinator::check_present(const Admitted& request, const Work& work, Turn& turn) {
  const unsigned have = work.sets.present();
  if (work.needed <= have) return true;
  refuse(request, ErrorCode::kUnavailable,
         absl::StrCat("this needs ", int(work.needed), " replicas and the cluster has ", have),
         "add nodes", turn);
  return false;
}

void Coordinator::mutate(Admitted request, const Bucket& bucket, Turn& turn) {
  size_t bytes = 0;
  for (const std::string& element : request.elements) bytes += element.size();
  if (bytes > vnode::kDotBytesMax) {
    return refuse(request, ErrorCode::kTooLarge, "the elements of one request are at most 4 MiB",
                  "send them in several requests", turn);
  }
  if (is_set_update(request.operation) && request.elements.empty()) {
    return refuse(request, ErrorCode::kBadRequest, "no element was given", "1 to 1,000 elements",
                  turn);
  }
  KeyMutation mutation;
  if (!request.context.empty()) {
    absl::StatusOr<CausalToken> seen = decode_token(request.context);
    if (!seen.ok()) {
      return refuse(request, ErrorCode::kBadRequest, std::string(seen.status().message()),
                    "give back the context of an answer unchanged", turn);
    }
    mutation.seen = std::make_shared<const CausalToken>(*std::move(seen));
  }
  mutation.bucket = bucket.id;
  mutation.key_hash = cluster::ring_hash(bucket.id, request.key);
  mutation.placement = {bucket.config.replication_n,
                        cluster::partition_of(mutation.key_hash, turn.configuration.ring_size)};
  const bool takes_away =
      request.operation == Operation::kDelete || request.operation == Operation::kSetRemove;
  if (takes_away && mutation.seen && mutation.seen->placement != mutation.placement) {
    return refuse(request, ErrorCode::kBadRequest, "the context is of another key's partition",
                  "a removal takes the context of an answer about its own key", turn);
  }
  if (!check_quorum(request, bucket, mutation.placement, turn)) return;
  Pending pending;
  pending.client = request.client;
  pending.lanes = request.use;
  pending.operation = request.operation;
  pending.type = bucket.config.type;
  pending.placement = mutation.placement;
  pending.pv = turn.configuration.partition(mutation.placement).pv;
  pending.deadline_us = turn.env.clock.monotonic_us() + turn.options.write_quorum_timeout_ms * 1000;
  const uint8_t w = uint8_t(request.w == 0 ? bucket.config.write_quorum : request.w);
  mutation.shard = shard_;
  mutation.wants_acks = w > 1;
  mutation.operation = request.operation;
  mutation.key = std::move(request.key);
  mutation.value = std::move(request.value);
  mutation.elements = std::move(request.elements);
  mutation.amount = request.amount;
  if (bucket.config.ttl_seconds != 0) {
    mutation.now_ms = hlc_.tick(turn.env.clock.now()).ms();
  }
  mutation.request_token = std::move(request.request_token);
  const bool sole = is_sole_owner(mutation.placement, turn);
  const bool first = !sole && reads_first(mutation, bucket);
  // Where this owner has not seen all that a context names, another may have.
  const bool anywhere = sole || !mutation.seen;
  if (w == 1 && !first && anywhere && may_mutate_here(mutation, turn) &&
      !troubled(mutation.placement, turn)) {
    mutation.pv = pending.pv;
    mutation.op = pending_.insert(std::move(pending));
    const ActorId to{ActorKind::kVnode, 0, mutation.placement};
    turn.outbox.push_back(Envelope{to, std::move(mutation)});
    return;
  }
  Work work;
  work.sets = OwnerSets::of(turn.configuration, mutation.placement);
  work.w = w;
  work.reads_first = first;
  work.needed = bucket.config.read_quorum;
  work.read = what_to_read(mutation, bucket);
  if (bucket.config.type != BucketType::kLww && request.operation == Operation::kDelete) {
    // Should nothing be left to delete, W owners must agree on that; and what an owner has removed
    // only another can name.
    work.needed = std::max(work.needed, bucket.config.write_quorum);
  }
  if (first && !check_present(request, work, turn)) return;
  work.mutation = Box<KeyMutation>(std::move(mutation));
  pending.work = Box<Work>(std::move(work));
  begin_mutation(pending_.insert(std::move(pending)), turn);
}

void Coordinator::read(Admitted request, const Bucket& bucket, Turn& turn) {
  KeyRead read;
  if (!request.context.empty()) {
    absl::StatusOr<CausalToken> seen = decode_token(request.context);
    if (!seen.ok()) {
      return refuse(request, ErrorCode::kBadRequest, std::string(seen.status().message()),
                    "give back the context of an answer unchanged", turn);
    }
    take_token_time(*seen, turn.env.clock.now(), turn.options.max_clock_drift_ms, hlc_);
    read.seen = std::make_shared<const CausalToken>(*std::move(seen));
  }
  if (request.operation == Operation::kSetContains && request.elements.size() != 1) {
    return refuse(request, ErrorCode::kBadRequest, "no element was given", "exactly 1 element",
                  turn);
  }
  read.bucket = bucket.id;
  read.key_hash = cluster::ring_hash(bucket.id, request.key);
  turn.cache.prefetch(read.key_hash);
  read.placement = {bucket.config.replication_n,
                    cluster::partition_of(read.key_hash, turn.configuration.ring_size)};
  if (!check_quorum(request, bucket, read.placement, turn)) return;
  Pending pending;
  pending.client = request.client;
  pending.lanes = request.use;
  pending.operation = request.operation;
  pending.type = bucket.config.type;
  pending.placement = read.placement;
  pending.pv = turn.configuration.partition(read.placement).pv;
  pending.deadline_us = turn.env.clock.monotonic_us() + turn.options.read_quorum_timeout_ms * 1000;
  // Times stamped here never run backwards, or an expired key could be seen again.
  if (bucket.config.ttl_seconds != 0) pending.now_ms = hlc_.tick(turn.env.clock.now()).ms();
  if (request.operation == Operation::kSetMembers) pending.limit = request.limit;
  read.limit = pending.limit;
  read.now_ms = pending.now_ms;
  read.shard = shard_;
  read.key = std::move(request.key);
  if (request.operation == Operation::kSetContains) {
    read.subkeys.push_back(crdt::element_subkey(request.elements[0]));
  }
  if (request.operation == Operation::kSetMembers) read.after = std::move(request.after);
  if (is_sole_owner(read.placement, turn)) {
    read.pv = pending.pv;
    read.op = pending_.insert(std::move(pending));
    const ActorId to{ActorKind::kVnode, 0, read.placement};
    turn.outbox.push_back(Envelope{to, std::move(read)});
    return;
  }
  const uint8_t r = uint8_t(request.r == 0 ? bucket.config.read_quorum : request.r);
  Work work;
  work.sets = OwnerSets::of(turn.configuration, read.placement);
  // Fewer than the bucket's own R: asked for, and nothing is promised.
  work.strict = is_strict(bucket) && r >= bucket.config.read_quorum;
  work.w = work.strict ? bucket.config.write_quorum : 0;
  work.needed = std::max(r, work.w);
  work.read = std::move(read);
  if (!check_present(request, work, turn)) return;
  const bool one = work.needed == 1 && !work.strict;
  work.read.alone = one;
  if (!one) work.seen = std::move(work.read.seen);
  pending.work = Box<Work>(std::move(work));
  const OpId op = pending_.insert(std::move(pending));
  if (one) {
    ask(op, turn);
  } else {
    gather(op, turn);
  }
}

bool Coordinator::troubled(PlacementId placement, Turn& turn) const {
  if (turn.env.buggify(Site::kAsksSelfLast)) return true;
  if (troubled_until_us_.empty()) return false;
  const auto at = troubled_until_us_.find(placement);
  return at != troubled_until_us_.end() && turn.env.clock.monotonic_us() < at->second;
}

}  // namespace vordb::coordinator
