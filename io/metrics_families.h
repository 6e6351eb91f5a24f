// The families of /metrics that tell of the node and its cluster; those about clients are in
// io/metrics_text.cc.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "io/metrics.h"

namespace vordb::io {

prometheus::MetricFamily family(std::string name, std::string help, prometheus::MetricType type);

// Of counts that are not cumulative; the last is of what lies above all bounds.
template <size_t kBounds>
prometheus::ClientMetric::Histogram histogram(const std::array<uint64_t, kBounds + 1>& counts,
                                              const std::array<uint64_t, kBounds>& bounds,
                                              uint64_t sum) {
  prometheus::ClientMetric::Histogram made;
  for (size_t i = 0; i < counts.size(); ++i) {
    made.sample_count += counts[i];
    made.bucket.push_back({made.sample_count, i == kBounds ? std::numeric_limits<double>::infinity()
                                                           : double(bounds[i])});
  }
  made.sample_sum = double(sum);
  return made;
}

void append_node_families(const std::vector<ShardSample>& samples, const NodeFigures& node,
                          std::vector<prometheus::MetricFamily>* families);

}  // namespace vordb::io
