// How many owners must hold what, over all buckets of a placement (CLUSTER.md rules 18 and 20).
// Buckets whose quorums do not overlap promise no reader anything; for what is written to them a
// majority is held to. A bucket whose quorums do overlap may need more.
#include <algorithm>

#include "core/cluster/operations.h"

namespace vordb::cluster {

namespace {

struct Quorums {
  size_t lowest = 0;  // the lowest of W and R of any bucket
  size_t lowest_read = 0;
  size_t highest_write = 0;
};

Quorums quorums_of(const Configuration& configuration, PlacementId placement) {
  const size_t majority = placement.n / 2 + 1;
  Quorums quorums{majority, majority, majority};
  for (const auto& [id, bucket] : configuration.buckets) {
    const size_t w = bucket.config.write_quorum;
    const size_t r = bucket.config.read_quorum;
    if (bucket.config.replication_n != placement.n || w + r <= placement.n) continue;
    quorums.lowest = std::min({quorums.lowest, w, r});
    quorums.lowest_read = std::min(quorums.lowest_read, r);
    quorums.highest_write = std::max(quorums.highest_write, w);
  }
  return quorums;
}

size_t all_but(size_t owners, size_t quorum) { return owners < quorum ? 0 : owners - quorum + 1; }

}  // namespace

size_t owners_needed(const Configuration& configuration, PlacementId placement) {
  const size_t owners = configuration.owners(placement).size();
  const size_t needed = all_but(owners, quorums_of(configuration, placement).lowest);
  return std::clamp<size_t>(needed, 1, std::max<size_t>(owners, 1));
}

size_t owners_to_hold(const Configuration& configuration, PlacementId placement) {
  const auto owners = configuration.owners(placement);
  const auto living = std::count_if(owners.begin(), owners.end(),
                                    [&](NodeNumber node) { return configuration.is_member(node); });
  return std::min(owners_needed(configuration, placement), size_t(living));
}

size_t owners_to_count(const Configuration& configuration, PlacementId placement) {
  const size_t owners = configuration.next_owners(placement).size();
  const Quorums quorums = quorums_of(configuration, placement);
  const size_t needed = std::max(quorums.highest_write, all_but(owners, quorums.lowest_read));
  return std::clamp<size_t>(needed, 1, std::max<size_t>(owners, 1));
}

}  // namespace vordb::cluster
