#include "server/sim/seed_plan.h"

#include "server/sim/arguments.h"

namespace vordb::server {

uint64_t SeedPlan::count() const {
  const uint64_t last_index = last - first;
  if (shard - 1 > last_index) return 0;
  const uint64_t before_last = (last_index - (shard - 1)) / shards;
  return before_last == UINT64_MAX ? UINT64_MAX : before_last + 1;
}

uint64_t SeedPlan::seed(uint64_t index) const { return first + (shard - 1) + index * shards; }

bool SeedPlan::contains(uint64_t seed) const {
  return first <= seed && seed <= last && (seed - first) % shards == shard - 1;
}

bool parse_seeds(std::string_view text, SeedPlan& plan) {
  const size_t dots = text.find("..");
  return dots != std::string_view::npos &&
         parse_number(text.substr(0, dots), 0, UINT64_MAX, plan.first) &&
         parse_number(text.substr(dots + 2), plan.first, UINT64_MAX, plan.last);
}

bool parse_shard(std::string_view text, SeedPlan& plan) {
  const size_t slash = text.find('/');
  return slash != std::string_view::npos &&
         parse_number(text.substr(slash + 1), 1, kShardsMax, plan.shards) &&
         parse_number(text.substr(0, slash), 1, plan.shards, plan.shard);
}

SeedQueue::SeedQueue(const SeedPlan& plan, const std::set<uint64_t>& done, uint64_t first,
                     uint64_t step)
    : plan_(plan), done_(&done), index_(first), step_(step) {
  if (first < plan.count()) left_ = (plan.count() - first - 1) / step + 1;
  skip_done();
}

void SeedQueue::advance() {
  index_ += step_;
  --left_;
  skip_done();
}

void SeedQueue::skip_done() {
  for (; left_ > 0 && done_->contains(next()); --left_) index_ += step_;
}

}  // namespace vordb::server
