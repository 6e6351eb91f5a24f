#include "sim/checkpoints.h"

#include <iterator>

#include "core/assert.h"

namespace vordb::sim {

namespace {

constexpr size_t kCopiesMax = 256;

}  // namespace

void Checkpoints::pass(const World& world) {
  if (world.events() % every_ != 0) return;
  copies_[world.events()] = std::make_unique<const World>(world);
  if (copies_.size() <= kCopiesMax) return;
  every_ *= 2;
  std::erase_if(copies_, [&](const auto& copy) { return copy.first % every_ != 0; });
}

std::unique_ptr<World> Checkpoints::before(uint64_t event) const {
  const auto after = copies_.upper_bound(event);
  VORDB_ASSERT(after != copies_.begin(), "the beginning of the run was passed");
  return std::make_unique<World>(*std::prev(after)->second);
}

}  // namespace vordb::sim
