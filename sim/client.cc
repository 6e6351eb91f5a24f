#include "sim/client.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "sim/chooser.h"
#include "sim/error_oracle.h"
#include "sim/oracle.h"

namespace vordb::sim {

namespace {

constexpr uint32_t kAttemptsMax = 6;
constexpr uint64_t kRetryAfterUs = 20'000;
// A request token is remembered for 10 minutes of the node's hybrid clock; a retry later than this
// proves nothing.
constexpr uint64_t kTokenLifeMs = 9 * 60'000;
// So often in a row nobody listened there: the node is gone for good.
constexpr uint32_t kUnheardMax = 20;

}  // namespace

SimClient::SimClient(uint32_t index, const WorkloadPlan& plan, const Catalogue& catalogue,
                     const Workload& workload, Chooser& chooser, Oracles& oracles,
                     ClientFigures& figures, ClientHost& host)
    : index_(index),
      plan_(plan),
      catalogue_(catalogue),
      workload_(workload),
      choices_(chooser, {StreamKind::kClient, index}),
      calls_(chooser, {StreamKind::kCalls, index}),
      calls_behind_(chooser, {StreamKind::kBehind, index}),
      oracles_(oracles),
      figures_(figures),
      host_(host) {}

void SimClient::think() {
  if (early_answer_.has_value()) return answer(*std::exchange(early_answer_, std::nullopt), false);
  if (current_.has_value()) {
    if (!waiting_) send();  // a retry
    return;
  }
  if (mode_ == Mode::kScript) {
    if (!script_.empty()) begin_call(script_.front());
  } else if (mode_ == Mode::kLoad) {
    if (to_repeat_.has_value()) {
      repeating_ = std::exchange(to_repeat_, std::nullopt);
      current_ = repeating_->call;
      current_->attempts = 0;
      send();
      return;
    }
    if (!asks()) return;
    Call call = workload_->next(calls_);
    dress(call, calls_);
    begin_call(std::move(call));
  }
}

void SimClient::think_again() {
  host_->think_later(index_, choices_.below(Decision::kThinkTime, plan_.think_us_max + 1));
}

void SimClient::begin_call(Call call) {
  call.id = host_->next_call_id();
  listed_.clear();
  choose_node(call);
  tell_begun(call, host_->step());
  current_ = std::move(call);
  hang_up_ = mode_ == Mode::kLoad && choices_.chance(Decision::kHangsUp, plan_.abandon_per_million);
  impatient_ = mode_ == Mode::kLoad && host_->nodes() > 1 &&
               choices_.chance(Decision::kIsImpatient, plan_.impatient_per_million);
  const bool alone = hang_up_ || impatient_;
  send();
  if (!alone && mode_ == Mode::kLoad && waiting_ &&
      choices_.chance(Decision::kSendsBehind, plan_.pipeline_per_million))
    send_behind();
}

void SimClient::tell_begun(Call& call, Step step) {
  call.client = index_;
  call.span = {step, kNever};
  call.now = host_->now_bounds();
  clock_steps_at_begin_ = host_->clock_steps();
  ++figures_->calls;
  ++figures_->by_operation[size_t(call.operation)];
  oracles_->began(call);
}

void SimClient::send() {
  ++current_->attempts;
  ++request_id_;
  sent_at_us_ = host_->now_us();
  disconnected_ = false;
  if (host_->is_heard()) trace_call(*current_, repeating_.has_value() ? "sent again" : "sent");
  if (!current_->pinned) current_->node = node_;
  if (!host_->send_request(index_, current_->node,
                           encode_call(catalogue_, *current_, request_id_))) {
    // Connection refused: this attempt reached nobody.
    --current_->attempts;
    waiting_ = false;
    if (!sticky() || ++unheard_ > kUnheardMax) {
      unheard_ = 0;
      look_elsewhere();
    }
    host_->think_later(index_, kRetryAfterUs + choices_.below(Decision::kRetryWait, kRetryAfterUs));
    return;
  }
  waiting_ = true;
  unheard_ = 0;
  if (hang_up_) {
    hang_up_ = false;
    ++figures_->abandoned;
    abandon(true);
  }
}

NowBounds SimClient::bounds_at_end(const Call& call) const {
  const NowBounds end = host_->now_bounds();
  const bool stepped = host_->clock_steps() != clock_steps_at_begin_;
  return {stepped ? 0 : std::min(call.now.low_ms, end.low_ms), end.high_ms};
}

void SimClient::answer(std::string_view bytes, bool of_earlier_life) {
  const std::optional<Answer> answer = decode_answer(bytes);
  if (!answer.has_value()) return host_->late_answer(index_, "bytes that are no Response");
  if (behind_.has_value() && answer->request_id == behind_->request_id) {
    behind_->early = std::string(bytes);
    return;
  }
  if (!current_.has_value() || !waiting_ || answer->request_id != request_id_)
    return of_earlier_life ? void() : late(answer->request_id, answer->reply);
  waiting_ = false;
  if (answer->reply.kind == ClientReply::Kind::kError) return failed(answer->reply.error);
  finish(answer->reply);
}

// An answer to a call whose client had hung up: it says when the call ended, which is all that is
// new.
void SimClient::late(uint32_t request_id, const ClientReply& reply) {
  const auto found = std::find_if(abandoned_.begin(), abandoned_.end(), [&](const Abandoned& a) {
    return a.request_id == request_id && request_id != 0;
  });
  if (found == abandoned_.end()) return host_->late_answer(index_, "an answer to no open request");
  found->request_id = 0;
  if (reply.kind == ClientReply::Kind::kError) return;
  // Only mutations are told of; and one that is retried meanwhile is still open.
  if (!found->call.is_mutation() || found->call.id == 0) {
    abandoned_.erase(found);
    return;
  }
  Call call = std::move(found->call);
  abandoned_.erase(found);
  call.span.end = host_->step();
  call.now = {0, host_->now_bounds().high_ms};
  oracles_->answered(call, reply, host_->causes(call.node, 0));
}

void SimClient::abandon(bool may_be_answered) {
  Abandoned abandoned{*current_, may_be_answered ? request_id_ : 0, sent_at_us_};
  const bool retry = !current_->request_token.empty();
  if (retry) abandoned.call.id = 0;  // the retry speaks for it
  if (retry) {
    abandoned_.push_back(std::move(abandoned));
    waiting_ = false;
    ++figures_->retries;
    host_->think_later(index_, kRetryAfterUs + choices_.below(Decision::kRetryWait, kRetryAfterUs));
    return;
  }
  trace_call(*current_, "abandoned");
  abandoned_.push_back(std::move(abandoned));
  end_call();
}

void SimClient::finish(const ClientReply& reply) {
  if (repeating_.has_value()) {
    ++figures_->repeats;
    oracles_->repeated(repeating_->call, repeating_->first, reply);
    repeating_.reset();
    current_.reset();
    return think_again();
  }
  Call& call = *current_;
  if (call.operation == Operation::kListKeys) return finish_page(reply);
  call.span.end = host_->step();
  call.now = bounds_at_end(call);
  ++(call.is_mutation() ? figures_->acknowledged : figures_->answered);
  if (host_->is_heard())
    trace_call(call, "ok at " + std::to_string(reply.timestamp_ms) + " " + text_of(reply));
  oracles_->answered(call, reply, host_->causes(call.node, sent_at_us_));
  if (call.is_mutation()) host_->acknowledged(call, reply);
  remember_context(call, reply);
  const bool young = call.now.high_ms - call.now.low_ms < kTokenLifeMs;
  if (!call.request_token.empty() && young && mode_ == Mode::kLoad &&
      choices_.chance(Decision::kRepeats, plan_.repeat_per_million))
    to_repeat_ = Repeat{call, reply};
  end_call();
}

void SimClient::finish_page(const ClientReply& reply) {
  Call& call = *current_;
  if (host_->is_heard()) {
    std::string names;
    for (const std::string& name : reply.items) names += " " + name;
    host_->note(index_, "call " + std::to_string(call.id) + " lists" + names +
                            (reply.next ? ", next " + *reply.next : ""));
  }
  listed_.insert(listed_.end(), reply.items.begin(), reply.items.end());
  if (reply.next) {
    call.after = reply.next;
    waiting_ = false;
    host_->think_later(index_, choices_.below(Decision::kPageWait, 1000));
    return;
  }
  call.span.end = host_->step();
  call.now = bounds_at_end(call);
  ++figures_->answered;
  oracles_->listed(call, listed_);
  end_call();
}

void SimClient::failed(const ClientError& error) {
  const ErrorCauses causes = host_->causes(current_->node, sent_at_us_);
  if (!sticky() && host_->nodes() > 1 && choices_.chance(Decision::kSwitchesNode, 500'000))
    look_elsewhere();
  if (repeating_.has_value()) {
    oracles_->attempt_failed(*current_, error, causes);
    repeating_.reset();
    current_.reset();
    host_->think_later(index_, kRetryAfterUs);
    return;
  }
  Call& call = *current_;
  const bool refused = error.outcome == Outcome::kRejected;
  const bool final_refusal =
      refused && (!call.is_mutation() || call.attempts <= 1) && mode_ != Mode::kScript;
  const bool absent_or_there =
      error.code == ErrorCode::kBucketNotFound || error.code == ErrorCode::kBucketExists;
  if (final_refusal || (refused && absent_or_there && call.attempts <= 1)) {
    call.span.end = host_->step();
    call.now = bounds_at_end(call);
    ++figures_->refused;
    trace_call(call, "refused");
    ClientReply reply;
    reply.kind = ClientReply::Kind::kError;
    reply.error = error;
    oracles_->answered(call, reply, causes);
    return end_call();
  }
  oracles_->attempt_failed(call, error, causes);
  if (refused && mode_ == Mode::kScript && call.is_mutation()) {
    // This attempt was none.
    --call.attempts;
    ++figures_->retries;
    host_->think_later(index_, kRetryAfterUs);
    return;
  }
  // What was sent behind it is not overtaken by a retry.
  const bool repeatable =
      !behind_.has_value() && (!call.is_mutation() || !call.request_token.empty());
  if (repeatable && (call.attempts < kAttemptsMax || mode_ == Mode::kScript)) {
    ++figures_->retries;
    host_->think_later(index_, kRetryAfterUs << std::min(call.attempts, 4u));
    return;
  }
  ++figures_->unknown;
  call.request_token.clear();
  abandon(false);
}

void SimClient::node_crashed(uint32_t node) {
  for (Abandoned& abandoned : abandoned_) {
    if (abandoned.call.node == node) abandoned.request_id = 0;
  }
  if (to_repeat_.has_value() && to_repeat_->call.node == node) to_repeat_.reset();
  if (!current_.has_value()) return;
  current_->crossed_crash = true;
  if (!waiting_ || current_->node != node) return;
  crashed_at_ = host_->step();
  disconnected_ = true;
}

void SimClient::settled() {
  settled_at_ = host_->step();
  for (Abandoned& abandoned : abandoned_) {
    Call& call = abandoned.call;
    if (call.id == 0 || !call.is_mutation()) continue;
    call.now.high_ms = host_->now_bounds().high_ms;
    oracles_->lost_sight(call, settled_at_);
    call.id = 0;
  }
  std::erase_if(abandoned_, [](const Abandoned& abandoned) { return abandoned.request_id == 0; });
}

void SimClient::look_at_clock() {
  const uint64_t before_us = host_->carried_out_before_us();
  for (Abandoned& abandoned : abandoned_) {
    Call& call = abandoned.call;
    if (call.id == 0 || !call.is_mutation() || call.carried_out ||
        abandoned.sent_at_us >= before_us)
      continue;
    call.carried_out = true;
    call.now.high_ms = host_->now_bounds().high_ms;
    oracles_->carried_out(call, host_->step());
  }
  if (!impatient_ || !waiting_ || disconnected_ ||
      host_->now_us() < sent_at_us_ + plan_.timeout_ms * 1000)
    return;
  ++figures_->timeouts;
  impatient_ = false;
  if (!sticky()) look_elsewhere();
  if (repeating_.has_value()) {
    // Both its answers would say the same.
    current_->id = 0;
    abandoned_.push_back({*current_, request_id_, sent_at_us_});
    repeating_.reset();
    current_.reset();
    waiting_ = false;
    return host_->think_later(index_, kRetryAfterUs);
  }
  if (current_->is_mutation() && current_->request_token.empty()) ++figures_->unknown;
  abandon(true);
}

// From now on nobody knows whether it took effect or will.
void SimClient::lose(Call call) { abandoned_.push_back({std::move(call), 0, sent_at_us_}); }

void SimClient::disconnected() {
  if (!current_.has_value() || !disconnected_) return;
  disconnected_ = false;
  waiting_ = false;
  early_answer_.reset();
  drop_behind();
  Call& call = *current_;
  if (repeating_.has_value()) {
    repeating_.reset();
    current_.reset();
    host_->think_later(index_, kRetryAfterUs);
    return;
  }
  const uint64_t age_ms =
      host_->now_bounds().high_ms - std::min(call.now.low_ms, host_->now_bounds().high_ms);
  const bool by_token =
      !call.request_token.empty() && age_ms < kTokenLifeMs && call.attempts < kAttemptsMax;
  if (!call.is_mutation() || by_token) {
    ++figures_->retries;
    host_->think_later(index_, kRetryAfterUs + choices_.below(Decision::kRetryWait, kRetryAfterUs));
    return;
  }
  give_up(call);
  end_call();
}

// A mutation whose connection is gone.
void SimClient::give_up(Call call) {
  ++figures_->unknown;
  call.now.high_ms = host_->now_bounds().high_ms;
  trace_call(call, "unknown");
  if (settled_at_ >= crashed_at_) {
    oracles_->lost_sight(call, settled_at_);
  } else {
    lose(std::move(call));
  }
}

void SimClient::end_call() {
  if (mode_ == Mode::kScript && !script_.empty()) script_.pop_front();
  current_.reset();
  waiting_ = false;
  if (behind_.has_value()) return take_behind();
  if (mode_ == Mode::kScript) return host_->think_later(index_, 0);
  think_again();
}

std::optional<uint64_t> SimClient::waiting_since_us() const {
  if (!waiting_ || disconnected_) return std::nullopt;
  return sent_at_us_;
}

void SimClient::trace_call(const Call& call, const std::string& how) {
  if (!host_->is_heard()) return;
  std::string named;
  for (const uint32_t element : call.elements) named += " " + Catalogue::element_name(element);
  if (call.limit > 0) named += " limit " + std::to_string(call.limit);
  if (call.after) named += " after '" + *call.after + "'";
  host_->note(index_, "call " + std::to_string(call.id) + " " + to_string(call.operation) + " " +
                          std::to_string(call.bucket) + "/" + std::to_string(call.key) + named +
                          " of node " + std::to_string(call.node) + " " + how + ", attempt " +
                          std::to_string(call.attempts) +
                          (call.request_token.empty() ? "" : ", token " + call.request_token) +
                          (call.context.empty() ? "" : ", with context"));
}

}  // namespace vordb::sim
