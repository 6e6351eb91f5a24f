// The settings of a node and the table that describes them.
//
// One row a setting: its name, range, default and meaning. Parsing, range checks, --help,
// --print-config and docs/configuration.md are all made from these rows, so a setting cannot be in
// one place and not in another.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vordb::server {

struct Settings {
  std::string node_id;
  std::string host = "127.0.0.1";
  std::string advertise;
  uint64_t http_port = 4001;
  uint64_t tcp_port = 5001;
  uint64_t cluster_port = 0;
  std::string data_dir = "data/{node_id}";
  std::string zone;
  std::vector<std::string> seed_nodes;
  std::vector<std::string> initial_members;

  uint64_t ring_size = 256;
  uint64_t replication_n = 3;
  uint64_t default_write_quorum = 1;
  uint64_t default_read_quorum = 1;

  std::string durability = "fsync";
  uint64_t column_families = 16;
  uint64_t cf_write_buffer_size_mb = 4;
  uint64_t block_cache_size_mb = 512;
  uint64_t cache_size_mb = 256;
  uint64_t min_free_mb = 0;

  uint64_t shards = 0;

  uint64_t sync_interval_ms = 1000;
  uint64_t scrub_interval_ms = 86400000;
  uint64_t ring_gossip_interval_ms = 5000;
  uint64_t write_quorum_timeout_ms = 5000;
  uint64_t read_quorum_timeout_ms = 3000;
  uint64_t handoff_mb_per_s = 32;
  uint64_t max_clock_drift_ms = 60000;

  uint64_t default_ttl_seconds = 0;
  uint64_t ttl_sweep_interval_seconds = 60;

  uint64_t tcp_max_connections = 1000;
  uint64_t tcp_max_message_size_mb = 16;
  uint64_t idle_timeout_ms = 60000;

  bool metrics_enabled = true;
  std::string log_level = "info";
  std::string log_format = "text";
  bool fresh_start = false;

  bool operator==(const Settings&) const = default;
};

struct Setting {
  using Member = std::variant<std::string Settings::*, uint64_t Settings::*, bool Settings::*,
                              std::vector<std::string> Settings::*>;

  const char* name;
  const char* group;
  Member member;
  uint64_t min = 0;  // of a number
  uint64_t max = 0;
  const char* choices = nullptr;  // of a text: the only ones allowed, separated by |
  const char* default_text =
      nullptr;  // of a default that depends on other settings or on the machine
  const char* meaning = "";

  bool is_number() const { return std::holds_alternative<uint64_t Settings::*>(member); }
  bool is_flag() const { return std::holds_alternative<bool Settings::*>(member); }
  bool is_list() const {
    return std::holds_alternative<std::vector<std::string> Settings::*>(member);
  }
};

// Every setting, in the order of the documentation.
std::span<const Setting> settings_table();

// The row of this name, or null.
const Setting* find_setting(std::string_view name);

// The known name that `name` probably meant, or nothing.
std::optional<std::string> closest_setting(std::string_view name);

// What a value must be, such as "a whole number, 1 to 65535".
std::string range_text(const Setting& setting);

// Sets the row's member from text as it stands in an environment variable or after a flag. On
// failure nothing changes and the answer says what the value must be.
std::optional<std::string> assign(Settings& settings, const Setting& setting,
                                  std::string_view text);

// The value as TOML: 4001, "info", true, ["a:7001"].
std::string toml_value(const Settings& settings, const Setting& setting);

// The default as documentation shows it.
std::string default_text(const Setting& setting);

}  // namespace vordb::server
