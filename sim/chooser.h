// The one source of chance in a simulation. Every decision, of the world, of a fault or of a node's
// own Random, is a draw from here, out of a stream (sim/decision.h); the record of draws is the
// run. A run that follows a record draws from it instead, stream by stream, and says where it
// parts from it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/assert.h"
#include "sim/bound.h"
#include "sim/decision.h"

namespace vordb::sim {

// One stream of numbers: xoshiro256**.
class Generator {
 public:
  explicit Generator(uint64_t seed);
  uint64_t next();

 private:
  uint64_t state_[4];
};

// Hears of every draw, in order.
class DecisionSink {
 public:
  virtual ~DecisionSink() = default;
  virtual void drawn(const Drawn& drawn) = 0;
};

// The decisions of a record, by stream.
struct Script {
  std::map<Stream, std::vector<Drawn>> streams;
  // The record has all decisions of its run. Else those that follow are the generators'.
  bool whole = true;
  // The run may part from the script and come back to it: a decision that does not come next is
  // looked for among the next few of its stream, whatever its bound was; one that was made at the
  // same time is preferred, and streams that go by time have no other. Of one that is not there,
  // yes or no is no, but what arrives is handed over; a delay is the least, a name a new one, and
  // any other the generator's. For runs in which something is left out.
  bool loose = false;
};

// Where a run first asked for something else than its record has.
struct Parting {
  Drawn asked;                    // what the run drew instead
  std::optional<Drawn> recorded;  // nothing: the record has no more of this stream
};
// Such as "decision 12 (client 3, event 40): the record has key below 6, the run asked for ...".
std::string text_of(const Parting& parting);

class Choices;

class Chooser {
 public:
  explicit Chooser(uint64_t seed);

  // At most one draw in an expression: argument order is the compiler's. `bound` 0: 64 bits.
  uint64_t draw(Stream stream, Decision decision, uint64_t bound);
  bool draw_chance(Stream stream, Decision decision, uint32_t per_million);
  // True, unless a script says otherwise: a place at which a record can be edited.
  bool draw_yes(Stream stream, Decision decision);
  // The next decision of this name, whoever makes it, is this one, whatever a script says.
  void decide(Decision decision, uint64_t value) { decided_ = {decision, value}; }

  Choices stream(StreamKind kind, uint32_t index = 0);

  // Of the unnamed stream: for labs and tests.
  uint64_t below(uint64_t bound);
  bool chance(uint32_t per_million) { return draw_chance({}, Decision::kUnnamed, per_million); }
  uint64_t between(uint64_t low, uint64_t high) { return low + below(high - low + 1); }
  uint64_t bits() { return draw({}, Decision::kUnnamed, 0); }

  uint64_t seed() const { return seed_; }
  // How many draws were made: part of the trace, so that a stray draw shows at once.
  uint64_t draws() const { return draws_; }
  // The event that is being handled, and its time.
  void at_event(uint64_t event, uint64_t time_us = 0) {
    event_ = event;
    time_us_ = time_us;
  }

  // `sink`, if any, outlives the chooser and its copies, or is taken from them.
  void record_to(DecisionSink* sink) { sink_ = sink; }
  // From now on decisions are those of the script, where it has them. A stream that parts from the
  // script goes on with its own generator, and the others with the script.
  void follow(std::shared_ptr<const Script> script);
  const std::optional<Parting>& parting() const { return parting_; }
  // How many decisions of the script were not asked for yet.
  uint64_t unused() const;
  // All decisions from now on are of this seed, after those of `first`, if any, which is not whole.
  void reseed(uint64_t seed, std::shared_ptr<const Script> first = nullptr);

 private:
  struct State {
    Generator generator;
    const std::vector<Drawn>* script = nullptr;  // null: the generator alone
    size_t used = 0;                             // of the script
  };

  State& state_of(Stream stream);
  void begin(Stream stream, State& state) const;
  void grow(Stream stream);
  // The script's value in place of the generator's.
  void look_up(State& state, Drawn& drawn);
  static void look_ahead(State& state, Drawn& drawn);
  uint64_t made(State& state, Drawn drawn);

  uint64_t seed_;
  std::array<std::vector<State>, kStreamKinds> streams_;
  uint64_t draws_ = 0;
  uint64_t event_ = 0;
  uint64_t time_us_ = 0;
  DecisionSink* sink_ = nullptr;
  std::shared_ptr<const Script> script_;
  std::optional<Parting> parting_;
  std::optional<std::pair<Decision, uint64_t>> decided_;
};

// What a part of a world draws from: one stream of the world's chooser.
class Choices {
 public:
  Choices(Chooser& chooser, Stream stream) : chooser_(chooser), stream_(stream) {}

  // For a copy that shall live in another world.
  void bind(Chooser& chooser) { chooser_.bind(chooser); }

  // A uniform number in [0, bound), bound >= 1.
  uint64_t below(Decision decision, uint64_t bound) const {
    VORDB_ASSERT(bound >= 1, "a choice has at least one outcome");
    return chooser_->draw(stream_, decision, bound);
  }
  // A uniform number in [low, high].
  uint64_t between(Decision decision, uint64_t low, uint64_t high) const {
    return low + below(decision, high - low + 1);
  }
  // True in `per_million` of a million cases.
  bool chance(Decision decision, uint32_t per_million) const {
    return chooser_->draw_chance(stream_, decision, per_million);
  }
  bool yes(Decision decision) const { return chooser_->draw_yes(stream_, decision); }
  // 64 uniform bits.
  uint64_t bits(Decision decision) const { return chooser_->draw(stream_, decision, 0); }

 private:
  Bound<Chooser> chooser_;
  Stream stream_;
};

inline Choices Chooser::stream(StreamKind kind, uint32_t index) {
  return Choices(*this, {kind, index});
}

}  // namespace vordb::sim
