// What a client decides for itself: whom to ask, and what to add to a call.
#include <algorithm>
#include <utility>

#include "sim/client.h"
#include "sim/oracle.h"

namespace vordb::sim {

namespace {
constexpr size_t kContextsKept = 8;
}

// A place at which a record can be edited: a call is left out, and the next may come when it would
// have. No run decides that by itself.
bool SimClient::asks() {
  if (calls_.yes(Decision::kAsks)) return true;
  if (calls_.chance(Decision::kRestsLong, 0)) {
    const uint64_t until_us = calls_.below(Decision::kRest, kRestUsMax);
    host_->think_later(index_, std::max(until_us, host_->now_us()) - host_->now_us());
  } else {
    think_again();
  }
  return false;
}

bool SimClient::sticky() const {
  // With calls that must be made somewhere nobody waits for a node that is not there.
  if (mode_ == Mode::kScript) return false;
  return uint64_t{index_} * 1'000'000 < uint64_t{plan_.sticky_per_million} * plan_.clients;
}

void SimClient::choose_node(Call& call) {
  if (call.pinned) return;
  if (!chosen_) {
    node_ = index_ % host_->nodes();
    chosen_ = true;
  } else if (host_->nodes() > 1 && !sticky() &&
             choices_.chance(Decision::kSwitchesNode, plan_.switch_per_million)) {
    look_elsewhere();
  }
  call.node = node_;
}

void SimClient::look_elsewhere() {
  if (host_->nodes() == 1) return;
  const uint32_t next = uint32_t(choices_.below(Decision::kNode, host_->nodes()));
  figures_->switches += next != node_;
  node_ = next;
}

// What a client adds to a bare call: a token to retry with, a causal token of what it has seen.
void SimClient::dress(Call& call, const Choices& choices) {
  const bool on_key = call.operation <= Operation::kCounterValue;
  const bool churns = catalogue_.bucket(call.bucket).churns;
  // A token is forgotten with its bucket: a retry would be a request of its own on the next one of
  // that name.
  if (call.is_mutation() && on_key && !churns && call.w == 0 &&
      choices.chance(Decision::kHasToken, plan_.token_per_million))
    call.request_token =
        "t" + std::to_string(choices.bits(Decision::kToken)) + "-" + std::to_string(index_);
  if (!on_key || churns || !choices.chance(Decision::kGivesContext, plan_.context_per_million))
    return;
  // A counter's reset with a context has a meaning of its own; it is not modelled.
  if (call.operation == Operation::kDelete) return;
  for (const Seen& seen : seen_) {
    if (seen.bucket != call.bucket || seen.key != call.key) continue;
    call.context = seen.context;
    call.context_origin = seen.origin;
    call.context_of_all = seen.of_all;
    call.context_shows = seen.shows;
    call.promise = seen.promise;
    ++figures_->contexts_given;
    return;
  }
}

void SimClient::remember_context(const Call& call, const ClientReply& reply) {
  if (reply.context.empty()) return;
  std::erase_if(seen_, [&](const Seen& s) {
    return s.bucket == call.bucket && s.key == call.key &&
           choices_.chance(Decision::kForgetsContext, 500'000);
  });
  if (seen_.size() >= kContextsKept) seen_.erase(seen_.begin());
  const bool of_all = !call.is_mutation() && call.operation != Operation::kSetContains &&
                      call.limit == 0 && !call.after;
  std::shared_ptr<std::vector<uint32_t>> shows;
  if (of_all && call.operation == Operation::kSetMembers) {
    shows = std::make_shared<std::vector<uint32_t>>();
    for (const std::string& item : reply.items) {
      if (const auto element = Catalogue::element_index(item)) shows->push_back(*element);
    }
  }
  seen_.push_back({call.bucket, call.key, reply.context, call.span, of_all, std::move(shows),
                   oracles_->promise_of(call, reply)});
}

}  // namespace vordb::sim
