// Founders in a lab of memberships: what the tests of founding ask of them.
#pragma once

#include <memory>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "core/cluster/membership_lab_test.h"
#include "core/codec.h"
#include "core/vnode/record_keys.h"

namespace vordb::cluster::lab {

inline bool says(const Lab& lab, size_t index, const std::string& text) {
  for (const std::string& warning : lab.nodes[index]->warnings) {
    if (warning.find(text) != std::string::npos) return true;
  }
  return false;
}

inline bool serves(const Lab& lab, size_t index) { return lab.used(index).epoch != 0; }

inline size_t serving(const Lab& lab) {
  size_t count = 0;
  for (size_t i = 0; i < lab.nodes.size(); ++i) count += serves(lab, i);
  return count;
}

// Who serves is in one cluster.
inline void check_one_cluster(const Lab& lab) {
  std::set<std::string> clusters;
  for (size_t i = 0; i < lab.nodes.size(); ++i) {
    if (serves(lab, i)) clusters.insert(lab.used(i).cluster_id);
  }
  CHECK(clusters.size() <= 1);
}

inline void start_all(Lab& lab) {
  for (size_t i = 0; i < lab.nodes.size(); ++i) {
    if (!lab.nodes[i]->up()) lab.start(i);
  }
}

inline void crash_and_wipe(Lab& lab, size_t index) {
  lab.crash(index);
  lab.wipe(index);
  lab.nodes[index]->used = std::make_shared<const Configuration>();
}

inline bool all_serve(Lab& lab, uint64_t ms = 10'000) {
  return lab.run_until(ms, [&] { return serving(lab) == lab.nodes.size() && lab.settled(); });
}

inline pb::NodeRecord record_of(const Lab& lab, size_t index) {
  pb::NodeRecord record;
  const std::string key = vnode::node_record_key();
  const auto at = lab.nodes[index]->disk.find({kMetaFamily, key});
  if (at == lab.nodes[index]->disk.end()) return record;
  REQUIRE(open_record(key, at->second, &record).ok());
  return record;
}

inline bool has_answered(const Lab& lab, size_t index) {
  return !record_of(lab, index).founder().empty();
}
inline bool has_decided(const Lab& lab) { return record_of(lab, 0).has_founding_entry(); }

}  // namespace vordb::cluster::lab
