// The twin of the system's entropy: a node's chance is drawn from the run's own.
#pragma once

#include "core/env/random.h"
#include "sim/chooser.h"

namespace vordb::sim {

class SimRandom : public Random {
 public:
  explicit SimRandom(Chooser& chooser) : chooser_(chooser) {}
  uint64_t next() override { return chooser_.bits(); }

 private:
  Chooser& chooser_;
};

}  // namespace vordb::sim
