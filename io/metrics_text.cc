// The families of /metrics about clients, and the text of all. Labels hold fixed words only, never
// what users sent.
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "io/metrics.h"
#include "io/metrics_families.h"
#include "io/metrics_process.h"

namespace vordb::io {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr const char* kProtocolNames[kProtocols] = {"http", "tcp"};
constexpr const char* kStatusNames[kRequestStatuses] = {"ok", "not_found", "error"};

// The operations on values of the three types, which dashboards know; the others have a family of
// their own.
constexpr Operation kDataOperations[] = {Operation::kPut,
                                         Operation::kGet,
                                         Operation::kDelete,
                                         Operation::kSetAdd,
                                         Operation::kSetRemove,
                                         Operation::kSetMembers,
                                         Operation::kCounterIncrement,
                                         Operation::kCounterDecrement,
                                         Operation::kCounterValue};
constexpr Operation kOtherOperations[] = {Operation::kSetContains,  Operation::kListKeys,
                                          Operation::kCreateBucket, Operation::kListBuckets,
                                          Operation::kGetBucket,    Operation::kDeleteBucket,
                                          Operation::kPing};

template <size_t kCount>
MetricFamily request_counts(const char* name, const char* help,
                            const Operation (&operations)[kCount], const ShardMetrics& sum) {
  MetricFamily made = family(name, help, MetricType::Counter);
  for (const Operation operation : operations) {
    for (int protocol = 0; protocol < kProtocols; ++protocol) {
      for (int status = 0; status < kRequestStatuses; ++status) {
        ClientMetric metric;
        metric.label = {{"operation", to_string(operation)},
                        {"protocol", kProtocolNames[protocol]},
                        {"status", kStatusNames[status]}};
        metric.counter.value =
            double(sum.requests(operation, Protocol(protocol), RequestStatus(status)));
        made.metric.push_back(std::move(metric));
      }
    }
  }
  return made;
}

// Only for what was asked at least once: the histograms are most of the text.
MetricFamily request_durations(const ShardMetrics& sum) {
  MetricFamily made =
      family("vordb_request_duration_us",
             "Microseconds from the arrival of a request to its answer.", MetricType::Histogram);
  for (int operation = 0; operation < kOperations; ++operation) {
    for (int protocol = 0; protocol < kProtocols; ++protocol) {
      ClientMetric metric;
      metric.label = {{"operation", to_string(Operation(operation))},
                      {"protocol", kProtocolNames[protocol]}};
      const ShardMetrics::Durations& durations =
          sum.durations(Operation(operation), Protocol(protocol));
      metric.histogram =
          histogram(durations.buckets, ShardMetrics::kDurationBoundsUs, durations.sum_us);
      if (metric.histogram.sample_count > 0) made.metric.push_back(std::move(metric));
    }
  }
  return made;
}

MetricFamily per_protocol(const char* name, const char* help, MetricType type, uint64_t http,
                          uint64_t tcp) {
  MetricFamily made = family(name, help, type);
  for (int protocol = 0; protocol < kProtocols; ++protocol) {
    const double value = double(Protocol(protocol) == Protocol::kHttp ? http : tcp);
    ClientMetric metric;
    metric.label = {{"protocol", kProtocolNames[protocol]}};
    metric.counter.value = value;
    metric.gauge.value = value;
    made.metric.push_back(std::move(metric));
  }
  return made;
}

}  // namespace

std::string render_metrics(const std::vector<ShardSample>& samples, const NodeFigures& node) {
  ShardMetrics sum;
  for (const ShardSample& sample : samples) sum.add(sample.metrics);
  constexpr MetricType kCounter = MetricType::Counter;
  constexpr MetricType kGauge = MetricType::Gauge;
  std::vector<MetricFamily> families = {
      request_counts("vordb_request_count_total", "Answered data requests.", kDataOperations, sum),
      request_counts("vordb_other_request_count_total",
                     "Answered requests that read or change no single value.", kOtherOperations,
                     sum),
      request_durations(sum),
      per_protocol("vordb_connections", "Open client connections.", kGauge,
                   sum.connections(Protocol::kHttp), sum.connections(Protocol::kTcp)),
      per_protocol("vordb_connections_refused_total", "Client connections refused for a limit.",
                   kCounter, sum.refused(Protocol::kHttp), sum.refused(Protocol::kTcp))};
  append_node_families(samples, node, &families);
  append_process_families(&families);
  std::ostringstream text;
  text.imbue(std::locale::classic());
  prometheus::TextSerializer().Serialize(text, families);
  return text.str();
}

}  // namespace vordb::io
