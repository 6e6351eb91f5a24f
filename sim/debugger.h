// A recorded run that can be walked through: forward, back, to any event; with the state of every
// actor there, what an event changed, what is planned, and other futures, in which a message is
// lost that was not. Copies of the world are kept along the way, so that going back costs as little
// as going on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sim/checkpoints.h"
#include "sim/record.h"
#include "sim/scenario.h"
#include "sim/story.h"
#include "sim/world.h"

namespace vordb::sim {

class Debugger {
 public:
  // At the beginning, before the first event. Both outlive the debugger.
  Debugger(const Record& record, const Scenario& scenario);
  ~Debugger();

  // So many events were handled.
  uint64_t event() const { return world_->events(); }
  // The run ends here: with a violation or without.
  bool over() const { return over_; }
  // Nothing: before the first event.
  const std::optional<StoryEvent>& last() const { return last_; }
  const World& world() const { return *world_; }
  // Whether a message was lost that the record's run did not lose.
  bool branched() const { return !lost_.empty(); }

  // Handles events, or goes back, until this many were handled or the run is over.
  void go_to(uint64_t event);
  void go_to_end() { go_to(UINT64_MAX); }
  // An event that was handled already, with all that belongs to it. Nothing: it was not.
  std::optional<StoryEvent> tell(uint64_t event) const;

  // The next event of which this is true, from here on. Nothing: there is none.
  std::optional<uint64_t> find(const std::function<bool(const StoryEvent&)>& is_it) const;

  // What led to the last event, from it back to the beginning; at most `max`.
  std::vector<uint64_t> causes(size_t max) const;

  struct Field {
    uint32_t node = 0;
    ActorId actor;
    std::string name;
    std::string value;   // as text
    std::string before;  // of a change; else empty
  };
  // Of one node, as it is now; values of at most `max` bytes.
  std::vector<Field> state(uint32_t node, size_t max) const;
  // What the last event changed, on all nodes.
  std::vector<Field> changes(size_t max) const;

  struct Planned {
    uint64_t id = 0;  // for lose() and keep()
    Event event;
    std::string carries;
    bool is_lost = false;
  };
  std::vector<Planned> planned() const;
  // A message that is on its way will not arrive; or will after all.
  // NotFound: no message with this id is on its way.
  absl::Status lose(uint64_t id) { return mark(id, true); }
  absl::Status keep(uint64_t id) { return mark(id, false); }

  // The record of the run as it goes on from here, to its end.
  struct Branch {
    std::string bytes;
    RunResult result;
  };
  Branch branch() const;

 private:
  class Decisions;

  absl::Status mark(uint64_t id, bool lost);
  // Handles the next event; false: there is none.
  bool advance(World& world) const;
  // The event that comes next in this world, which stays as it is.
  StoryEvent tell_next(const World& before) const;
  // A world in which `event` events were handled, of those that have been.
  std::unique_ptr<World> at(uint64_t event) const;
  void restore(uint64_t event);

  const Record& record_;
  std::unique_ptr<World> world_;
  std::unique_ptr<const World> before_;  // before the last event; null at the beginning
  std::unique_ptr<Decisions> decisions_;
  std::optional<StoryEvent> last_;
  Checkpoints checkpoints_;
  std::vector<uint64_t> causes_;  // of each event that was handled
  std::set<uint64_t> lost_;       // messages by the ids of their arrivals
  bool over_ = false;
};

}  // namespace vordb::sim
