#include "sim/blame.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/checkpoints.h"
#include "sim/replay.h"

namespace vordb::sim {

namespace {

constexpr uint64_t kFirstPlaces = 8;  // the curve begins with so many spans of equal length
constexpr uint64_t kPatience = 2;     // a fork may take so many times as long as the run

class Recorder : public DecisionSink {
 public:
  void drawn(const Drawn& drawn) override { made.push_back(drawn); }
  std::vector<Drawn> made;
};

class Blamer {
 public:
  Blamer(const Record& record, const Scenario& scenario, const BlameOptions& options)
      : record_(record), scenario_(scenario), options_(options) {}

  absl::StatusOr<Blame> run() {
    if (const absl::Status status = walk(); !status.ok()) return status;
    blame_.forks = options_.forks;
    blame_.decisions = made_.size();
    for (uint64_t place = 0; place <= kFirstPlaces && options_.go_on(); ++place)
      look_at(made_.size() * place / kFirstPlaces);
    look_at(made_.size());
    blame_.finished = look_closer();
    for (const auto& [kept, point] : points_) blame_.curve.push_back(point);
    for (size_t i = 0; i + 1 < blame_.curve.size(); ++i) {
      const BlamePoint& before = blame_.curve[i];
      const BlamePoint& after = blame_.curve[i + 1];
      if (after.failed >= before.failed + least_rise(options_.forks))
        blame_.jumps.push_back({before, after, made_[after.kept - 1]});
    }
    std::stable_sort(blame_.jumps.begin(), blame_.jumps.end(),
                     [](const BlameJump& a, const BlameJump& b) { return a.rise() > b.rise(); });
    return std::move(blame_);
  }

 private:
  // The run as it was recorded, to its end.
  absl::Status walk() {
    Recorder recorder;
    Replay replay(record_, scenario_, &recorder);
    checkpoints_.pass(replay.world());
    times_us_.push_back(0);
    while (replay.advance()) {
      checkpoints_.pass(replay.world());
      times_us_.push_back(replay.world().now_us());
    }
    const RunResult result = replay.result();
    const Replay::Verdict verdict = replay.verdict();
    if (!verdict.same) return absl::FailedPreconditionError(verdict.text);
    if (result.findings.clean())
      return absl::FailedPreconditionError("its run violates nothing: there is nothing to blame");
    blame_.property = result.findings.violations()[0].property;
    made_ = std::move(recorder.made);
    return absl::OkStatus();
  }

  // Bisects the highest jump, until each is one decision. False: no more time.
  bool look_closer() {
    for (;;) {
      const BlamePoint* before = nullptr;
      const BlamePoint* after = nullptr;
      for (auto next = std::next(points_.begin()); next != points_.end(); ++next) {
        const BlamePoint& low = std::prev(next)->second;
        const BlamePoint& high = next->second;
        if (high.kept - low.kept < 2 || high.failed < low.failed + least_rise(options_.forks))
          continue;
        if (before != nullptr && high.failed - low.failed <= after->failed - before->failed)
          continue;
        before = &low;
        after = &high;
      }
      if (before == nullptr) return true;
      if (!options_.go_on()) return false;
      look_at(before->kept + (after->kept - before->kept) / 2);
    }
  }

  void look_at(uint64_t kept) {
    if (points_.contains(kept)) return;
    BlamePoint point{kept, event_of(kept)};
    point.time_us = times_us_[point.event];
    // With all decisions kept there is nothing left to draw.
    point.failed = kept == made_.size() ? options_.forks : failures(point);
    points_[kept] = point;
    if (options_.progress) options_.progress(points_.size());
  }

  // During which the decision was made that comes after so many.
  uint64_t event_of(uint64_t kept) const {
    return kept < made_.size() ? made_[kept].event : times_us_.size() - 1;
  }

  uint32_t failures(const BlamePoint& point) {
    const std::unique_ptr<World> before = world_before(point.event);
    const std::shared_ptr<const Script> kept = decisions_of(point);
    const auto fails = [&](uint32_t fork) { return fork_fails(before.get(), kept, fork); };
    if (options_.apart) return options_.apart(options_.forks, fails);
    uint32_t failed = 0;
    for (uint32_t fork = 0; fork < options_.forks; ++fork) failed += fails(fork);
    return failed;
  }

  // Null before the first event: what a world draws when it is made, a copy cannot draw again.
  std::unique_ptr<World> world_before(uint64_t event) const {
    if (event == 0) return nullptr;
    std::unique_ptr<World> world = checkpoints_.before(event - 1);
    while (world->events() + 1 < event && world->advance()) {
    }
    return world;
  }

  // Of the event during which the forks part from the run.
  std::shared_ptr<const Script> decisions_of(const BlamePoint& point) const {
    auto script = std::make_shared<Script>();
    script->whole = false;
    for (uint64_t at = point.kept; at > 0 && made_[at - 1].event == point.event; --at)
      script->streams[made_[at - 1].stream].push_back(made_[at - 1]);
    for (auto& [stream, drawn] : script->streams) std::reverse(drawn.begin(), drawn.end());
    return script;
  }

  // Fork by fork the same seed everywhere, so that neighbours differ by what they keep alone.
  bool fork_fails(const World* before, const std::shared_ptr<const Script>& kept,
                  uint32_t fork) const {
    std::unique_ptr<World> world;
    if (before != nullptr) {
      world = std::make_unique<World>(*before);
      world->reseed(fork + 1, kept);
    } else {
      Chooser chooser(fork + 1);
      chooser.follow(kept);
      world = std::make_unique<World>(scenario_, std::move(chooser));
      world->start();
    }
    while (world->now_us() <= kPatience * times_us_.back() && world->advance()) {
    }
    const RunResult result = world->result();
    return !result.findings.clean() && result.findings.violations()[0].property == blame_.property;
  }

  const Record& record_;
  const Scenario& scenario_;
  const BlameOptions& options_;
  std::vector<Drawn> made_;         // all decisions of the run
  std::vector<uint64_t> times_us_;  // by event
  Checkpoints checkpoints_;
  std::map<uint64_t, BlamePoint> points_;
  Blame blame_;
};

}  // namespace

std::string text_of(const Blame& blame, const BlameJump& jump) {
  const std::string rise = absl::StrCat(100 * jump.before.failed / blame.forks, "% -> ",
                                        100 * jump.after.failed / blame.forks, "%: ");
  if (jump.exact())
    return absl::StrCat(rise, "decision ", jump.last.number, ", ", text_of(jump.last));
  return absl::StrCat(rise, "one of the decisions ", jump.before.kept, " to ", jump.after.kept - 1,
                      ", events ", jump.before.event, " to ", jump.after.event);
}

uint32_t least_rise(uint32_t forks) { return std::max<uint32_t>(1, (forks + 7) / 8); }

absl::StatusOr<Blame> blame(const Record& record, const Scenario& scenario,
                            const BlameOptions& options) {
  return Blamer(record, scenario, options).run();
}

}  // namespace vordb::sim
