// Which seeds a swarm runs: a range, or one shard of it for each of several machines. Shards are
// disjoint, and together they are the range.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

namespace vordb::server {

struct SeedPlan {
  uint64_t first = 0;
  uint64_t last = 0;  // included
  uint64_t shard = 1;
  uint64_t shards = 1;

  uint64_t count() const;               // of the shard; UINT64_MAX where there is one more
  uint64_t seed(uint64_t index) const;  // index < count()
  bool contains(uint64_t seed) const;
};

inline constexpr uint64_t kShardsMax = 1'000'000;

// "A..B" with A <= B, and "i/n" with 1 <= i <= n. False: it is not.
bool parse_seeds(std::string_view text, SeedPlan& plan);
bool parse_shard(std::string_view text, SeedPlan& plan);

// The seeds that one of several workers has before it: every step-th but those that are done.
class SeedQueue {
 public:
  // `done` outlives it.
  SeedQueue(const SeedPlan& plan, const std::set<uint64_t>& done, uint64_t first, uint64_t step);

  bool empty() const { return left_ == 0; }
  uint64_t next() const { return plan_.seed(index_); }
  void advance();

 private:
  void skip_done();

  SeedPlan plan_;
  const std::set<uint64_t>* done_;
  uint64_t index_;
  uint64_t step_;
  uint64_t left_ = 0;
};

}  // namespace vordb::server
