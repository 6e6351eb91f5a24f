// The families of /metrics that tell of the node and its cluster; those about clients are in
// io/metrics_text.cc.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "io/metrics.h"

namespace vordb::io {

prometheus::MetricFamily family(std::string name, std::string help, prometheus::MetricType type);

void append_node_families(const std::vector<ShardSample>& samples, const NodeFigures& node,
                          std::vector<prometheus::MetricFamily>* families);

}  // namespace vordb::io
