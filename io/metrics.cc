#include "io/metrics.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"

namespace vordb::io {

RequestStatus status_of(const ClientReply& reply) {
  if (reply.kind == ClientReply::Kind::kNotFound) return RequestStatus::kNotFound;
  return reply.kind == ClientReply::Kind::kError ? RequestStatus::kError : RequestStatus::kOk;
}

Operation counted_operation(Operation asked, bool by_bucket_type, const ClientReply& reply) {
  if (!by_bucket_type) return asked;
  const bool is_read =
      reply.operation == Operation::kSetMembers || reply.operation == Operation::kCounterValue;
  if (reply.kind == ClientReply::Kind::kMembers) return Operation::kSetMembers;
  if (reply.kind == ClientReply::Kind::kCounter) return Operation::kCounterValue;
  return is_read ? reply.operation : asked;
}

void ShardMetrics::count(Operation operation, Protocol protocol, RequestStatus status,
                         uint64_t duration_us) {
  ++requests_[int(operation)][int(protocol)][int(status)];
  Durations& durations = durations_[int(operation)][int(protocol)];
  size_t bucket = 0;
  while (bucket < kDurationBoundsUs.size() && duration_us > kDurationBoundsUs[bucket]) ++bucket;
  ++durations.buckets[bucket];
  durations.sum_us += duration_us;
}

void ShardMetrics::add(const ShardMetrics& other) {
  for (int operation = 0; operation < kOperations; ++operation) {
    for (int protocol = 0; protocol < kProtocols; ++protocol) {
      for (int status = 0; status < kRequestStatuses; ++status) {
        requests_[operation][protocol][status] += other.requests_[operation][protocol][status];
      }
      Durations& into = durations_[operation][protocol];
      const Durations& from = other.durations_[operation][protocol];
      for (size_t i = 0; i < into.buckets.size(); ++i) into.buckets[i] += from.buckets[i];
      into.sum_us += from.sum_us;
    }
  }
  for (int protocol = 0; protocol < kProtocols; ++protocol) {
    connections_[protocol] += other.connections_[protocol];
    refused_[protocol] += other.refused_[protocol];
  }
}

struct MetricsCollector::Visit {
  size_t next = 0;
  std::vector<ShardSample> samples;
  std::function<void(std::vector<ShardSample>)> done;
};

MetricsCollector::MetricsCollector(std::vector<Source> sources, std::function<NodeFigures()> node)
    : sources_(std::move(sources)), node_(std::move(node)) {
  VORDB_ASSERT(!sources_.empty(), "a node has a shard");
}

void MetricsCollector::gather(std::function<void(std::vector<ShardSample>)> done) const {
  auto visit = std::make_shared<Visit>();
  visit->done = std::move(done);
  visit_next(std::move(visit));
}

void MetricsCollector::visit_next(std::shared_ptr<Visit> visit) const {
  const Source& source = sources_[visit->next];
  source.post([this, &source, visit = std::move(visit)]() mutable {
    visit->samples.push_back({*source.metrics, source.figures(), *source.telemetry});
    if (++visit->next < sources_.size()) return visit_next(std::move(visit));
    visit->done(std::move(visit->samples));
  });
}

void MetricsCollector::scrape(std::function<void(std::string)> done) const {
  gather([this, done = std::move(done)](std::vector<ShardSample> samples) {
    done(render_metrics(samples, node_()));
  });
}

}  // namespace vordb::io
