// Random histories of three imaginary nodes against the oracles of a cluster. Good ones, with stale
// reads, clocks far apart, lost answers and effects that arrive late, must never be refused; each
// way of lying must be found nearly always.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>

#include "sim/chooser.h"
#include "sim/error_oracle.h"
#include "sim/oracle.h"
#include "sim/promise.h"

namespace vordb::sim {
namespace {

enum class Lie {
  kNone,
  kLosesAcked,     // one acknowledged write is nowhere in the end
  kForgetsOwn,     // a node now and then does not show what it has acknowledged
  kIgnoresTokens,  // a read does not wait for what its causal token has seen
  kCountsTwice,    // an increment counts twice
  kRevives,        // what was removed is shown in the end
  kDisagrees,      // one node lacks something in the end
  kStaleQuorum,    // a read of a strict bucket shows an older state
  kInvents,        // a read shows an effect that was refused
};

constexpr uint32_t kNodes = 3, kKeys = 2, kElements = 2;

Catalogue make_catalogue() {
  std::vector<BucketPlan> plans;
  for (const uint8_t quorum : {uint8_t{1}, uint8_t{2}}) {
    for (const BucketType type : {BucketType::kLww, BucketType::kOrswot, BucketType::kPnCounter}) {
      BucketPlan plan;
      plan.config = {"b" + std::to_string(plans.size()), type, 0, kNodes, quorum, quorum};
      plan.is_default = true;
      plan.keys = kKeys;
      plan.elements = kElements;
      plans.push_back(plan);
    }
  }
  return Catalogue(plans);
}

// What a mutation does, once it is carried out somewhere: state-based, so that it may arrive
// anywhere, in any order, any number of times.
struct Effect {
  uint64_t call;
  uint32_t bucket, key, node;
  Operation operation;
  uint32_t element;
  int64_t amount;
  uint64_t timestamp_ms;
  std::set<size_t> removed;  // earlier effects
  bool acknowledged = false;
  bool refused = false;
};

struct View {
  std::set<size_t> has;
  uint64_t hlc_ms = 0;
};

class Play {
 public:
  Play(uint64_t seed, Lie lie)
      : chooser_(seed),
        lie_(lie),
        catalogue_(make_catalogue()),
        oracles_(catalogue_, findings_, {kNodes, true}) {
    for (View& view : views_) {
      const uint64_t skew_ms = chooser_.below(5'000);
      view.hlc_ms = 1'000'000 + skew_ms;
    }
  }

  bool clean() const { return findings_.clean(); }
  const Findings& findings() const { return findings_; }

  void run() {
    for (int i = 0; i < 400 && clean(); ++i) turn();
    while (!open_.empty() && clean()) finish(0);
    for (View& view : views_) deliver_all(view);
    ++step_;
    for (Call& call : lost_) {
      call.now.high_ms = kFarMs;
      oracles_.lost_sight(call, step_);
    }
    oracles_.all_known(step_);
    if (clean()) audit();
  }

 private:
  static constexpr uint64_t kFarMs = 9'000'000;

  struct Open {
    Call call;
    bool done = false;
    size_t effect = SIZE_MAX;
    ClientReply reply;
  };
  struct Token {
    Call call;
    std::set<size_t> seen;
    std::shared_ptr<const Promise> promise;
  };

  bool strict(uint32_t bucket) const { return bucket >= 3; }
  // Strict buckets have one truth, which view 0 holds; what was lost on the way comes to it late.
  View& view_of(const Call& call) { return views_[strict(call.bucket) ? 0 : call.node]; }

  void deliver_all(View& view) {
    for (size_t i = 0; i < effects_.size(); ++i) {
      if (!effects_[i].refused) view.has.insert(i);
    }
  }

  void turn() {
    ++step_;
    const uint64_t what = chooser_.below(10);
    if (what < 3 && open_.size() < 5) return begin();
    if (what == 9) return gossip();
    if (what == 8 && !lost_.empty()) {
      Call& call = lost_[size_t(chooser_.below(lost_.size()))];
      if (call.carried_out) return;
      call.carried_out = true;
      call.now.high_ms = kFarMs;
      return oracles_.carried_out(call, step_);
    }
    if (open_.empty()) return;
    const size_t at = size_t(chooser_.below(open_.size()));
    if (!open_[at].done) return carry_out(open_[at]);
    finish(at);
  }

  // A node hears something from another; the truth hears of what was lost on the way.
  void gossip() {
    const size_t to = size_t(chooser_.below(kNodes));
    const size_t from = size_t(chooser_.below(kNodes));
    for (const size_t effect : views_[from].has) {
      const bool of_strict = strict(effects_[effect].bucket);
      if (!of_strict && chooser_.chance(600'000)) take(views_[to], effect);
    }
    if (late_.empty()) return;
    const size_t at = size_t(chooser_.below(late_.size()));
    take(views_[0], late_[at]);
    late_.erase(late_.begin() + long(at));
  }

  void take(View& view, size_t effect) {
    view.has.insert(effect);
    view.hlc_ms = std::max(view.hlc_ms, effects_[effect].timestamp_ms);
  }

  void begin() {
    Open open;
    Call& call = open.call;
    call.id = ++last_id_;
    call.node = uint32_t(chooser_.below(kNodes));
    call.bucket = uint32_t(chooser_.below(6));
    call.key = uint32_t(chooser_.below(kKeys));
    const uint64_t kind = chooser_.below(100);
    const bool reads = kind < 45, takes = kind >= 85;
    switch (catalogue_.bucket(call.bucket).config.type) {
      case BucketType::kLww:
        call.operation = reads ? Operation::kGet : takes ? Operation::kDelete : Operation::kPut;
        break;
      case BucketType::kOrswot:
        call.operation = reads   ? Operation::kSetMembers
                         : takes ? Operation::kSetRemove
                                 : Operation::kSetAdd;
        call.elements = {uint32_t(chooser_.below(kElements))};
        break;
      case BucketType::kPnCounter:
        call.operation = reads        ? Operation::kCounterValue
                         : kind >= 97 ? Operation::kDelete
                         : takes      ? Operation::kCounterDecrement
                                      : Operation::kCounterIncrement;
        call.amount = chooser_.between(1, 1'000'000);
        break;
    }
    if (reads && !strict(call.bucket) && chooser_.chance(400'000)) {
      for (const Token& token : tokens_) {
        if (token.call.bucket != call.bucket || token.call.key != call.key) continue;
        call.context = std::to_string(&token - tokens_.data());
        call.promise = token.promise;
      }
    }
    call.attempts = 1;
    call.span.begin = step_;
    call.now = {0, UINT64_MAX};
    oracles_.began(call);
    open_.push_back(std::move(open));
  }

  void carry_out(Open& open) {
    open.done = true;
    View& view = view_of(open.call);
    if (!open.call.is_mutation()) {
      if (!open.call.context.empty() && lie_ != Lie::kIgnoresTokens) {
        for (const size_t effect : tokens_[size_t(std::stoul(open.call.context))].seen)
          take(view, effect);
      }
      open.reply = look(open.call, view);
      return;
    }
    Effect effect{open.call.id,
                  open.call.bucket,
                  open.call.key,
                  open.call.node,
                  open.call.operation,
                  0,
                  0,
                  ++view.hlc_ms,
                  {}};
    if (!open.call.elements.empty()) effect.element = open.call.elements[0];
    effect.amount = open.call.operation == Operation::kCounterDecrement ? -int64_t(open.call.amount)
                                                                        : int64_t(open.call.amount);
    const bool takes =
        open.call.operation == Operation::kDelete || open.call.operation == Operation::kSetRemove;
    if (takes && catalogue_.bucket(effect.bucket).config.type != BucketType::kLww) {
      for (const size_t other : view.has) {
        if (same(effects_[other], effect) && effects_[other].element == effect.element)
          effect.removed.insert(other);
      }
    }
    // Nobody has heard of it yet.
    if (chooser_.chance(60'000)) {
      effect.refused = true;
      open.reply = ClientReply::failed({ErrorCode::kUnavailable, Outcome::kRejected, "no", ""});
    }
    open.effect = effects_.size();
    open.reply.timestamp_ms = effect.timestamp_ms;
    effects_.push_back(effect);
    if (effect.refused && lie_ != Lie::kInvents) return;
    // The answer may get lost, and then the effect comes to others late, or never.
    if (chooser_.chance(80'000) && !effect.refused) {
      open.call.crossed_crash = true;
      if (strict(effect.bucket)) late_.push_back(open.effect);
      if (chooser_.chance(300'000)) return;
      if (strict(effect.bucket)) return;
    }
    view.has.insert(open.effect);
  }

  static bool same(const Effect& one, const Effect& other) {
    return one.bucket == other.bucket && one.key == other.key;
  }

  ClientReply look(const Call& call, const View& view) {
    const BucketType type = catalogue_.bucket(call.bucket).config.type;
    std::set<size_t> gone;
    const bool revives = lie_ == Lie::kRevives && call.audits;
    for (const size_t i : view.has) {
      if (!revives) gone.insert(effects_[i].removed.begin(), effects_[i].removed.end());
    }
    ClientReply reply;
    reply.kind = ClientReply::Kind::kNotFound;
    const Effect* newest = nullptr;
    std::set<std::string> members;
    for (const size_t i : view.has) {
      const Effect& effect = effects_[i];
      if (effect.bucket != call.bucket || effect.key != call.key || gone.count(i) > 0 ||
          hides(call, effect))
        continue;
      if (type == BucketType::kLww) {
        const bool deletes = effect.operation == Operation::kDelete;
        if (revives && deletes) continue;
        if (newest == nullptr || newest->timestamp_ms <= effect.timestamp_ms) newest = &effect;
      } else if (effect.operation == Operation::kSetAdd) {
        members.insert(Catalogue::element_name(effect.element));
      } else if (type == BucketType::kPnCounter && effect.operation != Operation::kDelete) {
        reply.kind = ClientReply::Kind::kCounter;
        const bool twice = lie_ == Lie::kCountsTwice && effect.call % 3 == 0;
        reply.counter += twice ? 2 * effect.amount : effect.amount;
      }
    }
    if (newest != nullptr && newest->operation == Operation::kPut) {
      reply.kind = ClientReply::Kind::kValue;
      reply.value = catalogue_.value_of(call.bucket, call.key, newest->call);
    }
    if (!members.empty()) {
      reply.kind = ClientReply::Kind::kMembers;
      reply.items.assign(members.begin(), members.end());
    }
    return reply;
  }

  bool hides(const Call& call, const Effect& effect) {
    switch (lie_) {
      case Lie::kLosesAcked:
        return call.audits && effect.acknowledged && effect.call % 2 == 0;
      case Lie::kForgetsOwn:
        return !call.audits && effect.acknowledged && effect.node == call.node &&
               !strict(call.bucket) && effect.call % 2 == 0;
      case Lie::kDisagrees:
        return call.audits && call.node == 1 && effect.call % 4 == 0;
      case Lie::kStaleQuorum:
        return strict(call.bucket) && !call.audits && effect.acknowledged &&
               effect.node != call.node && effect.call % 2 == 0;
      default:
        return false;
    }
  }

  void finish(size_t at) {
    Open open = open_[at];
    if (!open.done) carry_out(open);
    open_.erase(open_.begin() + long(at));
    ++step_;
    Call& call = open.call;
    if (call.crossed_crash) {
      lost_.push_back(call);
      return;
    }
    call.span.end = step_;
    if (open.effect != SIZE_MAX) {
      effects_[open.effect].acknowledged = !effects_[open.effect].refused;
      if (strict(call.bucket) && effects_[open.effect].acknowledged)
        views_[0].has.insert(open.effect);
    }
    ErrorCauses causes;
    causes.unreachable = true;
    oracles_.answered(call, open.reply, causes);
    if (open.reply.kind != ClientReply::Kind::kError && !strict(call.bucket)) {
      std::set<size_t> seen;
      for (const size_t i : view_of(call).has) {
        if (effects_[i].bucket == call.bucket && effects_[i].key == call.key) seen.insert(i);
      }
      if (open.effect != SIZE_MAX) seen.insert(open.effect);
      tokens_.push_back({call, seen, oracles_.promise_of(call, open.reply)});
    }
    Step horizon = step_;
    for (const Open& other : open_) horizon = std::min(horizon, other.call.span.begin);
    oracles_.forget_before(horizon);
  }

  void audit() {
    for (uint32_t bucket = 0; bucket < 6; ++bucket) {
      for (uint32_t key = 0; key < kKeys; ++key) {
        for (uint32_t node = 0; node < kNodes; ++node) {
          Call call;
          call.id = ++last_id_;
          call.bucket = bucket;
          call.key = key;
          call.node = node;
          call.audits = true;
          const BucketType type = catalogue_.bucket(bucket).config.type;
          call.operation = type == BucketType::kLww      ? Operation::kGet
                           : type == BucketType::kOrswot ? Operation::kSetMembers
                                                         : Operation::kCounterValue;
          call.span = {step_ + 1, step_ + 2};
          step_ += 2;
          call.now = {0, UINT64_MAX};
          oracles_.began(call);
          oracles_.answered(call, look(call, views_[0]), {});
        }
      }
    }
  }

  Chooser chooser_;
  const Lie lie_;
  Findings findings_;
  Catalogue catalogue_;
  Oracles oracles_;
  std::vector<Effect> effects_;
  std::array<View, kNodes> views_;
  std::vector<size_t> late_;  // effects on strict buckets that nobody has heard of yet
  std::vector<Open> open_;
  std::vector<Call> lost_;
  std::vector<Token> tokens_;
  uint64_t last_id_ = 0;
  Step step_ = 0;
};

std::string first_of(const Play& play) {
  if (play.clean()) return "";
  const Violation& violation = play.findings().violations()[0];
  return std::string(to_string(violation.property)) + ": " + violation.text;
}

TEST_CASE("cluster histories: 1,000 good ones are never refused, and every property is relevant") {
  std::array<uint64_t, kProperties> relevant{};
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    Play play(seed, Lie::kNone);
    play.run();
    REQUIRE_MESSAGE(play.clean(), "seed " << seed << ": " << first_of(play));
    for (int i = 0; i < kProperties; ++i)
      relevant[size_t(i)] += play.findings().count(Property(i)).relevant;
  }
  for (const Property property :
       {Property::kQuorumReadSeesAck, Property::kWeakValueWritten, Property::kSessionReadsOwn,
        Property::kNodeReadsOwn, Property::kAuditAgrees, Property::kAuditKeepsAcked,
        Property::kAuditRemovedStays})
    CHECK_MESSAGE(relevant[size_t(property)] > 1'000, std::string(to_string(property)));
}

TEST_CASE("cluster histories: lies are found") {
  struct Kind {
    Lie lie;
    std::string name;
    int least;                 // of 200 histories
    std::vector<Property> by;  // each of these finds some of them first
  };
  const Kind kinds[] = {
      {Lie::kLosesAcked, "loses", 195, {Property::kAuditKeepsAcked}},
      {Lie::kForgetsOwn, "forgets", 150, {Property::kNodeReadsOwn}},
      {Lie::kIgnoresTokens, "ignores tokens", 110, {Property::kSessionReadsOwn}},
      {Lie::kCountsTwice, "counts twice", 195, {Property::kAuditKeepsAcked}},
      {Lie::kRevives, "revives", 150, {Property::kAuditRemovedStays}},
      {Lie::kDisagrees, "disagrees", 195, {Property::kAuditAgrees}},
      {Lie::kStaleQuorum, "stale", 180, {Property::kQuorumReadSeesAck}},
      {Lie::kInvents, "invents", 140, {Property::kWeakValueWritten}},
  };
  for (const Kind& kind : kinds) {
    int found = 0;
    std::set<Property> by;
    for (uint64_t seed = 1; seed <= 200; ++seed) {
      Play play(seed, kind.lie);
      play.run();
      found += !play.clean();
      if (!play.clean()) by.insert(play.findings().violations()[0].property);
    }
    CHECK_MESSAGE(found >= kind.least, kind.name << ": " << found);
    for (const Property property : kind.by)
      CHECK_MESSAGE(by.count(property) > 0, kind.name << ": " << std::string(to_string(property)));
  }
}

}  // namespace
}  // namespace vordb::sim
