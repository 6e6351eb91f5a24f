#include "server/bench_cluster.h"

#include <fmt/format.h>
#include <signal.h>

#include <charconv>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/host_port.h"
#include "io/frame_client.h"
#include "io/http_client.h"
#include "proto/client.pb.h"
#include "server/bench_client.h"

namespace vordb::server {
namespace {

using nlohmann::json;

constexpr int kTimeoutMs = 30'000;
constexpr uint64_t kVisibleKeys = 3'000'000'000;
constexpr uint64_t kBytesKeys = 4'000'000'000;
constexpr uint64_t kAwayKeys = 5'000'000'000;
constexpr uint64_t kVisibleWrites = 2000;
constexpr uint64_t kBytesWrites = 20'000;
constexpr int kBuckets = 20;
constexpr auto kSettleAtMost = std::chrono::seconds(120);

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

double seconds_since(uint64_t began_ns) { return double(now_ns() - began_ns) / 1e9; }

absl::StatusOr<std::string> ask(const BenchNode& node, const std::string& method,
                                const std::string& target, const std::string& body = "") {
  absl::StatusOr<io::HttpAnswer> answer =
      io::http_call(node.host, node.http_port, method, target, body, kTimeoutMs);
  if (!answer.ok()) return answer.status();
  if (answer->status / 100 == 2) return std::move(answer->body);
  return absl::InternalError(fmt::format("{} {} of {}:{} answers {}: {}", method, target, node.host,
                                         node.http_port, answer->status, answer->body));
}

// What one figure of GET /admin/repair says.
absl::StatusOr<uint64_t> repair_figure(const BenchNode& node, const char* name) {
  const absl::StatusOr<std::string> body = ask(node, "GET", "/admin/repair");
  if (!body.ok()) return body.status();
  const json repair = json::parse(*body, nullptr, false);
  const auto found = repair.is_object() ? repair.find(name) : repair.end();
  if (found == repair.end() || !found->is_number_unsigned())
    return absl::InternalError(fmt::format("GET /admin/repair does not tell {}", name));
  return found->get<uint64_t>();
}

// What GET /metrics says of each.
absl::StatusOr<std::vector<std::string>> metrics_of(const std::vector<BenchNode>& nodes) {
  std::vector<std::string> texts;
  for (const BenchNode& node : nodes) {
    absl::StatusOr<std::string> text = ask(node, "GET", "/metrics");
    if (!text.ok()) return text.status();
    texts.push_back(*std::move(text));
  }
  return texts;
}

absl::StatusOr<double> metric(const std::vector<BenchNode>& nodes, const char* name) {
  const absl::StatusOr<std::vector<std::string>> texts = metrics_of(nodes);
  if (!texts.ok()) return texts.status();
  double sum = 0;
  for (const std::string& text : *texts) sum += metric_sum(text, name);
  return sum;
}

// Until no node has anything that another is not known to hold.
absl::Status settle(const std::vector<BenchNode>& nodes) {
  const auto until = std::chrono::steady_clock::now() + kSettleAtMost;
  for (const BenchNode& node : nodes) {
    for (;;) {
      const absl::StatusOr<uint64_t> dots = repair_figure(node, "unacknowledged_dots");
      if (!dots.ok()) return dots.status();
      if (*dots == 0) break;
      if (std::chrono::steady_clock::now() > until)
        return absl::DeadlineExceededError(
            fmt::format("{}:{} still has {} mutations that another node lacks", node.host,
                        node.http_port, *dots));
      sleep_ms(10);
    }
  }
  return absl::OkStatus();
}

class ClusterBench {
 public:
  ClusterBench(const BenchOptions& options, const BenchReport& report)
      : options_(options), report_(report), nodes_(options.nodes) {}

  absl::Status run() {
    using Step = absl::Status (ClusterBench::*)();
    for (const Step step :
         {&ClusterBench::greet, &ClusterBench::visible, &ClusterBench::quorums,
          &ClusterBench::bytes, &ClusterBench::buckets, &ClusterBench::idle, &ClusterBench::away}) {
      if (absl::Status status = (this->*step)(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  // All connected, and no partition on the move.
  absl::Status greet() {
    const auto until = std::chrono::steady_clock::now() + kSettleAtMost;
    for (;;) {
      const absl::StatusOr<std::vector<std::string>> texts = metrics_of(nodes_);
      if (!texts.ok()) return texts.status();
      double moving = 0;
      for (size_t i = 0; i < nodes_.size(); ++i) {
        const std::string& text = (*texts)[i];
        moving += metric_sum(text, "vordb_moving_partitions");
        moving += metric_sum(text, "vordb_draining_partitions");
        const double others = metric_sum(text, "vordb_cluster_connected");
        if (others + 1 < double(nodes_.size()))
          return absl::FailedPreconditionError(fmt::format(
              "{}:{} is connected to {} other members; {} nodes of one cluster are wanted",
              nodes_[i].host, nodes_[i].http_port, others, nodes_.size()));
      }
      if (moving == 0) break;
      if (std::chrono::steady_clock::now() > until)
        return absl::DeadlineExceededError("partitions are still on the move");
      sleep_ms(100);
    }
    return settle(nodes_);
  }

  void tell(std::string figure, double value, std::string unit, std::string goal = "") {
    report_.figure({std::move(figure), value, std::move(unit), std::move(goal)});
  }

  LoadSpec writes(const std::string& bucket) const {
    LoadSpec spec = options_.spec;
    spec.protocol = Protocol::kTcp;
    spec.host = nodes_[0].host;
    spec.port = nodes_[0].tcp_port;
    spec.bucket = bucket;
    spec.type = BucketType::kLww;
    spec.read_percent = 0;
    spec.depth = 1;
    return spec;
  }

  // Every key once, as fast as they are taken.
  absl::StatusOr<LoadResult> write_each(uint64_t first_key, uint64_t keys) const {
    LoadSpec spec = writes("");
    spec.in_order = true;
    spec.first_key = first_key;
    spec.keys = keys;
    spec.value_bytes = 100;
    spec.operations = 0;
    spec.clients = 8;
    spec.depth = 16;
    return good(run_load(spec));
  }

  static absl::StatusOr<LoadResult> good(absl::StatusOr<LoadResult> result) {
    if (result.ok() && result->errors > 0) return absl::InternalError(result->first_error);
    return result;
  }

  // From the answer to a write through the first node until a read of the second shows it.
  absl::Status visible() {
    auto writer = io::FrameClient::connect(nodes_[0].host, nodes_[0].tcp_port, kTimeoutMs);
    if (!writer.ok()) return writer.status();
    auto reader = io::FrameClient::connect(nodes_[1].host, nodes_[1].tcp_port, kTimeoutMs);
    if (!reader.ok()) return reader.status();
    Histogram delay_ns;
    for (uint64_t i = 0; i < kVisibleWrites; ++i) {
      const std::string key = bench_key(kVisibleKeys + i % 100);
      const std::string value = std::to_string(now_ns());
      pb::Request put, get;
      pb::Response answer;
      put.mutable_put()->set_key(key);
      put.mutable_put()->set_value(value);
      get.mutable_get()->set_key(key);
      if (absl::Status status = writer->call(put, &answer); !status.ok()) return status;
      if (answer.has_error()) return absl::InternalError(answer.error().message());
      const uint64_t written_ns = now_ns();
      do {
        if (absl::Status status = reader->call(get, &answer); !status.ok()) return status;
        if (answer.has_error()) return absl::InternalError(answer.error().message());
        if (seconds_since(written_ns) > kTimeoutMs / 1000.0)
          return absl::DeadlineExceededError("the second node never shows a write of the first");
      } while (answer.value().value() != value);
      delay_ns.record(now_ns() - written_ns);
    }
    tell("write shows on the second node, p50", double(delay_ns.quantile(0.5)) / 1000, "us",
         "< 500");
    tell("write shows on the second node, p99", double(delay_ns.quantile(0.99)) / 1000, "us",
         "< 2000");
    return absl::OkStatus();
  }

  absl::Status create(const std::string& name, int write_quorum) {
    const json body = {{"name", name},
                       {"type", "lww"},
                       {"replication_n", 3},
                       {"write_quorum", write_quorum},
                       {"read_quorum", 1}};
    return ask(nodes_[0], "POST", "/buckets", body.dump()).status();
  }

  absl::Status remove(const std::string& name) {
    return ask(nodes_[0], "DELETE", "/buckets/" + name).status();
  }

  // In turns, so that what else the machine does meets both.
  absl::Status quorums() {
    const std::string run = std::to_string(now_ns());
    const auto bucket = [&](int w) { return fmt::format("bench-w{}-{}", w, run); };
    double rate[2] = {0, 0};
    constexpr int kTurns = 3;
    for (const int w : {1, 2}) {
      if (absl::Status status = create(bucket(w), w); !status.ok()) return status;
    }
    for (int turn = 0; turn < kTurns; ++turn) {
      for (const int w : {1, 2}) {
        LoadSpec spec = writes(bucket(w));
        spec.seconds = options_.spec.seconds / kTurns;
        const absl::StatusOr<LoadResult> result = good(run_load(spec));
        if (!result.ok()) return result.status();
        rate[w - 1] += result->operations_per_second() / kTurns;
      }
    }
    tell(fmt::format("writes, W=1, {} connections", options_.spec.clients), rate[0], "/s");
    tell(fmt::format("writes, W=2, {} connections", options_.spec.clients), rate[1], "/s");
    tell("W=2 against W=1", rate[1] / rate[0], "x", "> 0.5");
    for (const int w : {1, 2}) {
      if (absl::Status status = remove(bucket(w)); !status.ok()) return status;
    }
    return settle(nodes_);
  }

  absl::Status bytes() {
    const absl::StatusOr<double> before = metric(nodes_, "vordb_peer_bytes_sent_total");
    if (!before.ok()) return before.status();
    const absl::StatusOr<LoadResult> result = write_each(kBytesKeys, kBytesWrites);
    if (!result.ok()) return result.status();
    if (absl::Status status = settle(nodes_); !status.ok()) return status;
    const absl::StatusOr<double> after = metric(nodes_, "vordb_peer_bytes_sent_total");
    if (!after.ok()) return after.status();
    const double copies = double(kBytesWrites) * double(nodes_.size() - 1);
    copy_bytes_ = (*after - *before) / copies;
    tell("bytes between nodes, a write of 100 B and a copy", copy_bytes_, "B",
         fmt::format("< {:.0f}", 2.5 * double(bench_key(kBytesKeys).size() + 100)));
    return absl::OkStatus();
  }

  absl::Status buckets() {
    const std::string run = std::to_string(now_ns());
    Histogram took_ns;
    for (int i = 0; i < kBuckets; ++i) {
      const uint64_t began_ns = now_ns();
      if (absl::Status status = create(fmt::format("bench-{}-{}", run, i), 1); !status.ok())
        return status;
      took_ns.record(now_ns() - began_ns);
    }
    for (int i = 0; i < kBuckets; ++i) {
      if (absl::Status status = remove(fmt::format("bench-{}-{}", run, i)); !status.ok())
        return status;
    }
    tell("bucket created, p50", double(took_ns.quantile(0.5)) / 1e6, "ms", "< 20");
    return absl::OkStatus();
  }

  absl::Status idle() {
    if (absl::Status status = settle(nodes_); !status.ok()) return status;
    sleep_ms(2000);  // what has settled is still told and forgotten
    const uint64_t began_ns = now_ns();
    const absl::StatusOr<std::vector<std::string>> before = metrics_of(nodes_);
    if (!before.ok()) return before.status();
    sleep_ms(int(2000 * options_.spec.seconds));
    const absl::StatusOr<std::vector<std::string>> after = metrics_of(nodes_);
    if (!after.ok()) return after.status();
    const double seconds = seconds_since(began_ns);
    const auto most = [&](const char* name) {
      double highest = 0;
      for (size_t i = 0; i < nodes_.size(); ++i)
        highest = std::max(highest, metric_sum((*after)[i], name) - metric_sum((*before)[i], name));
      return highest / seconds;
    };
    tell("idle, bytes sent a node", most("vordb_peer_bytes_sent_total"), "B/s", "< 2000");
    tell("idle, of a core a node", 100 * most("process_cpu_seconds_total"), "%", "< 1");
    tell("idle, commits a node", most("vordb_commits_total"), "/s", "0");
    return absl::OkStatus();
  }

  // The last node stands still while the first takes writes.
  absl::Status away() {
    if (options_.away_pid == 0) return absl::OkStatus();
    const uint64_t writes = options_.away_writes;
    std::vector<BenchNode> present = nodes_;
    present.pop_back();
    if (kill(options_.away_pid, SIGSTOP) != 0)
      return absl::InvalidArgumentError(
          fmt::format("process {} cannot be stopped; is it the last node's?", options_.away_pid));
    absl::StatusOr<LoadResult> result = write_each(kAwayKeys, writes);
    const absl::StatusOr<double> before = metric(present, "vordb_peer_bytes_sent_total");
    const absl::StatusOr<uint64_t> owed = repair_figure(nodes_[0], "unacknowledged_dots");
    const uint64_t back_ns = now_ns();
    kill(options_.away_pid, SIGCONT);
    if (!result.ok()) return result.status();
    if (!before.ok()) return before.status();
    if (!owed.ok()) return owed.status();
    if (*owed == 0)
      return absl::FailedPreconditionError(fmt::format(
          "nothing waits for the last node: is process {} another one?", options_.away_pid));
    if (absl::Status status = settle(present); !status.ok()) return status;
    const double seconds = seconds_since(back_ns);
    const absl::StatusOr<double> after = metric(present, "vordb_peer_bytes_sent_total");
    if (!after.ok()) return after.status();
    const double missed = double(writes) * copy_bytes_;
    tell(fmt::format("away for {} writes, caught up after", writes), seconds, "s", "< 10");
    tell("sent to it, against what an owner that is there is sent", (*after - *before) / missed,
         "x", "< 1.5");
    return absl::OkStatus();
  }

  const BenchOptions& options_;
  const BenchReport& report_;
  std::vector<BenchNode> nodes_;
  double copy_bytes_ = 0;  // sent for one write of 100 B to one other owner
};

}  // namespace

absl::StatusOr<BenchNode> parse_bench_node(std::string_view text) {
  const size_t colon = text.rfind(':');
  const std::optional<HostPort> tcp = parse_address(text.substr(0, colon));
  const std::optional<HostPort> http =
      colon == std::string_view::npos ? std::nullopt
                                      : parse_address("host" + std::string(text.substr(colon)));
  if (tcp && http) return BenchNode{tcp->host, tcp->port, http->port};
  return absl::InvalidArgumentError(
      fmt::format("\"{}\" is no node: host:tcp_port:http_port, such as 127.0.0.1:5001:4001", text));
}

double metric_sum(std::string_view metrics, std::string_view name) {
  double sum = 0;
  while (!metrics.empty()) {
    const std::string_view line = metrics.substr(0, metrics.find('\n'));
    metrics.remove_prefix(std::min(line.size() + 1, metrics.size()));
    if (line.substr(0, name.size()) != name || line.size() <= name.size()) continue;
    if (line[name.size()] != ' ' && line[name.size()] != '{') continue;
    double value = 0;
    std::from_chars(line.data() + line.rfind(' ') + 1, line.data() + line.size(), value);
    sum += value;
  }
  return sum;
}

absl::Status run_cluster(const BenchOptions& options, const BenchReport& report) {
  if (options.nodes.size() < 2)
    return absl::InvalidArgumentError("the run cluster wants two nodes or more: --node");
  return ClusterBench(options, report).run();
}

}  // namespace vordb::server
