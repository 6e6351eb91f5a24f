// The twin of the system's entropy: a node's chance is drawn from the run's own.
#pragma once

#include "core/env/random.h"
#include "sim/bound.h"
#include "sim/chooser.h"

namespace vordb::sim {

class SimRandom : public Random {
 public:
  explicit SimRandom(Chooser& chooser) : chooser_(chooser) {}
  void attach(Chooser& chooser) { chooser_.bind(chooser); }
  uint64_t next() override { return chooser_->bits(); }

 private:
  Bound<Chooser> chooser_;
};

}  // namespace vordb::sim
