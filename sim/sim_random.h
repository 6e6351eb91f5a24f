// The twin of the system's entropy: a node's chance is drawn from the run's own.
#pragma once

#include "core/env/random.h"
#include "sim/chooser.h"

namespace vordb::sim {

class SimRandom : public Random {
 public:
  // `index` of the stream: other nodes and shards have others.
  explicit SimRandom(Chooser& chooser, uint32_t index = 0)
      : choices_(chooser, {StreamKind::kRandom, index}) {}
  void attach(Chooser& chooser) { choices_.bind(chooser); }
  uint64_t next() override { return choices_.bits(Decision::kNodeRandom); }

 private:
  Choices choices_;
};

}  // namespace vordb::sim
