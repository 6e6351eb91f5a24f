// The families of /metrics that tell of the process, under the names that Prometheus clients have
// in common: processor time, memory and file descriptors.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace vordb::io {

// Seconds that this process has used of all cores together.
double process_cpu_seconds();

// What /proc does not tell is left out.
void append_process_families(std::vector<prometheus::MetricFamily>* families);

}  // namespace vordb::io
