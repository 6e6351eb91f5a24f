#include "sim/workload.h"

#include <algorithm>
#include <span>

namespace vordb::sim {

namespace {

constexpr uint32_t kElementsPerCallMax = 5;
constexpr uint32_t kPageMax = 40;
constexpr uint32_t kSameKeyPerMillion = 850'000;

std::span<const Operation> operations_of(const BucketPlan& plan) {
  static constexpr Operation kLww[] = {Operation::kPut,          Operation::kGet,
                                       Operation::kDelete,       Operation::kListKeys,
                                       Operation::kCreateBucket, Operation::kDeleteBucket,
                                       Operation::kGetBucket,    Operation::kListBuckets};
  static constexpr Operation kSet[] = {
      Operation::kSetAdd,       Operation::kSetRemove,    Operation::kSetMembers,
      Operation::kSetContains,  Operation::kDelete,       Operation::kListKeys,
      Operation::kCreateBucket, Operation::kDeleteBucket, Operation::kGetBucket};
  static constexpr Operation kCounter[] = {
      Operation::kCounterIncrement, Operation::kCounterDecrement, Operation::kCounterValue,
      Operation::kDelete,           Operation::kListKeys,         Operation::kCreateBucket,
      Operation::kDeleteBucket,     Operation::kGetBucket};
  switch (plan.config.type) {
    case BucketType::kOrswot:
      return kSet;
    case BucketType::kPnCounter:
      return kCounter;
    default:
      return kLww;
  }
}

}  // namespace

Workload::Workload(const WorkloadPlan& plan, const Catalogue& catalogue)
    : plan_(plan), catalogue_(catalogue) {}

Operation Workload::pick_operation(const BucketPlan& plan, const Choices& choices) const {
  const std::span<const Operation> operations = operations_of(plan);
  const auto weight = [&](Operation operation) -> uint64_t {
    const bool changes =
        operation == Operation::kCreateBucket || operation == Operation::kDeleteBucket;
    if (changes && !plan.churns) return 0;
    if (operation == Operation::kGetBucket && plan.is_default) return 0;
    return plan_.weights[size_t(operation)];
  };
  uint64_t total = 0;
  for (const Operation operation : operations) total += weight(operation);
  if (total == 0) return Operation::kPing;
  uint64_t drawn = choices.below(Decision::kOperation, total);
  for (const Operation operation : operations) {
    if (drawn < weight(operation)) return operation;
    drawn -= weight(operation);
  }
  return Operation::kPing;
}

uint32_t Workload::pick_key(const BucketPlan& plan, const Choices& choices) const {
  const uint32_t hot = std::min(plan_.hot_keys, plan.keys);
  const bool is_hot = choices.chance(Decision::kKeyIsHot, plan_.hot_per_million);
  return uint32_t(choices.below(Decision::kKey, is_hot ? std::max(hot, 1u) : plan.keys));
}

void Workload::pick_elements(Call& call, const BucketPlan& plan, const Choices& choices) const {
  uint32_t count = 1;
  if (call.operation != Operation::kSetContains &&
      choices.chance(Decision::kManyElements, plan.huge ? 700'000 : 250'000))
    count = uint32_t(choices.between(Decision::kElementCount, 2, kElementsPerCallMax));
  for (uint32_t i = 0; i < count; ++i)
    call.elements.push_back(uint32_t(choices.below(Decision::kElement, plan.elements)));
  // A call names an element once: the oracles count by element.
  std::sort(call.elements.begin(), call.elements.end());
  call.elements.erase(std::unique(call.elements.begin(), call.elements.end()), call.elements.end());
}

Call Workload::next(const Choices& choices) const {
  Call call;
  call.bucket = uint32_t(choices.below(Decision::kBucket, catalogue_.buckets().size()));
  call.key = pick_key(catalogue_.bucket(call.bucket), choices);
  pick_rest(call, choices);
  return call;
}

Call Workload::next_after(const Call& first, const Choices& choices) const {
  if (!choices.chance(Decision::kSameKey, kSameKeyPerMillion)) return next(choices);
  Call call;
  call.bucket = first.bucket;
  call.key = first.key;
  pick_rest(call, choices);
  return call;
}

// Everything but the key.
void Workload::pick_rest(Call& call, const Choices& choices) const {
  const BucketPlan& plan = catalogue_.bucket(call.bucket);
  call.operation = pick_operation(plan, choices);
  switch (call.operation) {
    case Operation::kSetAdd:
    case Operation::kSetRemove:
    case Operation::kSetContains:
      pick_elements(call, plan, choices);
      break;
    case Operation::kSetMembers:
      if (plan.huge || choices.chance(Decision::kHasLimit, 200'000))
        call.limit = uint32_t(choices.between(Decision::kLimit, 1, kPageMax));
      if (call.limit > 0 && choices.chance(Decision::kHasAfter, 500'000))
        call.after =
            Catalogue::element_name(uint32_t(choices.below(Decision::kAfter, plan.elements)));
      break;
    case Operation::kCounterIncrement:
    case Operation::kCounterDecrement:
      call.amount = choices.between(Decision::kAmount, 1, 1'000'000);
      break;
    case Operation::kListKeys:
      if (choices.chance(Decision::kHasLimit, 500'000))
        call.limit = uint32_t(choices.between(Decision::kLimit, 1, kPageMax));
      break;
    default:
      break;
  }
  // More replicas than a node alone has; never fewer than the bucket's own quorums, for what a
  // bucket promises follows from these.
  if (choices.chance(Decision::kAsksForQuorum, plan_.quorum_per_million) &&
      call.operation <= Operation::kCounterValue) {
    call.w = std::max<uint32_t>(2, plan.config.write_quorum);
    call.r = std::max<uint32_t>(2, plan.config.read_quorum);
  }
}

std::vector<Call> Workload::audit(const std::vector<uint32_t>& nodes) const {
  std::vector<Call> calls;
  for (uint32_t bucket = 0; bucket < catalogue_.buckets().size(); ++bucket) {
    const BucketPlan& plan = catalogue_.bucket(bucket);
    Call call;
    call.bucket = bucket;
    call.pinned = true;
    call.audits = true;
    const auto ask_all = [&] {
      for (const uint32_t node : nodes) {
        call.node = node;
        calls.push_back(call);
      }
    };
    call.operation = plan.config.type == BucketType::kLww      ? Operation::kGet
                     : plan.config.type == BucketType::kOrswot ? Operation::kSetMembers
                                                               : Operation::kCounterValue;
    for (call.key = 0; call.key < plan.keys; ++call.key) ask_all();
    call.key = 0;
    call.operation = Operation::kListKeys;
    ask_all();
  }
  return calls;
}

}  // namespace vordb::sim
