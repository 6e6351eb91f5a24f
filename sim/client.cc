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
constexpr size_t kContextsKept = 8;
constexpr uint64_t kRetryAfterUs = 20'000;
// A request token is remembered for 10 minutes of the node's hybrid clock; a retry later than this
// proves nothing.
constexpr uint64_t kTokenLifeMs = 9 * 60'000;

}  // namespace

SimClient::SimClient(uint32_t index, const WorkloadPlan& plan, const Catalogue& catalogue,
                     Workload& workload, Chooser& chooser, Oracles& oracles, ClientFigures& figures,
                     ClientHost& host)
    : index_(index),
      plan_(plan),
      catalogue_(catalogue),
      workload_(workload),
      chooser_(chooser),
      oracles_(oracles),
      figures_(figures),
      host_(host) {}

void SimClient::think() {
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
    Call call = workload_.next();
    dress(call);
    begin_call(std::move(call));
  }
}

// What a client adds to a bare call: a token to retry with, a causal token of what it has seen.
void SimClient::dress(Call& call) {
  const bool on_key = call.operation <= Operation::kCounterValue;
  const bool churns = catalogue_.bucket(call.bucket).churns;
  // A token is forgotten with its bucket: a retry would be a request of its own on the next one of
  // that name.
  if (call.is_mutation() && on_key && !churns && call.w == 0 &&
      chooser_.chance(plan_.token_per_million))
    call.request_token = "t" + std::to_string(chooser_.bits()) + "-" + std::to_string(index_);
  if (!on_key || churns || !chooser_.chance(plan_.context_per_million)) return;
  // A counter's reset with a context has a meaning of its own; it is not modelled.
  if (call.operation == Operation::kDelete) return;
  for (const Seen& seen : seen_) {
    if (seen.bucket != call.bucket || seen.key != call.key) continue;
    call.context = seen.context;
    call.context_origin = seen.origin;
    ++figures_.contexts_given;
    return;
  }
}

void SimClient::begin_call(Call call) {
  call.id = host_.next_call_id();
  call.client = index_;
  call.span = {host_.step(), kNever};
  call.now = host_.now_bounds();
  clock_steps_at_begin_ = host_.clock_steps();
  listed_.clear();
  ++figures_.calls;
  ++figures_.by_operation[size_t(call.operation)];
  oracles_.began(call);
  current_ = std::move(call);
  hang_up_ = mode_ == Mode::kLoad && chooser_.chance(plan_.abandon_per_million);
  send();
}

void SimClient::send() {
  ++current_->attempts;
  ++request_id_;
  sent_at_us_ = host_.now_us();
  disconnected_ = false;
  if (host_.has_sink()) trace_call(*current_, repeating_.has_value() ? "sent again" : "sent");
  if (!host_.send_request(index_, encode_call(catalogue_, *current_, request_id_))) {
    // Connection refused: this attempt reached nobody.
    --current_->attempts;
    waiting_ = false;
    host_.think_later(index_, kRetryAfterUs + chooser_.below(kRetryAfterUs));
    return;
  }
  waiting_ = true;
  if (hang_up_) {
    hang_up_ = false;
    ++figures_.abandoned;
    abandon(true);
  }
}

NowBounds SimClient::bounds_at_end(const Call& call) const {
  const NowBounds end = host_.now_bounds();
  const bool stepped = host_.clock_steps() != clock_steps_at_begin_;
  return {stepped ? 0 : std::min(call.now.low_ms, end.low_ms), end.high_ms};
}

void SimClient::answer(std::string_view bytes, bool of_earlier_life) {
  const std::optional<Answer> answer = decode_answer(bytes);
  if (!answer.has_value()) return host_.late_answer(index_, "bytes that are no Response");
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
  if (found == abandoned_.end()) return host_.late_answer(index_, "an answer to no open request");
  found->request_id = 0;
  if (reply.kind == ClientReply::Kind::kError) return;
  // Only mutations are told of; and one that is retried meanwhile is still open.
  if (!found->call.is_mutation() || found->call.id == 0) {
    abandoned_.erase(found);
    return;
  }
  Call call = std::move(found->call);
  abandoned_.erase(found);
  call.span.end = host_.step();
  call.now = {0, host_.now_bounds().high_ms};
  oracles_.answered(call, reply, host_.causes(0));
}

void SimClient::abandon(bool may_be_answered) {
  Abandoned abandoned{*current_, may_be_answered ? request_id_ : 0};
  const bool retry = !current_->request_token.empty();
  if (retry) abandoned.call.id = 0;  // the retry speaks for it
  if (retry) {
    abandoned_.push_back(std::move(abandoned));
    waiting_ = false;
    ++figures_.retries;
    host_.think_later(index_, kRetryAfterUs + chooser_.below(kRetryAfterUs));
    return;
  }
  trace_call(*current_, "abandoned");
  abandoned_.push_back(std::move(abandoned));
  end_call();
}

void SimClient::finish(const ClientReply& reply) {
  if (repeating_.has_value()) {
    ++figures_.repeats;
    oracles_.repeated(repeating_->call, repeating_->first, reply);
    repeating_.reset();
    current_.reset();
    host_.think_later(index_, chooser_.below(plan_.think_us_max + 1));
    return;
  }
  Call& call = *current_;
  if (call.operation == Operation::kListKeys) return finish_page(reply);
  call.span.end = host_.step();
  call.now = bounds_at_end(call);
  ++(call.is_mutation() ? figures_.acknowledged : figures_.answered);
  if (host_.has_sink()) trace_call(call, ("ok at " + std::to_string(reply.timestamp_ms)).c_str());
  oracles_.answered(call, reply, host_.causes(0));
  if (call.is_mutation()) host_.acknowledged(call, reply);
  remember_context(call, reply);
  const bool young = call.now.high_ms - call.now.low_ms < kTokenLifeMs;
  if (!call.request_token.empty() && young && mode_ == Mode::kLoad &&
      chooser_.chance(plan_.repeat_per_million))
    to_repeat_ = Repeat{call, reply};
  end_call();
}

void SimClient::finish_page(const ClientReply& reply) {
  Call& call = *current_;
  if (host_.has_sink()) {
    std::string names;
    for (const std::string& name : reply.items) names += " " + name;
    host_.note(index_,
               "call " + std::to_string(call.id) + " lists" + names + ", next " + reply.next);
  }
  listed_.insert(listed_.end(), reply.items.begin(), reply.items.end());
  if (!reply.next.empty()) {
    call.after = reply.next;
    waiting_ = false;
    host_.think_later(index_, chooser_.below(1000));
    return;
  }
  call.span.end = host_.step();
  call.now = bounds_at_end(call);
  ++figures_.answered;
  oracles_.listed(call, listed_);
  end_call();
}

void SimClient::failed(const ClientError& error) {
  const ErrorCauses causes = host_.causes(sent_at_us_);
  if (repeating_.has_value()) {
    oracles_.attempt_failed(*current_, error, causes);
    repeating_.reset();
    current_.reset();
    host_.think_later(index_, kRetryAfterUs);
    return;
  }
  Call& call = *current_;
  const bool refused = error.outcome == Outcome::kRejected;
  const bool final_refusal =
      refused && (!call.is_mutation() || call.attempts <= 1) && mode_ != Mode::kScript;
  const bool absent_or_there =
      error.code == ErrorCode::kBucketNotFound || error.code == ErrorCode::kBucketExists;
  if (final_refusal || (refused && absent_or_there && call.attempts <= 1)) {
    call.span.end = host_.step();
    call.now = bounds_at_end(call);
    ++figures_.refused;
    trace_call(call, "refused");
    ClientReply reply;
    reply.kind = ClientReply::Kind::kError;
    reply.error = error;
    oracles_.answered(call, reply, causes);
    return end_call();
  }
  oracles_.attempt_failed(call, error, causes);
  const bool repeatable = !call.is_mutation() || !call.request_token.empty();
  if (repeatable && (call.attempts < kAttemptsMax || mode_ == Mode::kScript)) {
    ++figures_.retries;
    host_.think_later(index_, kRetryAfterUs << std::min(call.attempts, 4u));
    return;
  }
  ++figures_.unknown;
  call.request_token.clear();
  abandon(false);
}

void SimClient::node_crashed() {
  for (Abandoned& abandoned : abandoned_) {
    if (abandoned.call.id == 0 || !abandoned.call.is_mutation()) continue;
    abandoned.call.now.high_ms = host_.now_bounds().high_ms;
    oracles_.lost_sight(abandoned.call, host_.step());
  }
  abandoned_.clear();
  to_repeat_.reset();
  crashed_at_ = host_.step();
  if (!current_.has_value()) return;
  current_->crossed_crash = true;
  if (!waiting_) return;
  disconnected_ = true;
}

void SimClient::disconnected() {
  if (!current_.has_value() || !disconnected_) return;
  disconnected_ = false;
  waiting_ = false;
  Call& call = *current_;
  if (repeating_.has_value()) {
    repeating_.reset();
    current_.reset();
    host_.think_later(index_, kRetryAfterUs);
    return;
  }
  const uint64_t age_ms =
      host_.now_bounds().high_ms - std::min(call.now.low_ms, host_.now_bounds().high_ms);
  const bool by_token =
      !call.request_token.empty() && age_ms < kTokenLifeMs && call.attempts < kAttemptsMax;
  if (!call.is_mutation() || by_token) {
    ++figures_.retries;
    host_.think_later(index_, kRetryAfterUs + chooser_.below(kRetryAfterUs));
    return;
  }
  ++figures_.unknown;
  call.now.high_ms = host_.now_bounds().high_ms;
  trace_call(call, "unknown");
  oracles_.lost_sight(call, crashed_at_);
  end_call();
}

void SimClient::remember_context(const Call& call, const ClientReply& reply) {
  if (reply.context.empty()) return;
  std::erase_if(seen_, [&](const Seen& s) {
    return s.bucket == call.bucket && s.key == call.key && chooser_.chance(500'000);
  });
  if (seen_.size() >= kContextsKept) seen_.erase(seen_.begin());
  seen_.push_back({call.bucket, call.key, reply.context, call.span});
}

void SimClient::end_call() {
  if (mode_ == Mode::kScript && !script_.empty()) script_.pop_front();
  current_.reset();
  waiting_ = false;
  host_.think_later(index_, mode_ == Mode::kScript ? 0 : chooser_.below(plan_.think_us_max + 1));
}

std::optional<uint64_t> SimClient::waiting_since_us() const {
  if (!waiting_ || disconnected_) return std::nullopt;
  return sent_at_us_;
}

void SimClient::trace_call(const Call& call, const char* how) {
  if (!host_.has_sink()) return;
  host_.note(index_, "call " + std::to_string(call.id) + " " + to_string(call.operation) + " " +
                         std::to_string(call.bucket) + "/" + std::to_string(call.key) + " " + how +
                         ", attempt " + std::to_string(call.attempts) +
                         (call.request_token.empty() ? "" : ", token " + call.request_token) +
                         (call.context.empty() ? "" : ", with context"));
}

}  // namespace vordb::sim
