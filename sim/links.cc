#include "sim/links.h"

#include <algorithm>

#include "core/assert.h"

namespace vordb::sim {

namespace {

constexpr uint64_t kDelayUsMin = 40;
constexpr uint64_t kDelayUsMax = 300;
// One message in a hundred waits for a busy switch or a retransmission.
constexpr uint32_t kTailPerMillion = 10'000;
constexpr uint64_t kTailUsMax = 20'000;
constexpr uint64_t kReorderUsMax = 50'000;

bool happens(const Choices& choices, Decision decision, uint32_t per_million) {
  return per_million != 0 && choices.chance(decision, per_million);
}

uint64_t draw_delay_us(const Choices& choices) {
  const uint64_t delay_us = choices.between(Decision::kDelay, kDelayUsMin, kDelayUsMax);
  if (!happens(choices, Decision::kDelayIsLong, kTailPerMillion)) return delay_us;
  return delay_us + choices.below(Decision::kLongDelay, kTailUsMax);
}

}  // namespace

Links::Links(uint32_t machines, Chooser& chooser, const uint64_t& now_us)
    : machines_(machines),
      chooser_(chooser),
      now_us_(now_us),
      links_(size_t(machines) * machines) {}

Links::Sending Links::send(uint32_t from, uint32_t to, uint64_t bytes) {
  VORDB_ASSERT(from < machines_ && to < machines_, "a link joins two machines");
  Link& link = at(from, to);
  const Choices choices = chooser_->stream(StreamKind::kLink, from * machines_ + to);
  ++figures_.sent;
  figures_.bytes += bytes;
  const bool held = link.held_until_us > now_us_;
  if (link.causes != 0 && !held) {
    ++figures_.cut;
    return {0, Fate::kCut};
  }
  if (link.queued >= kQueueMax) {
    ++figures_.full;
    return {0, Fate::kFull};
  }
  if (happens(choices, Decision::kLose, link.chances.loss)) {
    ++figures_.lost;
    return {0, Fate::kLost};
  }
  if (happens(choices, Decision::kBreak, link.chances.reset)) {
    ++link.connection;
    ++figures_.resets;
    return {0, Fate::kReset};
  }
  if (held) ++figures_.held;
  const uint32_t slow_us_max = link.chances.delay_us_max;
  const uint64_t slow_us = slow_us_max == 0 ? 0 : choices.below(Decision::kSlowDelay, slow_us_max);
  if (slow_us > 0) ++figures_.slow;
  Sending sending;
  sending.connection = link.connection;
  sending.copies = happens(choices, Decision::kDouble, link.chances.doubling) ? 2 : 1;
  if (sending.copies == 2) ++figures_.doubled;
  for (uint32_t copy = 0; copy < sending.copies; ++copy) {
    const uint64_t from_us = std::max(*now_us_, link.held_until_us) + slow_us;
    uint64_t& at_us = sending.at_us[copy];
    if (copy > 0 || happens(choices, Decision::kReorder, link.chances.reordering)) {
      // Out of order: not before and not after its neighbours, but whenever it comes.
      const uint64_t delay_us = draw_delay_us(choices);
      at_us = from_us + delay_us + choices.below(Decision::kReorderDelay, kReorderUsMax);
      ++figures_.reordered;
    } else {
      link.last_us = std::max(link.last_us, from_us + draw_delay_us(choices));
      at_us = link.last_us;
    }
    last_arrival_us_ = std::max(last_arrival_us_, at_us);
    ++link.queued;
  }
  return sending;
}

Fate Links::arrived(uint32_t from, uint32_t to, uint32_t connection) {
  Link& link = at(from, to);
  VORDB_ASSERT(link.queued > 0, "what arrives was sent");
  --link.queued;
  if (link.connection != connection) {
    ++figures_.broken;
    return Fate::kBroken;
  }
  // Always; a place at which one message can be taken out of a run.
  if (!chooser_->stream(StreamKind::kArrival, from * machines_ + to).yes(Decision::kPasses)) {
    ++figures_.lost;
    return Fate::kLost;
  }
  return Fate::kArrived;
}

void Links::cut(uint32_t cause, uint32_t from, uint32_t to, uint64_t until_us) {
  VORDB_ASSERT(cause < kCauses, "causes are few");
  if (from == to) return;
  Link& link = at(from, to);
  link.causes |= 1u << cause;
  if (until_us != 0) link.held_until_us = std::max(link.held_until_us, until_us);
}

void Links::heal(uint32_t cause) {
  for (Link& link : links_) link.causes &= ~(1u << cause);
}

void Links::clog(uint32_t from, uint32_t to, uint64_t until_us) {
  Link& link = at(from, to);
  link.held_until_us = std::max(link.held_until_us, until_us);
}

void Links::repair() {
  for (Link& link : links_) {
    link.causes = 0;
    link.held_until_us = 0;
    link.chances = {};
  }
}

}  // namespace vordb::sim
