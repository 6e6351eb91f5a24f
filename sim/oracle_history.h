// A hand-made history of a cluster, told to the oracles call by call: what the tests of the oracles
// are written in. No node is involved.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/error_oracle.h"
#include "sim/oracle.h"
#include "sim/promise.h"

namespace vordb::sim {

inline constexpr uint32_t kLww = 0, kSet = 1, kCounter = 2;  // weak: W = R = 1 of 3
inline constexpr uint32_t kStrictLww = 3, kStrictSet = 4, kStrictCounter = 5;
inline constexpr uint32_t kShortLww = 6, kShortSet = 7,
                          kShortCounter = 8;  // weak, a second to live
inline constexpr uint32_t kChurn = 9, kChurnSet = 10, kNamed = 11;
inline constexpr uint32_t kStrictShortSet = 12;

inline Catalogue make_catalogue() {
  std::vector<BucketPlan> plans(13);
  for (uint32_t i = 0; i < plans.size(); ++i) {
    BucketPlan& plan = plans[i];
    plan.config.name = "b" + std::to_string(i);
    plan.config.type = i == kChurnSet || i == kStrictShortSet ? BucketType::kOrswot
                       : i >= kChurn || i % 3 == 0            ? BucketType::kLww
                       : i % 3 == 1                           ? BucketType::kOrswot
                                                              : BucketType::kPnCounter;
    const bool strict = (i >= kStrictLww && i <= kStrictCounter) || i == kStrictShortSet;
    plan.config.write_quorum = plan.config.read_quorum = strict ? 2 : 1;
    const bool is_short = (i >= kShortLww && i <= kShortCounter) || i == kStrictShortSet;
    plan.config.ttl_seconds = is_short ? 1 : 0;
    plan.churns = i == kChurn || i == kChurnSet;
    plan.is_default = i < kChurn || i == kStrictShortSet;
    plan.keys = 2;
    plan.elements = 4;
  }
  return Catalogue(plans);
}

// Clients of three nodes that play calls one after the other, or leave them open.
class History {
 public:
  explicit History(ClusterShape shape = {3, true})
      : catalogue_(make_catalogue()), oracles_(catalogue_, findings_, shape) {}

  Call begin(Operation operation, uint32_t bucket, uint32_t node) {
    Call call;
    call.id = ++last_id_;
    call.operation = operation;
    call.bucket = bucket;
    call.node = node;
    call.audits = audit_;
    call.span.begin = ++step_;
    call.now = {now_ms_, now_ms_ + skew_ms_};
    call.attempts = 1;
    if (operation == Operation::kSetAdd || operation == Operation::kSetRemove) call.elements = {1};
    return call;
  }

  Call open(Call call) {
    oracles_.began(call);
    return call;
  }

  // `at_ms`: the timestamp of the answer, 0: now.
  Call end(Call call, ClientReply reply, uint64_t at_ms = 0) {
    call.span.end = ++step_;
    call.now.high_ms = now_ms_ + skew_ms_;
    reply.timestamp_ms = at_ms == 0 ? now_ms_ : at_ms;
    oracles_.answered(call, reply, causes_);
    return call;
  }

  Call ok(Operation operation, uint32_t bucket, uint32_t node, uint64_t at_ms = 0) {
    return end(open(begin(operation, bucket, node)), {}, at_ms);
  }

  Call get(uint32_t bucket, uint32_t node, uint64_t writer, const Call* after = nullptr) {
    ClientReply reply;
    reply.kind = ClientReply::Kind::kValue;
    reply.value = catalogue_.value_of(bucket, 0, writer);
    return end(open(with_token(begin(Operation::kGet, bucket, node), after)), reply);
  }

  Call nothing(Operation operation, uint32_t bucket, uint32_t node, const Call* after = nullptr) {
    ClientReply reply;
    reply.kind = ClientReply::Kind::kNotFound;
    return end(open(with_token(begin(operation, bucket, node), after)), reply);
  }

  Call members(uint32_t bucket, uint32_t node, std::vector<uint32_t> elements,
               const Call* after = nullptr) {
    ClientReply reply;
    reply.kind = ClientReply::Kind::kMembers;
    for (const uint32_t element : elements) reply.items.push_back(Catalogue::element_name(element));
    return end(open(with_token(begin(Operation::kSetMembers, bucket, node), after)), reply);
  }

  Call value(uint32_t bucket, uint32_t node, int64_t shown, const Call* after = nullptr) {
    ClientReply reply;
    reply.kind = ClientReply::Kind::kCounter;
    reply.counter = shown;
    return end(open(with_token(begin(Operation::kCounterValue, bucket, node), after)), reply);
  }

  void refused(Call call, ErrorCode code, Outcome outcome = Outcome::kRejected) {
    end(call, ClientReply::failed({code, outcome, "no", ""}));
  }

  void lose(Call call) {
    call.now.high_ms = now_ms_ + skew_ms_;
    oracles_.lost_sight(call, ++step_);
  }
  void carry_out(Call& call) {
    call.carried_out = true;
    call.now.high_ms = now_ms_ + skew_ms_;
    oracles_.carried_out(call, ++step_);
  }

  void audit() {
    oracles_.all_known(++step_);
    audit_ = true;
  }
  void calm_s(uint64_t seconds) {
    for (uint64_t i = 0; i <= seconds; ++i) {
      oracles_.time_passed(++step_, now_us_, true);
      now_us_ += 1'000'000;
    }
  }

  bool clean() const { return findings_.clean(); }
  // Exactly this property is violated first.
  bool finds(Property property) const {
    return !clean() && findings_.violations()[0].property == property;
  }

  ErrorCauses causes_;
  Findings findings_;
  Catalogue catalogue_;
  Oracles oracles_;
  uint64_t now_ms_ = 1'000'000;
  uint64_t skew_ms_ = 0;  // how far apart the nodes' clocks may be
  Step step_ = 0;

 private:
  Call with_token(Call call, const Call* after) {
    if (after == nullptr) return call;
    ClientReply reply;
    reply.timestamp_ms = now_ms_;
    call.context = "token";
    call.context_origin = after->span;
    call.promise = oracles_.promise_of(*after, reply);
    return call;
  }

  uint64_t last_id_ = 0;
  uint64_t now_us_ = 0;
  bool audit_ = false;
};

}  // namespace vordb::sim
