// vordb-bench cluster: what replication costs and how soon it shows, measured on the nodes of a
// running cluster from outside: over the binary protocol, the admin routes and /metrics. Nodes that
// do nothing else are presumed, and three that hold every key.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/bench_runs.h"

namespace vordb::server {

// "host:tcp_port:http_port"; an IPv6 address in brackets. InvalidArgument says what is wrong.
absl::StatusOr<BenchNode> parse_bench_node(std::string_view text);

// The sum of all samples of a metric in a /metrics text; 0 where there is none.
double metric_sum(std::string_view metrics, std::string_view name);

absl::Status run_cluster(const BenchOptions& options, const BenchReport& report);

}  // namespace vordb::server
