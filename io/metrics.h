// What /metrics shows. Each shard counts in plain arrays of its own (ShardMetrics); a scrape visits
// every shard on its own thread, one after the other and without making any of them wait, and turns
// the sum into Prometheus' text format.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/client_api.h"
#include "core/shard_figures.h"
#include "io/backend.h"
#include "io/log_telemetry.h"
#include "io/peer_shared.h"

namespace vordb::io {

enum class RequestStatus : uint8_t { kOk, kNotFound, kError };
inline constexpr int kRequestStatuses = 3;

RequestStatus status_of(const ClientReply& reply);

// What a request counts as: reads that left the type open count as what they turned out to be.
Operation counted_operation(Operation asked, bool by_bucket_type, const ClientReply& reply);

// Counters of one shard, written by its thread only. Copyable: a scrape takes a copy on that
// thread.
class ShardMetrics {
 public:
  // Upper bounds of the buckets of a request's duration in microseconds, both included; above the
  // last: +Inf.
  static constexpr std::array<uint64_t, 18> kDurationBoundsUs = {
      10,    25,    50,    100,    250,    500,    1000,    2500,    5000,
      10000, 25000, 50000, 100000, 250000, 500000, 1000000, 5000000, 10000000};

  struct Durations {
    std::array<uint64_t, kDurationBoundsUs.size() + 1> buckets{};  // not cumulative
    uint64_t sum_us = 0;
  };

  // One answered request that took `duration_us`. `operation` is the reply's for reads by the
  // bucket's type.
  void count(Operation operation, Protocol protocol, RequestStatus status, uint64_t duration_us);

  void connection_opened(Protocol protocol) { ++connections_[int(protocol)]; }
  void connection_closed(Protocol protocol) { --connections_[int(protocol)]; }
  void connection_refused(Protocol protocol) { ++refused_[int(protocol)]; }

  uint64_t requests(Operation operation, Protocol protocol, RequestStatus status) const {
    return requests_[int(operation)][int(protocol)][int(status)];
  }
  const Durations& durations(Operation operation, Protocol protocol) const {
    return durations_[int(operation)][int(protocol)];
  }
  uint64_t connections(Protocol protocol) const { return connections_[int(protocol)]; }
  uint64_t refused(Protocol protocol) const { return refused_[int(protocol)]; }

  // Adds another shard's counts.
  void add(const ShardMetrics& other);

 private:
  uint64_t requests_[kOperations][kProtocols][kRequestStatuses] = {};
  Durations durations_[kOperations][kProtocols] = {};
  uint64_t connections_[kProtocols] = {};
  uint64_t refused_[kProtocols] = {};
};

// Another member, and the connection to it.
struct PeerSample {
  NodeNumber node = 0;
  std::string node_id;
  bool connected = false;
  uint64_t queued_bytes = 0;
  uint64_t shed = 0;
};

// What the node as a whole adds.
struct NodeFigures {
  uint64_t ring_version = 0;
  uint64_t partitions_owned = 0;
  std::vector<PeerSample> others;  // members
  uint64_t moving_partitions = 0;
  uint64_t draining_partitions = 0;
  const PeerCounters* peers = nullptr;  // null: there is no transport
};

struct ShardSample {
  ShardMetrics metrics;
  ShardFigures figures;
  TelemetryCounts telemetry;
};

ShardFigures sum_of(const std::vector<ShardSample>& samples);

// The text format 0.0.4 of these samples.
std::string render_metrics(const std::vector<ShardSample>& samples, const NodeFigures& node);

// What GET /admin/handoff and /admin/repair show of the shards' counts.
std::vector<std::pair<std::string, uint64_t>> handoff_figures(const ShardFigures& figures);
std::vector<std::pair<std::string, uint64_t>> repair_figures(const ShardFigures& figures);

class MetricsCollector {
 public:
  // One shard: `post` runs a task on its thread; `metrics`, `figures` and `telemetry` are read
  // there only.
  struct Source {
    std::function<void(std::function<void()>)> post;
    const ShardMetrics* metrics = nullptr;
    std::function<ShardFigures()> figures;
    const TelemetryCounts* telemetry = nullptr;
  };

  // `node` is called on the last source's thread. At least one source.
  MetricsCollector(std::vector<Source> sources, std::function<NodeFigures()> node);

  // From any thread; `done` is called on the last source's thread. The collector outlives what it
  // has begun.
  void gather(std::function<void(std::vector<ShardSample>)> done) const;
  void scrape(std::function<void(std::string)> done) const;

 private:
  struct Visit;
  void visit_next(std::shared_ptr<Visit> visit) const;

  std::vector<Source> sources_;
  std::function<NodeFigures()> node_;
};

}  // namespace vordb::io
