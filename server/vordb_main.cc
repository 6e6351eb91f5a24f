// vordb: one node. Reads its settings, holds its data directory, runs until SIGTERM or SIGINT, then
// answers what is in flight and exits. Exit status: 0 stopped as asked, 1 could not start, 2 wrong
// settings.
#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "core/host_port.h"
#include "io/data_dir.h"
#include "io/logging.h"
#include "io/runtime.h"
#include "server/common/standard_files.h"
#include "server/config.h"

namespace vordb::server {
namespace {

// What a client may take to read its answers after SIGTERM; closing the store must fit into the
// rest of 5 s.
constexpr uint64_t kDrainMs = 3500;

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Without its own setting: not below the busy and idle clients of a small site.
constexpr uint64_t kHttpConnectionsMin = 4096;

// Connections and table files are descriptors; the usual soft limit of 1,024 is too small for both.
// The limit that holds then.
uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t soft = std::exchange(limit.rlim_cur, limit.rlim_max);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : soft;
}

// What the limit leaves for connections, and a warning when that is less than the settings allow.
absl::StatusOr<io::DescriptorShares> share_descriptors(const Settings& settings,
                                                       spdlog::logger& log) {
  io::DescriptorWish wish;
  wish.limit = raise_descriptor_limit();
  wish.shards = uint16_t(settings.shards);
  wish.tcp_connections = uint32_t(settings.tcp_max_connections);
  wish.http_connections = uint32_t(std::max(settings.tcp_max_connections, kHttpConnectionsMin));
  absl::StatusOr<io::DescriptorShares> shares = io::share_descriptors(wish);
  if (shares.ok() && shares->cut) {
    log.warn(
        "the limit of open files is {}: at most {} TCP and {} HTTP connections are taken, not {} "
        "and {}; a limit of {} would be enough (ulimit -n, LimitNOFILE= of systemd)",
        wish.limit, shares->tcp_connections, shares->http_connections, wish.tcp_connections,
        wish.http_connections, shares->limit_for_all);
  }
  return shares;
}

// For tests of an upgrade: this program, as if it were the version before.
constexpr const char* kFormerVersion = "TEST_FORMER_VORDB_VERSION";

NodeOptions node_options(const Settings& settings) {
  NodeOptions node;
  node.features = std::getenv(kFormerVersion) ? former_features() : program_features();
  node.node_id = settings.node_id;
  node.address = format_address(settings.advertise, uint16_t(settings.cluster_port));
  node.zone = settings.zone;
  node.seed_nodes = settings.seed_nodes;
  node.initial_members = settings.initial_members;
  node.ring_size = uint32_t(settings.ring_size);
  node.column_families = uint16_t(settings.column_families);
  node.shards = uint16_t(settings.shards);
  node.replication_n = uint8_t(settings.replication_n);
  node.default_write_quorum = uint8_t(settings.default_write_quorum);
  node.default_read_quorum = uint8_t(settings.default_read_quorum);
  node.default_ttl_seconds = settings.default_ttl_seconds;
  node.write_quorum_timeout_ms = settings.write_quorum_timeout_ms;
  node.read_quorum_timeout_ms = settings.read_quorum_timeout_ms;
  node.sync_interval_ms = settings.sync_interval_ms;
  node.scrub_interval_ms = settings.scrub_interval_ms;
  node.ring_gossip_interval_ms = settings.ring_gossip_interval_ms;
  node.handoff_bytes_per_s = settings.handoff_mb_per_s << 20;
  node.ttl_sweep_interval_ms = settings.ttl_sweep_interval_seconds * 1000;
  node.max_clock_drift_ms = settings.max_clock_drift_ms;
  node.cache_bytes = (settings.cache_size_mb << 20) / settings.shards;
  node.max_reply_bytes = settings.tcp_max_message_size_mb << 20;
  node.durability_buffered = settings.durability == "buffered";
  return node;
}

io::RuntimeOptions runtime_options(const Settings& settings, const std::string& store_path,
                                   const io::DescriptorShares& descriptors) {
  io::RuntimeOptions options;
  options.node = node_options(settings);
  options.host = settings.host;
  options.http_port = uint16_t(settings.http_port);
  options.tcp_port = uint16_t(settings.tcp_port);
  options.cluster_port = uint16_t(settings.cluster_port);
  options.store_path = store_path;
  options.write_buffer_mb = settings.cf_write_buffer_size_mb;
  options.block_cache_mb = settings.block_cache_size_mb;
  options.min_free_mb = settings.min_free_mb;
  options.descriptors = descriptors;
  options.max_frame_bytes = uint32_t(settings.tcp_max_message_size_mb << 20);
  options.idle_timeout_ms = settings.idle_timeout_ms;
  options.metrics_enabled = settings.metrics_enabled;
  return options;
}

// Deletes the data when that was asked for. False: it could not.
bool make_fresh(const Settings& settings, io::DataDir& dir, spdlog::logger& log) {
  if (!settings.fresh_start) return true;
  const absl::StatusOr<bool> cleared = dir.clear();
  if (!cleared.ok()) {
    log.error("fresh_start: {}", std::string(cleared.status().message()));
    return false;
  }
  log.warn("fresh_start: {} {}", *cleared ? "deleted all data in" : "there was no data in",
           settings.data_dir);
  return true;
}

// The node's life. The exit status.
int serve(const Config& config, const std::shared_ptr<spdlog::logger>& log) {
  const Settings& settings = config.settings;
  const absl::StatusOr<io::DescriptorShares> descriptors = share_descriptors(settings, *log);
  if (!descriptors.ok()) {
    log->error("cannot start: {}", std::string(descriptors.status().message()));
    return 1;
  }
  absl::StatusOr<io::DataDir> dir = io::DataDir::open(settings.data_dir);
  if (!dir.ok()) {
    log->error("{}", std::string(dir.status().message()));
    return 1;
  }
  if (!make_fresh(settings, *dir, *log)) return 1;
  io::RuntimeOptions options = runtime_options(settings, dir->store_path(), *descriptors);
  options.accept_log_loss = config.accept_log_loss;
  io::Runtime runtime(std::move(options), log);
  if (const absl::Status status = runtime.start(); !status.ok()) {
    log->error("cannot start: {}", std::string(status.message()));
    return 1;
  }
  log->info(
      "vordb is ready: version {}, node {}, http {}, tcp {}, data_dir {}, ring_size {}, "
      "shards {}, durability {}, cluster port {}",
      kVersion, settings.node_id, format_address(settings.host, uint16_t(settings.http_port)),
      format_address(settings.host, uint16_t(settings.tcp_port)), settings.data_dir,
      settings.ring_size, settings.shards, settings.durability, settings.cluster_port);
  const sigset_t signals = stop_signals();
  int signal = 0;
  sigwait(&signals, &signal);
  log->info("{}: answering what is in flight, then stopping",
            signal == SIGTERM ? "SIGTERM" : "SIGINT");
  if (!runtime.drain(kDrainMs))
    log->warn("some clients did not take their answers within {} ms", kDrainMs);
  return 0;
}

int print(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return 0;
  io::write_to_standard_error("vordb: standard output cannot be written\n");
  return 1;
}

int run(int argc, char** argv) {
  hold_standard_files();
  const Config config =
      load_config(std::vector<std::string>(argv + 1, argv + argc), process_environment());
  if (!config.errors.empty()) {
    std::string text;
    for (const std::string& error : config.errors) text += fmt::format("vordb: {}\n", error);
    io::write_to_standard_error(text);
    return 2;
  }
  if (config.action == Config::Action::kPrint) return print(config.text);
  // Before the first thread, so that every one of them leaves the signals to sigwait.
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const std::shared_ptr<spdlog::logger> log =
      io::make_logger(config.settings.log_level, config.settings.log_format == "json");
  const int status = serve(config, log);
  if (status == 0) log->info("stopped");
  if (!io::finish_logging()) _exit(status);
  return status;
}

}  // namespace
}  // namespace vordb::server

int main(int argc, char** argv) { return vordb::server::run(argc, argv); }
