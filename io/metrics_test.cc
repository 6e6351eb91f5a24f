#include "io/metrics.h"

#include <doctest/doctest.h>

#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace vordb::io {
namespace {

ShardSample sample() {
  ShardSample made;
  made.metrics.count(Operation::kPut, Protocol::kTcp, RequestStatus::kOk, 10);
  made.metrics.count(Operation::kPut, Protocol::kTcp, RequestStatus::kOk, 11);
  made.metrics.count(Operation::kPut, Protocol::kTcp, RequestStatus::kError, 99000000);
  made.figures.cache_hits = 5;
  return made;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("metrics: shards are summed, buckets are cumulative and end at +Inf = count") {
  const std::string text = render_metrics({sample(), sample()}, {.ring_version = 9});
  CHECK(
      has_line(text, R"(vordb_request_count_total{operation="put",protocol="tcp",status="ok"} 4)"));
  CHECK(has_line(text,
                 R"(vordb_request_count_total{operation="put",protocol="tcp",status="error"} 2)"));
  CHECK(has_line(text, R"(vordb_request_count_total{operation="counter_value",protocol="http",)"
                       R"(status="not_found"} 0)"));
  CHECK(has_line(text,
                 R"(vordb_request_duration_us_bucket{operation="put",protocol="tcp",le="10"} 2)"));
  CHECK(has_line(text,
                 R"(vordb_request_duration_us_bucket{operation="put",protocol="tcp",le="25"} 4)"));
  CHECK(has_line(
      text, R"(vordb_request_duration_us_bucket{operation="put",protocol="tcp",le="10000000"} 4)"));
  CHECK(has_line(
      text, R"(vordb_request_duration_us_bucket{operation="put",protocol="tcp",le="+Inf"} 6)"));
  CHECK(has_line(text, R"(vordb_request_duration_us_count{operation="put",protocol="tcp"} 6)"));
  CHECK(
      has_line(text, R"(vordb_request_duration_us_sum{operation="put",protocol="tcp"} 198000042)"));
  CHECK(has_line(text, "vordb_cache_hit_total 10"));
  CHECK(has_line(text, "vordb_ring_version 9"));
}

TEST_CASE("metrics: every family has HELP and TYPE once, before its lines, no series twice") {
  const std::string text = render_metrics({sample()}, {});
  CHECK(text.back() == '\n');
  std::istringstream lines(text);
  std::set<std::string> families, series;
  std::string line, family;
  while (std::getline(lines, line)) {
    if (line.rfind("# HELP ", 0) == 0) {
      family = line.substr(7, line.find(' ', 7) - 7);
      CHECK(families.insert(family).second);
      CHECK(line.size() > 8 + family.size());
      REQUIRE(std::getline(lines, line));
      CHECK(line.rfind("# TYPE " + family + " ", 0) == 0);
      continue;
    }
    CHECK(line.rfind(family, 0) == 0);
    CHECK(series.insert(line.substr(0, line.rfind(' '))).second);
  }
  CHECK(families.count("vordb_request_count_total") == 1);
  CHECK(families.count("vordb_cluster_connected") == 1);
}

TEST_CASE("metrics: reads that left the type open count as what they found") {
  ClientReply reply;
  reply.kind = ClientReply::Kind::kCounter;
  CHECK(counted_operation(Operation::kGet, true, reply) == Operation::kCounterValue);
  CHECK(counted_operation(Operation::kGet, false, reply) == Operation::kGet);
  reply.kind = ClientReply::Kind::kNotFound;
  CHECK(counted_operation(Operation::kGet, true, reply) == Operation::kGet);
  reply.operation = Operation::kSetMembers;
  CHECK(counted_operation(Operation::kGet, true, reply) == Operation::kSetMembers);
  CHECK(status_of(reply) == RequestStatus::kNotFound);
}

TEST_CASE("metrics: a scrape visits each shard by its own way") {
  std::vector<std::function<void()>> queue;
  ShardMetrics metrics;
  metrics.count(Operation::kGet, Protocol::kHttp, RequestStatus::kOk, 1);
  TelemetryCounts telemetry;
  telemetry.received[size_t(ActorKind::kVnode)][5] = 4;
  telemetry.violated = 1;
  MetricsCollector::Source source{
      [&](std::function<void()> task) { queue.push_back(std::move(task)); }, &metrics,
      [] { return ShardFigures{}; }, &telemetry};
  const MetricsCollector collector({source, source, source}, [] { return NodeFigures{}; });
  std::string text;
  collector.scrape([&](std::string made) { text = std::move(made); });
  for (int visits = 0; visits < 3; ++visits) {
    CHECK(text.empty());
    REQUIRE(queue.size() == 1);
    const auto task = std::move(queue.front());
    queue.clear();
    task();
  }
  CHECK(has_line(text,
                 R"(vordb_request_count_total{operation="get",protocol="http",status="ok"} 3)"));
  CHECK(has_line(text, R"(vordb_events_received_total{actor="vnode",kind="key_mutation"} 12)"));
  CHECK(has_line(text, "vordb_constraints_violated_total 3"));
}

TEST_CASE("metrics: what the process uses") {
  const std::string text = render_metrics({sample()}, {});
  for (const char* name :
       {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"}) {
    const size_t at = text.find("\n" + std::string(name) + " ");
    REQUIRE(at != std::string::npos);
    CHECK(std::stod(text.substr(at + std::string(name).size() + 2)) > 0);
  }
}

TEST_CASE("metrics: what goes to and comes from other nodes") {
  PeerCounters peers;
  peers.bytes_sent = 7;
  peers.dropped_full = 2;
  // Each shard knows what it holds itself; of clocks shard 0 alone.
  ShardSample first = sample();
  ShardSample second = sample();
  first.figures.peers[2] = {5, -30};
  second.figures.peers[2] = {4, std::nullopt};
  first.figures.turned_away[TakerState::kForeign] = 2;
  second.figures.turned_away[TakerState::kForeign] = 1;
  first.figures.convergence.record(7);
  second.figures.convergence.record(8);
  const std::string text = render_metrics(
      {first, second},
      {.others = {{2, "node2", true, 100, 3}, {4, "node4", false, 0, 0}}, .peers = &peers});
  CHECK(has_line(text, R"(vordb_peer_up{peer="node2"} 1)"));
  CHECK(has_line(text, R"(vordb_peer_up{peer="node4"} 0)"));
  CHECK(has_line(text, R"(vordb_peer_unacknowledged_dots{peer="node2"} 9)"));
  CHECK(has_line(text, R"(vordb_peer_clock_ahead_ms{peer="node2"} -30)"));
  CHECK(text.find(R"(vordb_peer_clock_ahead_ms{peer="node4"})") == std::string::npos);
  CHECK(has_line(text, R"(vordb_peer_messages_turned_away_total{reason="foreign"} 3)"));
  CHECK(has_line(text, R"(vordb_peer_queue_bytes{peer="node2"} 100)"));
  CHECK(has_line(text, R"(vordb_peer_queue_shed_total{peer="node2"} 3)"));
  CHECK(has_line(text, R"(vordb_convergence_ms_bucket{le="5"} 0)"));
  CHECK(has_line(text, R"(vordb_convergence_ms_bucket{le="10"} 2)"));
  CHECK(has_line(text, "vordb_convergence_ms_sum 15"));
  CHECK(has_line(text, "vordb_cluster_other_members 2"));
  CHECK(has_line(text, "vordb_cluster_connected 1"));
  CHECK(has_line(text, "vordb_peer_bytes_sent_total 7"));
  CHECK(has_line(text, R"(vordb_peer_messages_dropped_total{reason="queue_full"} 2)"));
}

}  // namespace vordb::io
