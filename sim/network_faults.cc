#include "sim/network_faults.h"

#include <cstddef>
#include <utility>

namespace vordb::sim {

namespace {

// Of the cuts: hold back what is sent instead of dropping it.
constexpr uint32_t kHeldPerMillion = 300'000;
constexpr uint32_t kChanceMax = 300'000;  // of one message to be lost, doubled or reordered
constexpr uint32_t kResetChanceMax = 30'000;

uint32_t cause_of(FaultKind kind) { return uint32_t(kind) - uint32_t(FaultKind::kLoss); }

void shuffle(std::vector<uint32_t>& machines, const Choices& choices) {
  for (size_t left = machines.size(); left > 1; --left)
    std::swap(machines[left - 1], machines[size_t(choices.below(Decision::kOrder, left))]);
}

std::string names(const std::vector<uint32_t>& machines) {
  std::string text;
  for (const uint32_t machine : machines) text += " n" + std::to_string(machine);
  return text;
}

uint32_t& chance_of(FaultKind kind, LinkChances& chances) {
  switch (kind) {
    case FaultKind::kLoss:
      return chances.loss;
    case FaultKind::kDoubling:
      return chances.doubling;
    case FaultKind::kReordering:
      return chances.reordering;
    case FaultKind::kDelay:
      return chances.delay_us_max;
    default:
      return chances.reset;
  }
}

}  // namespace

void NetworkFaults::cut_both(const Cut& cut, uint32_t one, uint32_t other) {
  links_->cut(cut.cause, one, other, cut.held_until_us);
  links_->cut(cut.cause, other, one, cut.held_until_us);
}

void NetworkFaults::cut_halves(const Cut& cut, const std::vector<uint32_t>& first,
                               const std::vector<uint32_t>& second) {
  for (const uint32_t one : first) {
    for (const uint32_t other : second) cut_both(cut, one, other);
  }
}

std::string NetworkFaults::weather(FaultKind kind, const std::vector<uint32_t>& present) {
  const uint32_t highest = kind == FaultKind::kDelay   ? kSlowLinkUsMax
                           : kind == FaultKind::kReset ? kResetChanceMax
                                                       : kChanceMax;
  const Choices choices = choices_of(kind);
  const uint32_t rate = 1 + uint32_t(choices.below(Decision::kRate, highest));
  const bool everywhere = choices.chance(Decision::kIsEverywhere, 500'000);
  const uint32_t center = present[0];
  for (uint32_t from = 0; from < links_->machines(); ++from) {
    for (uint32_t to = 0; to < links_->machines(); ++to) {
      if (!everywhere && from != center && to != center) continue;
      chance_of(kind, links_->chances(from, to)) = rate;
    }
  }
  return (everywhere ? std::string("everywhere") : "around n" + std::to_string(center)) + ", " +
         std::to_string(rate) + (kind == FaultKind::kDelay ? " us at most" : " in a million");
}

std::string NetworkFaults::begin(FaultKind kind, std::vector<uint32_t> present, uint64_t until_us) {
  if (present.size() < 2) return "";
  const Choices choices = choices_of(kind);
  shuffle(present, choices);
  Cut cut{cause_of(kind), 0};
  const bool cuts = kind >= FaultKind::kSplit && kind <= FaultKind::kRing;
  if (cuts && choices.chance(Decision::kHolds, kHeldPerMillion)) cut.held_until_us = until_us;
  const std::string held = cut.held_until_us != 0 ? " (held)" : "";
  const auto split = [&](size_t begin, size_t at) {
    const auto middle = present.begin() + std::ptrdiff_t(at);
    return std::pair(std::vector(present.begin() + std::ptrdiff_t(begin), middle),
                     std::vector(middle, present.end()));
  };
  switch (kind) {
    case FaultKind::kLoss:
    case FaultKind::kDoubling:
    case FaultKind::kReordering:
    case FaultKind::kDelay:
    case FaultKind::kReset:
      return weather(kind, present);
    case FaultKind::kSplit: {
      const auto [first, second] =
          split(0, size_t(choices.between(Decision::kCutPlace, 1, present.size() - 1)));
      cut_halves(cut, first, second);
      return names(first) + " from" + names(second) + held;
    }
    case FaultKind::kIsolate: {
      for (uint32_t other = 0; other < links_->machines(); ++other)
        cut_both(cut, present[0], other);
      return "n" + std::to_string(present[0]) + held;
    }
    case FaultKind::kOneWay: {
      const size_t deaf = size_t(choices.between(Decision::kCutPlace, 1, present.size() - 1));
      for (size_t i = 1; i <= deaf; ++i)
        links_->cut(cut.cause, present[0], present[i], cut.held_until_us);
      return "n" + std::to_string(present[0]) + " is not heard by " + std::to_string(deaf) + held;
    }
    case FaultKind::kBridge: {
      if (present.size() < 3) return "";
      const auto [first, second] =
          split(1, size_t(choices.between(Decision::kCutPlace, 2, present.size() - 1)));
      cut_halves(cut, first, second);
      return "n" + std::to_string(present[0]) + " joins" + names(first) + " and" + names(second) +
             held;
    }
    case FaultKind::kRing: {
      if (present.size() < 4) return "";
      for (size_t i = 0; i < present.size(); ++i) {
        for (size_t j = i + 2; j < present.size(); ++j) {
          if (i != 0 || j != present.size() - 1) cut_both(cut, present[i], present[j]);
        }
      }
      return names(present) + held;
    }
    case FaultKind::kClog: {
      const bool out = choices.chance(Decision::kClogsOut, 700'000);
      const bool in = !out || choices.chance(Decision::kClogsIn, 500'000);
      for (uint32_t other = 0; other < links_->machines(); ++other) {
        if (other == present[0]) continue;
        if (out) links_->clog(present[0], other, until_us);
        if (in) links_->clog(other, present[0], until_us);
      }
      return "n" + std::to_string(present[0]) + (out && in ? "" : out ? " outwards" : " inwards");
    }
    default:
      return "";
  }
}

void NetworkFaults::end(FaultKind kind) {
  links_->heal(cause_of(kind));
  if (!is_weather(kind)) return;
  for (uint32_t from = 0; from < links_->machines(); ++from) {
    for (uint32_t to = 0; to < links_->machines(); ++to) {
      chance_of(kind, links_->chances(from, to)) = 0;
    }
  }
}

}  // namespace vordb::sim
