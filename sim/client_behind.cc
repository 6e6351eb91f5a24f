// Two calls on one connection, the second sent before the first is answered.
//
// A node carries out the second after it has answered the first where they meet: on one key unless
// both only read, on a bucket and what is in it. So the oracles are told that the second begins
// when the answer to the first is given, and whatever it shows or does sooner is a violation.
// Answers reach the client in the order of the calls, as a connection brings them.
#include <utility>

#include "sim/client.h"
#include "sim/oracle.h"

namespace vordb::sim {

namespace {

constexpr uint64_t kSoonUs = 1;

bool on_bucket(Operation operation) {
  return changes_table(operation) || operation == Operation::kGetBucket;
}

bool waits_for(const Call& first, const Call& call, bool node_alone) {
  if (first.operation == Operation::kPing || call.operation == Operation::kPing) return false;
  if (first.operation == Operation::kListBuckets || call.operation == Operation::kListBuckets)
    return changes_table(first.operation) || changes_table(call.operation);
  if (first.bucket != call.bucket) return false;
  if (on_bucket(first.operation) || on_bucket(call.operation)) return true;
  if (call.operation == Operation::kListKeys) return first.is_mutation();
  if (first.key != call.key) return false;
  // Two mutations are carried out in order by a node alone, but answered together.
  if (first.is_mutation() && call.is_mutation()) return !node_alone;
  return first.is_mutation() || call.is_mutation();
}

}  // namespace

void SimClient::send_behind() {
  // All pages of a listing would have to be answered first.
  if (current_->operation == Operation::kListKeys) return;
  Behind behind;
  behind.call = workload_->next_after(*current_, calls_behind_);
  Call& call = behind.call;
  dress(call, calls_behind_);
  call.id = host_->next_call_id();
  call.client = index_;
  call.node = current_->node;
  call.attempts = 1;
  ++figures_->pipelined;
  behind.request_id = request_id_ + 1;
  behind.begun = !waits_for(*current_, call, host_->nodes() == 1);
  if (behind.begun) {
    tell_begun(call, host_->step());
  } else {
    ++figures_->ordered;
  }
  if (host_->is_heard()) trace_call(call, "sent behind");
  host_->send_request(index_, call.node, encode_call(catalogue_, call, behind.request_id));
  behind_ = std::move(behind);
}

bool SimClient::takes_at_once(std::string_view bytes) const {
  if (!behind_.has_value() || !waiting_) return false;
  const std::optional<Answer> answer = decode_answer(bytes);
  return answer.has_value() && answer->request_id == request_id_;
}

// The call ahead has ended.
void SimClient::take_behind() {
  Behind behind = *std::exchange(behind_, std::nullopt);
  request_id_ = behind.request_id;
  waiting_ = true;
  listed_.clear();
  if (!behind.begun) {
    // It can show or do nothing before the event that comes next.
    tell_begun(behind.call, host_->step() + 1);
    sent_at_us_ = host_->now_us();
  }
  current_ = std::move(behind.call);
  early_answer_ = std::move(behind.early);
  if (early_answer_.has_value()) host_->think_later(index_, kSoonUs);
}

// The connection is gone. A call that waited for the one ahead, which has no answer, was not begun.
void SimClient::drop_behind() {
  if (!behind_.has_value()) return;
  const Behind behind = *std::exchange(behind_, std::nullopt);
  request_id_ = behind.request_id;
  if (behind.begun && behind.call.is_mutation()) give_up(behind.call);
}

}  // namespace vordb::sim
