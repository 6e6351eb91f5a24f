// The named runs of vordb-bench: each fills what it needs, measures, and hands every measured row
// to a report at once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/bench_load.h"

namespace vordb::server {

// A node of a cluster, as clients reach it.
struct BenchNode {
  std::string host;
  uint16_t tcp_port = 0;
  uint16_t http_port = 0;
};

struct BenchOptions {
  LoadSpec spec;  // host, keys, value size, duration, threads, seed; of the run `load` everything
  uint16_t tcp_port = 5001;
  uint16_t http_port = 4001;
  std::vector<Protocol> protocols = {Protocol::kTcp};
  uint64_t elements_max = 1000000;  // the largest set of the run `sets`
  uint32_t ring_size = 0;           // of the run `balance`; 0 = ask the node
  // Of the run `cluster`. By default those of `make cluster`.
  std::vector<BenchNode> nodes = {
      {"127.0.0.1", 5001, 4001}, {"127.0.0.1", 5002, 4002}, {"127.0.0.1", 5003, 4003}};
  int away_pid = 0;  // the last of them, on this machine; 0 = none is made to stand still
  uint64_t away_writes = 100'000;
};

struct BenchRow {
  std::string run;
  LoadSpec spec;
  LoadResult result;
};

// How evenly the keys of a bucket spread over the partitions.
struct BalanceRow {
  uint64_t keys = 0;
  uint32_t partitions = 0;
  uint64_t least = 0;
  uint64_t most = 0;
  double mean = 0;
  double deviation = 0;  // standard deviation
};

// One thing measured of a cluster, and what it ought to be; empty: no matter.
struct FigureRow {
  std::string figure;
  double value = 0;
  std::string unit;
  std::string goal;
};

struct BenchReport {
  std::function<void(const BenchRow&)> row;
  std::function<void(const BalanceRow&)> balance;
  std::function<void(const FigureRow&)> figure;
};

struct BenchRun {
  const char* name;
  const char* meaning;
  absl::Status (*run)(const BenchOptions& options, const BenchReport& report);
  bool in_all = true;
};

// In the order in which `all` runs them.
const std::vector<BenchRun>& bench_runs();

// The counts of the first `keys` bench keys in the default register bucket of a ring.
BalanceRow key_balance(uint64_t keys, uint32_t partitions);

}  // namespace vordb::server
