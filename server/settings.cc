#include "server/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <charconv>

#include "core/closest_name.h"

namespace vordb::server {
namespace {

constexpr uint64_t kDayMs = 24ull * 3600 * 1000;
constexpr uint64_t kHundredYearsSeconds = 3153600000;
constexpr uint64_t kTebibyteMb = 1ull << 20;

using S = Settings;

const Setting kTable[] = {
    {.name = "node_id",
     .group = "Identity",
     .member = &S::node_id,
     .default_text = "the host name",
     .meaning = "Name of this node in the cluster: 1 to 64 letters, digits, `.`, `_` or `-`."},
    {.name = "host",
     .group = "Identity",
     .member = &S::host,
     .meaning = "Name or address that all three ports are bound to; `0.0.0.0` or `::` stands for "
                "every address of the machine."},
    {.name = "advertise",
     .group = "Identity",
     .member = &S::advertise,
     .default_text = "host",
     .meaning = "Name or address at which other nodes reach this one, without a port. Must be set "
                "where `host` is `0.0.0.0` or `::`."},
    {.name = "http_port",
     .group = "Identity",
     .member = &S::http_port,
     .min = 1,
     .max = 65535,
     .meaning = "Port of the HTTP API, metrics and admin routes."},
    {.name = "tcp_port",
     .group = "Identity",
     .member = &S::tcp_port,
     .min = 1,
     .max = 65535,
     .meaning = "Port of the binary client protocol."},
    {.name = "cluster_port",
     .group = "Identity",
     .member = &S::cluster_port,
     .min = 1,
     .max = 65535,
     .default_text = "tcp_port + 2000",
     .meaning = "Port that other nodes connect to."},
    {.name = "data_dir",
     .group = "Identity",
     .member = &S::data_dir,
     .meaning =
         "Folder of everything durable; made when absent. `{node_id}` stands for the node's name."},
    {.name = "zone",
     .group = "Identity",
     .member = &S::zone,
     .meaning =
         "Rack or data centre: replicas of a key go to different zones where there are enough."},
    {.name = "seed_nodes",
     .group = "Identity",
     .member = &S::seed_nodes,
     .meaning = "Members to join through at the first start: `host:port` or `name@host[:port]` of "
                "cluster ports; an IPv6 address stands in brackets, `[::1]:7001`."},
    {.name = "initial_members",
     .group = "Identity",
     .member = &S::initial_members,
     .meaning = "Members that found one cluster at their first start, this node among them: "
                "`node_id=host:port` of 1 to 9 cluster ports, the same list on each, and no "
                "`seed_nodes`. Ignored once there is data."},

    {.name = "ring_size",
     .group = "Defaults of new buckets",
     .member = &S::ring_size,
     .min = 1,
     .max = 4096,
     .meaning = "Partitions of the key space; fixed when the cluster is created."},
    {.name = "replication_n",
     .group = "Defaults of new buckets",
     .member = &S::replication_n,
     .min = 1,
     .max = 9,
     .meaning = "Replicas of each key."},
    {.name = "default_write_quorum",
     .group = "Defaults of new buckets",
     .member = &S::default_write_quorum,
     .min = 1,
     .max = 9,
     .meaning = "Replicas that hold a write durably before it is acknowledged (W)."},
    {.name = "default_read_quorum",
     .group = "Defaults of new buckets",
     .member = &S::default_read_quorum,
     .min = 1,
     .max = 9,
     .meaning = "Replicas that answer a read (R)."},

    {.name = "durability",
     .group = "Storage",
     .member = &S::durability,
     .choices = "fsync|buffered",
     .meaning = "`fsync`: an acknowledged write survives power loss. `buffered`: it survives kill "
                "-9, and a power loss "
                "takes at most the last interval."},
    {.name = "column_families",
     .group = "Storage",
     .member = &S::column_families,
     .min = 1,
     .max = 1024,
     .meaning = "RocksDB column families that the partitions are spread over; fixed when the data "
                "directory is made. "
                "At most ring_size."},
    {.name = "cf_write_buffer_size_mb",
     .group = "Storage",
     .member = &S::cf_write_buffer_size_mb,
     .min = 1,
     .max = 4096,
     .meaning = "Memory of one column family's newest writes, MiB."},
    {.name = "block_cache_size_mb",
     .group = "Storage",
     .member = &S::block_cache_size_mb,
     .min = 1,
     .max = kTebibyteMb,
     .meaning = "Memory for blocks read from disk, MiB."},
    {.name = "cache_size_mb",
     .group = "Storage",
     .member = &S::cache_size_mb,
     .min = 0,
     .max = kTebibyteMb,
     .meaning = "Memory for whole keys, over all shards, MiB; 0 keeps none."},
    {.name = "min_free_mb",
     .group = "Storage",
     .member = &S::min_free_mb,
     .min = 0,
     .max = kTebibyteMb,
     .default_text = "2 x column_families x cf_write_buffer_size_mb + 64",
     .meaning = "Free space on the device of data_dir below which additions are refused with "
                "`disk_full`, MiB; below half of it removals are too."},

    {.name = "shards",
     .group = "Threads",
     .member = &S::shards,
     .min = 1,
     .max = 256,
     .default_text = "cores of the process - 1, at least 1",
     .meaning = "Threads that run node logic."},

    {.name = "sync_interval_ms",
     .group = "Cluster",
     .member = &S::sync_interval_ms,
     .min = 10,
     .max = kDayMs,
     .meaning = "How often replicas compare what they have, ms."},
    {.name = "scrub_interval_ms",
     .group = "Cluster",
     .member = &S::scrub_interval_ms,
     .min = 0,
     .max = 30 * kDayMs,
     .meaning = "How often the owners of a partition compare all that they hold, entry by entry, "
                "ms. 0: only when asked (`vordb-cli cluster full-sync`)."},
    {.name = "ring_gossip_interval_ms",
     .group = "Cluster",
     .member = &S::ring_gossip_interval_ms,
     .min = 10,
     .max = kDayMs,
     .meaning = "How often members exchange the configuration, ms."},
    {.name = "write_quorum_timeout_ms",
     .group = "Cluster",
     .member = &S::write_quorum_timeout_ms,
     .min = 10,
     .max = 600000,
     .meaning = "How long a write waits for W replicas before it is answered `unknown`, ms."},
    {.name = "read_quorum_timeout_ms",
     .group = "Cluster",
     .member = &S::read_quorum_timeout_ms,
     .min = 10,
     .max = 600000,
     .meaning = "How long a read waits for R replicas, ms."},
    {.name = "handoff_mb_per_s",
     .group = "Cluster",
     .member = &S::handoff_mb_per_s,
     .min = 0,
     .max = 100000,
     .meaning =
         "Bytes that this node sends for moves of partitions, MiB/s; 0 = as fast as it can."},
    {.name = "max_clock_drift_ms",
     .group = "Cluster",
     .member = &S::max_clock_drift_ms,
     .min = 100,
     .max = kDayMs,
     .meaning = "A node whose clock is this far ahead of its peers refuses writes, ms."},

    {.name = "default_ttl_seconds",
     .group = "Expiry",
     .member = &S::default_ttl_seconds,
     .min = 0,
     .max = kHundredYearsSeconds,
     .meaning = "Time to live of new buckets that name none, s; 0 = values never expire."},
    {.name = "ttl_sweep_interval_seconds",
     .group = "Expiry",
     .member = &S::ttl_sweep_interval_seconds,
     .min = 1,
     .max = 86400,
     .meaning = "How often expired keys are cleared from disk, s. Reads never show them."},

    {.name = "tcp_max_connections",
     .group = "Limits",
     .member = &S::tcp_max_connections,
     .min = 1,
     .max = 1000000,
     .meaning = "Connections a listener holds; further ones are refused with an error."},
    {.name = "tcp_max_message_size_mb",
     .group = "Limits",
     .member = &S::tcp_max_message_size_mb,
     .min = 1,
     .max = 64,
     .meaning = "Largest frame of the binary protocol and largest answer, MiB."},
    {.name = "idle_timeout_ms",
     .group = "Limits",
     .member = &S::idle_timeout_ms,
     .min = 100,
     .max = kDayMs,
     .meaning = "A connection without a request for this long is closed, ms."},

    {.name = "metrics_enabled",
     .group = "Operations",
     .member = &S::metrics_enabled,
     .meaning = "Whether GET /metrics is served."},
    {.name = "log_level",
     .group = "Operations",
     .member = &S::log_level,
     .choices = "debug|info|warn|error",
     .meaning = "The least important lines that are logged."},
    {.name = "log_format",
     .group = "Operations",
     .member = &S::log_format,
     .choices = "text|json",
     .meaning = "Log lines for people or, one JSON object a line, for machines."},
    {.name = "fresh_start",
     .group = "Operations",
     .member = &S::fresh_start,
     .meaning = "Deletes everything in data_dir before starting, and logs that it did."},
};

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> parse_flag(std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

// The parts between `separator`, trimmed, without empty ones.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    std::string part = boost::algorithm::trim_copy(std::string(text.substr(0, end)));
    if (!part.empty()) parts.push_back(std::move(part));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool is_choice(const Setting& setting, std::string_view text) {
  if (!setting.choices) return true;
  const std::vector<std::string> choices = split(setting.choices, '|');
  return std::find(choices.begin(), choices.end(), text) != choices.end();
}

std::string toml_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      static constexpr char kHex[] = "0123456789abcdef";
      out += "\\u00";
      out += kHex[(c >> 4) & 15];
      out += kHex[c & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

std::span<const Setting> settings_table() { return kTable; }

const Setting* find_setting(std::string_view name) {
  for (const Setting& setting : kTable) {
    if (name == setting.name) return &setting;
  }
  return nullptr;
}

std::optional<std::string> closest_setting(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Setting& setting : kTable) names.push_back(setting.name);
  const std::string_view closest = closest_name(name, names);
  if (closest.empty()) return std::nullopt;
  return std::string(closest);
}

std::string range_text(const Setting& setting) {
  if (setting.is_number()) return fmt::format("a whole number, {} to {}", setting.min, setting.max);
  if (setting.is_flag()) return "true or false";
  if (setting.is_list()) return "a list of texts";
  if (setting.choices)
    return fmt::format("one of {}",
                       boost::algorithm::replace_all_copy(std::string(setting.choices), "|", ", "));
  return "text";
}

std::optional<std::string> assign(Settings& settings, const Setting& setting,
                                  std::string_view text) {
  const std::string must_be = fmt::format("must be {}", range_text(setting));
  if (const auto* member = std::get_if<uint64_t Settings::*>(&setting.member)) {
    const std::optional<uint64_t> number = parse_number(text);
    if (!number || *number < setting.min || *number > setting.max) return must_be;
    settings.*(*member) = *number;
  } else if (const auto* member = std::get_if<bool Settings::*>(&setting.member)) {
    const std::optional<bool> flag = parse_flag(text);
    if (!flag) return must_be;
    settings.*(*member) = *flag;
  } else if (const auto* member =
                 std::get_if<std::vector<std::string> Settings::*>(&setting.member)) {
    settings.*(*member) = split(text, ',');
  } else {
    if (!is_choice(setting, text)) return must_be;
    settings.*std::get<std::string Settings::*>(setting.member) = std::string(text);
  }
  return std::nullopt;
}

std::string toml_value(const Settings& settings, const Setting& setting) {
  if (const auto* member = std::get_if<uint64_t Settings::*>(&setting.member)) {
    return std::to_string(settings.*(*member));
  }
  if (const auto* member = std::get_if<bool Settings::*>(&setting.member)) {
    return settings.*(*member) ? "true" : "false";
  }
  if (const auto* member = std::get_if<std::vector<std::string> Settings::*>(&setting.member)) {
    std::vector<std::string> items;
    for (const std::string& item : settings.*(*member)) items.push_back(toml_quoted(item));
    return fmt::format("[{}]", fmt::join(items, ", "));
  }
  return toml_quoted(settings.*std::get<std::string Settings::*>(setting.member));
}

std::string default_text(const Setting& setting) {
  if (setting.default_text) return setting.default_text;
  return toml_value(Settings{}, setting);
}

}  // namespace vordb::server
