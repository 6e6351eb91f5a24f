#include "server/bench_runs.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>
#include "core/cluster/configuration.h"
#include "core/cluster/ring.h"
#include "io/http_client.h"
#include "server/bench_cluster.h"

namespace vordb::server {
namespace {

constexpr uint32_t kFillClients = 8;
constexpr uint32_t kFillDepth = 16;
// Keys apart, so that no run meets what another left behind.
constexpr uint64_t kSetKeys = 1'000'000'000;
constexpr uint64_t kSizeKeys = 2'000'000'000;

LoadSpec with_protocol(const BenchOptions& options, Protocol protocol) {
  LoadSpec spec = options.spec;
  spec.protocol = protocol;
  spec.port = protocol == Protocol::kTcp ? options.tcp_port : options.http_port;
  return spec;
}

// Writes every key once, always over the faster protocol. Error answers end the run: what follows
// would measure them.
absl::Status fill(const BenchOptions& options, LoadSpec spec) {
  spec.protocol = Protocol::kTcp;
  spec.port = options.tcp_port;
  spec.in_order = true;
  spec.operations = 0;
  spec.clients = kFillClients;
  spec.depth = std::clamp<uint32_t>(uint32_t((4u << 20) / (spec.value_bytes + 1)), 1, kFillDepth);
  spec.batch = uint32_t(std::min<uint64_t>(spec.elements, 1000));
  const absl::StatusOr<LoadResult> result = run_load(spec);
  if (!result.ok()) return result.status();
  if (result->errors > 0) return absl::InternalError("filling failed: " + result->first_error);
  return absl::OkStatus();
}

absl::Status measure(const std::string& run, const LoadSpec& spec, const BenchReport& report) {
  const absl::StatusOr<LoadResult> result = run_load(spec);
  if (!result.ok()) return result.status();
  report.row({run, spec, *result});
  return absl::OkStatus();
}

absl::Status run_load_once(const BenchOptions& options, const BenchReport& report) {
  if (absl::Status status = fill(options, options.spec); !status.ok()) return status;
  for (const Protocol protocol : options.protocols) {
    if (absl::Status status = measure("load", with_protocol(options, protocol), report);
        !status.ok())
      return status;
  }
  return absl::OkStatus();
}

// One client, one request at a time: what a request costs when nothing else goes on.
absl::Status run_latency(const BenchOptions& options, const BenchReport& report) {
  if (absl::Status status = fill(options, options.spec); !status.ok()) return status;
  for (const Protocol protocol : options.protocols) {
    LoadSpec spec = with_protocol(options, protocol);
    spec.clients = spec.depth = 1;
    for (const uint32_t reads : {100u, 0u}) {
      spec.read_percent = reads;
      if (absl::Status status = measure("latency", spec, report); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status run_throughput(const BenchOptions& options, const BenchReport& report) {
  if (absl::Status status = fill(options, options.spec); !status.ok()) return status;
  for (const Protocol protocol : options.protocols) {
    LoadSpec spec = with_protocol(options, protocol);
    for (const uint32_t clients : {1u, 10u, 50u, 100u, 200u}) {
      spec.clients = clients;
      spec.depth = 1;
      if (absl::Status status = measure("throughput", spec, report); !status.ok()) return status;
    }
    spec.clients = 50;
    spec.depth = 16;
    if (absl::Status status = measure("throughput", spec, report); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// The three types side by side: registers, sets of 100 elements, counters.
absl::Status run_crdt(const BenchOptions& options, const BenchReport& report) {
  for (const BucketTypeRow& row : kBucketTypes) {
    BenchOptions typed = options;
    typed.spec.type = row.type;
    typed.spec.elements = 100;
    typed.spec.keys =
        std::min<uint64_t>(options.spec.keys, row.type == BucketType::kOrswot ? 1000 : 10000);
    typed.spec.read_percent = 50;
    if (absl::Status status = fill(typed, typed.spec); !status.ok()) return status;
    for (const Protocol protocol : options.protocols) {
      if (absl::Status status = measure("crdt", with_protocol(typed, protocol), report);
          !status.ok())
        return status;
    }
  }
  return absl::OkStatus();
}

// What one more element costs a set that already holds 10 to 1,000,000.
absl::Status run_sets(const BenchOptions& options, const BenchReport& report) {
  uint64_t key = kSetKeys;
  for (uint64_t size = 10; size <= options.elements_max; size *= 10) {
    for (const Protocol protocol : options.protocols) {
      LoadSpec spec = with_protocol(options, protocol);
      spec.type = BucketType::kOrswot;
      spec.first_key = key++;
      spec.keys = 1;
      spec.elements = size;
      spec.first_element = 0;
      if (absl::Status status = fill(options, spec); !status.ok()) return status;
      // At most a tenth more elements, each of them new.
      spec.in_order = true;
      spec.clients = spec.depth = spec.threads = spec.batch = 1;
      spec.first_element = size;
      spec.elements = std::clamp<uint64_t>(size / 10, 10, 2000);
      spec.read_percent = 0;
      const absl::StatusOr<LoadResult> result = run_load(spec);
      if (!result.ok()) return result.status();
      spec.elements = size;
      report.row({"sets", spec, *result});
    }
  }
  return absl::OkStatus();
}

absl::Status run_sizes(const BenchOptions& options, const BenchReport& report) {
  uint64_t first_key = kSizeKeys;
  for (const uint32_t bytes : {100u, 1000u, 10'000u, 100'000u, 900'000u, 1'000'000u}) {
    for (const Protocol protocol : options.protocols) {
      // HTTP takes bodies of up to 1,000,000 bytes, the JSON around the value included.
      if (bytes == (protocol == Protocol::kHttp ? 1'000'000u : 900'000u)) continue;
      LoadSpec spec = with_protocol(options, protocol);
      spec.value_bytes = bytes;
      spec.clients = std::min<uint32_t>(spec.clients, 10);
      spec.depth = 1;
      spec.read_percent = 50;
      spec.first_key = first_key;
      spec.keys = std::clamp<uint64_t>((64u << 20) / bytes, 64, 10'000);
      first_key += spec.keys;
      if (absl::Status status = fill(options, spec); !status.ok()) return status;
      if (absl::Status status = measure("sizes", spec, report); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<uint32_t> asked_ring_size(const BenchOptions& options) {
  const absl::StatusOr<io::HttpAnswer> answer =
      io::http_call(options.spec.host, options.http_port, "GET", "/admin/ring", "", 5000);
  if (!answer.ok()) return answer.status();
  const nlohmann::json ring = nlohmann::json::parse(answer->body, nullptr, false);
  const auto size = ring.is_object() ? ring.find("ring_size") : ring.end();
  if (answer->status != 200 || size == ring.end() || !size->is_number_unsigned() || *size == 0) {
    return absl::InternalError("GET /admin/ring does not tell ring_size; give it with --ring-size");
  }
  return size->get<uint32_t>();
}

absl::Status run_balance(const BenchOptions& options, const BenchReport& report) {
  uint32_t partitions = options.ring_size;
  if (partitions == 0) {
    const absl::StatusOr<uint32_t> asked = asked_ring_size(options);
    if (!asked.ok()) return asked.status();
    partitions = *asked;
  }
  report.balance(key_balance(options.spec.keys, partitions));
  return absl::OkStatus();
}

}  // namespace

BalanceRow key_balance(uint64_t keys, uint32_t partitions) {
  std::vector<uint64_t> counts(partitions);
  for (uint64_t i = 0; i < keys; ++i) {
    ++counts[cluster::partition_of(cluster::ring_hash(kDefaultLww, bench_key(i)), partitions)];
  }
  BalanceRow row{keys, partitions, 0, 0, double(keys) / partitions, 0};
  row.least = *std::min_element(counts.begin(), counts.end());
  row.most = *std::max_element(counts.begin(), counts.end());
  double squares = 0;
  for (const uint64_t count : counts)
    squares += (double(count) - row.mean) * (double(count) - row.mean);
  row.deviation = std::sqrt(squares / partitions);
  return row;
}

const std::vector<BenchRun>& bench_runs() {
  static const std::vector<BenchRun> runs = {
      {"load", "one load as the flags describe it", run_load_once, false},
      {"latency", "one client, one request at a time", run_latency},
      {"throughput", "1, 10, 50, 100 and 200 clients, then 50 clients 16 deep", run_throughput},
      {"crdt", "registers, sets of 100 elements and counters, half reads", run_crdt},
      {"sets", "the cost of an add to a set of 10 to 1,000,000 elements", run_sets},
      {"sizes", "values of 100 bytes to 1 MB, half reads", run_sizes},
      {"balance", "how evenly the keys spread over the partitions", run_balance},
      {"cluster", "what replication costs and how soon it shows, on three nodes", run_cluster,
       false},
  };
  return runs;
}

}  // namespace vordb::server
