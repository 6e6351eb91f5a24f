// Copies of a world along its run, so that any event that was handled is a short way off. Long runs
// keep them further apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "sim/world.h"

namespace vordb::sim {

class Checkpoints {
 public:
  // Before each event that is handled: takes a copy where one is due.
  void pass(const World& world);
  // A copy of the last one at which no more than `event` events were handled, to go on from. There
  // is one: the world was passed at its beginning.
  std::unique_ptr<World> before(uint64_t event) const;
  // What comes after is another future.
  void forget_after(uint64_t event) { copies_.erase(copies_.upper_bound(event), copies_.end()); }

 private:
  std::map<uint64_t, std::unique_ptr<const World>> copies_;  // by how many events were handled
  uint64_t every_ = 500;                                     // events
};

}  // namespace vordb::sim
