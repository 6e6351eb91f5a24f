#include "sim/chooser.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "core/assert.h"

namespace vordb::sim {

namespace {

// Of a loose script. More than the longest call draws.
constexpr size_t kLookAhead = 64;
// So late may come what is still the same.
constexpr uint64_t kLateUsMax = 100;
// And so early what befalls it.
constexpr uint64_t kEarlyUsMax = 1000;

// Streams of what happens to everybody's messages, writes and turns: what is left out of a run
// leaves gaps in them, so that only the time tells which decision was for what. Others are drawn
// from in order.
bool goes_by_time(StreamKind kind) {
  switch (kind) {
    case StreamKind::kShard:
    case StreamKind::kRandom:
    case StreamKind::kDisk:
    case StreamKind::kLink:
    case StreamKind::kArrival:
    case StreamKind::kConnection:
    case StreamKind::kMoment:
    case StreamKind::kSite:
      return true;
    default:
      return false;
  }
}

// splitmix64, to spread a seed over the state (Vigna, "Further scramblings of Marsaglia's xorshift
// generators").
uint64_t splitmix(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t rotate_left(uint64_t word, int by) { return (word << by) | (word >> (64 - by)); }

uint64_t seed_of(uint64_t seed, Stream stream) {
  if (stream.kind == StreamKind::kUnnamed) return seed + stream.index;
  const char* name = to_string(stream.kind);
  const uint64_t of_kind = XXH3_64bits_withSeed(name, std::strlen(name), seed);
  const uint64_t index = stream.index;
  return XXH3_64bits_withSeed(&index, sizeof index, of_kind);
}

// The high half of a 128-bit product: uniform enough for bounds far below 2^64, and the same on
// every compiler.
uint64_t scaled(uint64_t bits, uint64_t bound) {
  if (bound == 0) return bits;
  return uint64_t((static_cast<unsigned __int128>(bits) * bound) >> 64);
}

std::string question_of(const Drawn& drawn) {
  const std::string what = to_string(drawn.decision);
  return drawn.bound == 0 ? what : what + " below " + std::to_string(drawn.bound);
}

// What befalls the first message, write or moment that comes when it is due.
bool is_mishap(Decision decision) {
  switch (decision) {
    case Decision::kLose:
    case Decision::kBreak:
    case Decision::kDouble:
    case Decision::kReorder:
    case Decision::kWriteFails:
    case Decision::kReadFails:
    case Decision::kRots:
    case Decision::kDiskStalls:
    case Decision::kAims:
    case Decision::kSiteStrikes:
      return true;
    default:
      return false;
  }
}

}  // namespace

Generator::Generator(uint64_t seed) {
  for (uint64_t& word : state_) word = splitmix(seed);
}

// xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021).
uint64_t Generator::next() {
  const uint64_t result = rotate_left(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = rotate_left(state_[3], 45);
  return result;
}

std::string text_of(const Parting& parting) {
  const Drawn& asked = parting.asked;
  const std::string where =
      "decision " + std::to_string(parting.recorded ? parting.recorded->number : asked.number) +
      " (" + text_of(asked.stream) + ", event " + std::to_string(asked.event) + "): ";
  if (!parting.recorded)
    return where + "the record has no more of this stream, the run asked for " + question_of(asked);
  return where + "the record has " + question_of(*parting.recorded) + ", the run asked for " +
         question_of(asked);
}

Chooser::Chooser(uint64_t seed) : seed_(seed) {}

void Chooser::begin(Stream stream, State& state) const {
  state.generator = Generator(seed_of(seed_, stream));
  state.script = nullptr;
  state.used = 0;
  if (script_ == nullptr) return;
  static const std::vector<Drawn> kNone;
  const auto found = script_->streams.find(stream);
  if (found != script_->streams.end()) {
    state.script = &found->second;
  } else if (script_->whole || script_->loose) {
    state.script = &kNone;
  }
}

void Chooser::grow(Stream stream) {
  std::vector<State>& states = streams_[size_t(stream.kind)];
  for (uint32_t index = uint32_t(states.size()); index <= stream.index; ++index) {
    states.push_back({Generator(0)});
    begin({stream.kind, index}, states.back());
  }
}

Chooser::State& Chooser::state_of(Stream stream) {
  std::vector<State>& states = streams_[size_t(stream.kind)];
  if (stream.index >= states.size()) grow(stream);
  return states[stream.index];
}

void Chooser::follow(std::shared_ptr<const Script> script) {
  script_ = std::move(script);
  parting_.reset();
  for (size_t kind = 0; kind < kStreamKinds; ++kind) {
    for (uint32_t index = 0; index < streams_[kind].size(); ++index)
      begin({StreamKind(kind), index}, streams_[kind][index]);
  }
}

void Chooser::reseed(uint64_t seed, std::shared_ptr<const Script> first) {
  seed_ = seed;
  follow(std::move(first));
}

uint64_t Chooser::unused() const {
  if (script_ == nullptr) return 0;
  uint64_t left = 0;
  for (const auto& [stream, drawn] : script_->streams) {
    const std::vector<State>& states = streams_[size_t(stream.kind)];
    left += drawn.size() - (stream.index < states.size() ? states[stream.index].used : 0);
  }
  return left;
}

void Chooser::look_ahead(State& state, Drawn& drawn) {
  const std::vector<Drawn>& script = *state.script;
  const bool timed = goes_by_time(drawn.stream.kind);
  const auto is_due = [&](const Drawn& one) {
    return one.time_us < drawn.time_us + kEarlyUsMax && one.value != 0 && is_mishap(one.decision);
  };
  while (timed && state.used < script.size() &&
         script[state.used].time_us + kLateUsMax < drawn.time_us && !is_due(script[state.used]))
    ++state.used;
  const size_t end = std::min(script.size(), state.used + kLookAhead);
  size_t found = end;
  for (size_t at = state.used; at < end; ++at) {
    if (timed && script[at].time_us > drawn.time_us + kEarlyUsMax) break;
    if (script[at].decision != drawn.decision) continue;
    if (timed && script[at].time_us > drawn.time_us && !is_due(script[at])) continue;
    const bool surely = script[at].time_us == drawn.time_us || (timed && is_due(script[at]));
    if (found == end || surely) found = at;
    if (surely) break;
  }
  if (found < end) {
    state.used = found + 1;
    const uint64_t value = script[found].value;
    drawn.value = drawn.bound == 0 ? value : value % drawn.bound;
  } else if (drawn.bound == 0) {
    // The generator may have made what the script still has, and what names something must not come
    // twice.
    drawn.value = XXH3_64bits_withSeed(&drawn.value, sizeof drawn.value, drawn.time_us + 1);
  } else if (drawn.decision != Decision::kPasses && (drawn.bound == 2 || timed)) {
    drawn.value = 0;
  }
}

void Chooser::look_up(State& state, Drawn& drawn) {
  if (script_->loose) return look_ahead(state, drawn);
  if (state.used < state.script->size()) {
    const Drawn& recorded = (*state.script)[state.used];
    if (recorded.decision == drawn.decision && recorded.bound == drawn.bound) {
      ++state.used;
      drawn.value = recorded.value;
      return;
    }
    if (!parting_) parting_ = Parting{drawn, recorded};
  } else if (script_->whole && !parting_) {
    parting_ = Parting{drawn, std::nullopt};
  }
  state.script = nullptr;
}

uint64_t Chooser::made(State& state, Drawn drawn) {
  drawn.number = draws_++;
  drawn.event = event_;
  drawn.time_us = time_us_;
  if (state.script != nullptr) look_up(state, drawn);
  if (decided_ && decided_->first == drawn.decision)
    drawn.value = std::exchange(decided_, {})->second;
  if (sink_ != nullptr) sink_->drawn(drawn);
  return drawn.value;
}

// The generator goes along with the script: where the script ends, the run goes on as it did.
uint64_t Chooser::draw(Stream stream, Decision decision, uint64_t bound) {
  State& state = state_of(stream);
  const uint64_t value = scaled(state.generator.next(), bound);
  return made(state, {0, 0, stream, decision, bound, value});
}

bool Chooser::draw_chance(Stream stream, Decision decision, uint32_t per_million) {
  State& state = state_of(stream);
  const bool happens = scaled(state.generator.next(), 1'000'000) < per_million;
  return made(state, {0, 0, stream, decision, 2, happens}) != 0;
}

bool Chooser::draw_yes(Stream stream, Decision decision) {
  return made(state_of(stream), {0, 0, stream, decision, 2, 1}) != 0;
}

uint64_t Chooser::below(uint64_t bound) {
  VORDB_ASSERT(bound >= 1, "a choice has at least one outcome");
  return draw({}, Decision::kUnnamed, bound);
}

}  // namespace vordb::sim
