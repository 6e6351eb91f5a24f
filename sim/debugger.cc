#include "sim/debugger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/assert.h"

namespace vordb::sim {

// All decisions of the run so far.
class Debugger::Decisions : public DecisionSink {
 public:
  void drawn(const Drawn& drawn) override {
    // What was gone back over is drawn again.
    made_.resize(std::min<size_t>(made_.size(), drawn.number));
    made_.push_back(drawn);
  }
  const std::vector<Drawn>& made() const { return made_; }

 private:
  std::vector<Drawn> made_;
};

Debugger::Debugger(const Record& record, const Scenario& scenario)
    : record_(record), decisions_(std::make_unique<Decisions>()) {
  Chooser chooser(record.run.seed);
  chooser.follow(record.script);
  chooser.record_to(decisions_.get());
  world_ = std::make_unique<World>(scenario, std::move(chooser));
  world_->start();
  checkpoints_.pass(*world_);
}

Debugger::~Debugger() = default;

bool Debugger::advance(World& world) const {
  const Event* next = world.next_event();
  if (next != nullptr && lost_.contains(next->sequence)) world.decide(Decision::kPasses, 0);
  return world.advance();
}

std::unique_ptr<World> Debugger::at(uint64_t event) const {
  VORDB_ASSERT(event <= causes_.size(), "one goes back to where one was");
  std::unique_ptr<World> world = checkpoints_.before(event);
  while (world->events() < event) advance(*world);
  return world;
}

void Debugger::restore(uint64_t event) {
  world_ = at(event);
  world_->record_to(decisions_.get());
  causes_.resize(event);
  checkpoints_.forget_after(event);
  before_.reset();
  last_.reset();
  over_ = false;
}

void Debugger::go_to(uint64_t event) {
  // The last of them is looked at closely, and so is what was before it.
  if (event <= this->event()) restore(event == 0 ? 0 : event - 1);
  while (!over_ && this->event() < event) {
    checkpoints_.pass(*world_);
    if (this->event() + 1 == event) before_ = std::make_unique<const World>(*world_);
    if (!advance(*world_)) {
      over_ = true;
    } else {
      causes_.push_back(world_->last_event().cause);
    }
  }
  if (this->event() == 0) return;
  if (!before_ || before_->events() + 1 != this->event()) before_ = at(this->event() - 1);
  last_ = tell_next(*before_);
}

std::optional<StoryEvent> Debugger::tell(uint64_t event) const {
  if (event == 0 || event > causes_.size()) return std::nullopt;
  return tell_next(*at(event - 1));
}

StoryEvent Debugger::tell_next(const World& before) const {
  World world(before);
  Story story;
  StoryWriter writer(story);
  writer.begin_at(world.events(), world.now_us());
  world.set_listener(&writer);
  advance(world);
  story.events.at(0).phase = world.phase();
  return std::move(story.events[0]);
}

std::optional<uint64_t> Debugger::find(const std::function<bool(const StoryEvent&)>& is_it) const {
  World world(*world_);
  Story story;
  StoryWriter writer(story);
  writer.begin_at(world.events(), world.now_us());
  world.set_listener(&writer);
  while (advance(world)) {
    if (is_it(story.events.back())) return story.events.back().number;
    story.events.clear();
  }
  return std::nullopt;
}

std::vector<uint64_t> Debugger::causes(size_t max) const {
  std::vector<uint64_t> chain;
  for (uint64_t one = event(); one != 0 && chain.size() < max; one = causes_[one - 1])
    chain.push_back(one);
  return chain;
}

std::vector<Debugger::Field> Debugger::state(uint32_t node, size_t max) const {
  std::vector<Field> fields;
  for (const Shard& shard : world_->node(node).shards()) {
    shard.describe(max, [&](ActorId actor, std::string_view name, const std::string& value) {
      fields.push_back({node, actor, std::string(name), value, ""});
    });
  }
  return fields;
}

std::vector<Debugger::Field> Debugger::changes(size_t max) const {
  std::vector<Field> fields;
  if (!before_) return fields;
  for (uint32_t node = 0; node < world_->nodes(); ++node) {
    const std::vector<Shard>& was = before_->node(node).shards();
    const std::vector<Shard>& is = world_->node(node).shards();
    // A process that has started or ended is another one.
    if (before_->node(node).life() != world_->node(node).life()) continue;
    for (size_t shard = 0; shard < std::min(was.size(), is.size()); ++shard) {
      is[shard].changes(was[shard], max,
                        [&](ActorId actor, std::string_view name, const std::string& old,
                            const std::string& now) {
                          fields.push_back({node, actor, std::string(name), now, old});
                        });
    }
  }
  return fields;
}

std::vector<Debugger::Planned> Debugger::planned() const {
  std::vector<Planned> planned;
  for (const Event& event : world_->planned())
    planned.push_back(
        {event.sequence, event, world_->carries(event), lost_.contains(event.sequence)});
  return planned;
}

absl::Status Debugger::mark(uint64_t id, bool lost) {
  const std::vector<Event> planned = world_->planned();
  const bool found = std::any_of(planned.begin(), planned.end(), [&](const Event& event) {
    return event.sequence == id && event.kind == EventKind::kPeerMessage;
  });
  if (!found)
    return absl::NotFoundError(absl::StrCat("no message between nodes with the number ", id,
                                            " is on its way; `planned` shows those that are"));
  if (lost) {
    lost_.insert(id);
  } else {
    // What comes after it may have other numbers now.
    lost_.erase(lost_.lower_bound(id), lost_.end());
  }
  return absl::OkStatus();
}

Debugger::Branch Debugger::branch() const {
  Branch branch;
  RecordWriter writer(record_.run, [&](std::string_view frame) { branch.bytes += frame; });
  const uint64_t draws = world_->decisions().draws();
  for (const Drawn& drawn : decisions_->made()) {
    if (drawn.number < draws) writer.drawn(drawn);
  }
  World world(*world_);
  world.record_to(&writer);
  while (advance(world)) {
    if (world.events() % kMarkEvery == 0) writer.mark({world.events(), world.trace_hash()});
  }
  branch.result = world.result();
  branch.result.seed = record_.run.seed;
  writer.finish(
      {branch.result.events, branch.result.draws, branch.result.hash, branch.result.outcome});
  return branch;
}

}  // namespace vordb::sim
