#include "server/config.h"

#include <sched.h>
#include <unistd.h>

#include <fmt/format.h>

#include <toml++/toml.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <set>
#include <system_error>

#include "core/cluster/founding.h"
#include "core/host_port.h"
#include "server/common/read_bytes.h"

namespace vordb::server {
namespace {

constexpr std::string_view kPrefix = "VORDB_";
// Names a configuration file, as --config does.
constexpr const char* kConfigVariable = "VORDB_CONFIG";

std::string unknown(const std::string& place, std::string_view name) {
  std::string text = fmt::format("{}: there is no setting {}", place, name);
  if (const auto meant = closest_setting(name)) text += fmt::format("; did you mean {}?", *meant);
  return text;
}

void set(Config& config, const Setting& setting, std::string_view text, const std::string& place) {
  if (const auto problem = assign(config.settings, setting, text)) {
    config.errors.push_back(fmt::format("{}: {} = \"{}\" {}", place, setting.name, text, *problem));
    return;
  }
  config.origins[setting.name] = place;
}

// ---- the file ----

std::string place_of(const std::string& file, const toml::source_region& region) {
  return fmt::format("{}:{}:{}", file, region.begin.line, region.begin.column);
}

// The node as text that assign() reads, or nothing when its TOML type is not the setting's.
std::optional<std::string> text_of(const toml::node& node, const Setting& setting) {
  if (setting.is_number() && node.is_integer()) return std::to_string(node.ref<int64_t>());
  if (setting.is_flag() && node.is_boolean()) return node.ref<bool>() ? "true" : "false";
  if (setting.is_list() && node.is_array()) {
    std::vector<std::string> items;
    for (const toml::node& item : *node.as_array()) {
      if (!item.is_string()) return std::nullopt;
      items.push_back(item.ref<std::string>());
    }
    return fmt::format("{}", fmt::join(items, ","));
  }
  if (!setting.is_number() && !setting.is_flag() && !setting.is_list() && node.is_string()) {
    return node.ref<std::string>();
  }
  return std::nullopt;
}

// `must_be_there`: somebody named the file.
void read_file(Config& config, const std::string& file, bool must_be_there) {
  std::string bytes;
  const int failure = read_bytes(file, SIZE_MAX, &bytes);
  if (failure == ENOENT && !must_be_there) return;
  if (failure != 0) {
    config.errors.push_back(fmt::format("{}: cannot be read: {}; it must be a TOML file", file,
                                        std::generic_category().message(failure)));
    return;
  }
  toml::table table;
  try {
    table = toml::parse(bytes, file);
  } catch (const toml::parse_error& error) {
    config.errors.push_back(
        fmt::format("{}: {}", place_of(file, error.source()), error.description()));
    return;
  }
  for (const auto& [key, node] : table) {
    const Setting* setting = find_setting(key.str());
    if (!setting) {
      config.errors.push_back(unknown(place_of(file, key.source()), key.str()));
      continue;
    }
    const std::string place = place_of(file, node.source());
    if (const auto text = text_of(node, *setting)) {
      set(config, *setting, *text, place);
    } else {
      config.errors.push_back(
          fmt::format("{}: {} must be {}", place, setting->name, range_text(*setting)));
    }
  }
}

// ---- the environment ----

// Kubernetes gives every container variables about the services near it; of a service called
// `vordb` they begin like ours and mean nothing to us.
bool is_service_link(std::string_view name) {
  return boost::algorithm::starts_with(name, "SERVICE_") || name == "PORT" ||
         boost::algorithm::starts_with(name, "PORT_") ||
         boost::algorithm::contains(name, "_SERVICE_HOST") ||
         boost::algorithm::contains(name, "_SERVICE_PORT") ||
         boost::algorithm::contains(name, "_PORT_");
}

void read_environment(Config& config, const Environment& environment) {
  for (const auto& [variable, value] : environment) {
    if (!boost::algorithm::starts_with(variable, kPrefix) || variable == kConfigVariable) continue;
    const std::string_view name = std::string_view(variable).substr(kPrefix.size());
    const Setting* setting = find_setting(boost::algorithm::to_lower_copy(std::string(name)));
    const std::string place = fmt::format("environment variable {}", variable);
    if (setting && boost::algorithm::to_upper_copy(std::string(name)) == name) {
      set(config, *setting, value, place);
    } else if (!is_service_link(name)) {
      config.errors.push_back(unknown(place, boost::algorithm::to_lower_copy(std::string(name))));
    }
  }
}

// ---- flags ----

struct Flags {
  std::string config_file;
  bool version = false;
  bool print_config = false;
  bool print_config_docs = false;
  std::map<std::string, std::string> values;  // setting -> text
};

// Declares --node_id and, for those used to it, --node-id.
void declare(CLI::App& app, const Setting& setting, Flags& flags) {
  std::string names = fmt::format("--{}", setting.name);
  const std::string dashed = boost::algorithm::replace_all_copy(names, "_", "-");
  if (dashed != names) names += fmt::format(",{}", dashed);
  const std::string name = setting.name;
  const auto store = [&flags, name](const CLI::results_t& results) {
    flags.values[name] = results.empty() || results.front().empty() ? "" : results.front();
    return true;
  };
  const std::string meaning = fmt::format("{} Allowed: {}. Default: {}.", setting.meaning,
                                          range_text(setting), default_text(setting));
  CLI::Option* option = app.add_option(names, store, meaning)->group(setting.group)->type_name("");
  if (setting.is_flag()) option->expected(0, 1)->default_str("true");
}

void read_flags(Config& config, CLI::App& app, Flags& flags,
                const std::vector<std::string>& arguments) {
  app.allow_extras();
  app.add_option("--config", flags.config_file,
                 "TOML file with settings. Default: vordb.toml, if it is there.");
  app.add_flag("--version", flags.version, "Prints the version and exits.");
  app.add_flag(
      "--print-config", flags.print_config,
      "Prints the settings in force as a TOML file, with where each comes from, and exits.");
  app.add_flag("--print-config-docs", flags.print_config_docs,
               "Prints the table of docs/configuration.md and exits.");
  app.add_flag("--accept-log-loss", config.accept_log_loss,
               "Starts although the store's log has lost synced writes, without them: once, after "
               "a start was refused for it.");
  for (const Setting& setting : settings_table()) declare(app, setting, flags);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    config.action = Config::Action::kPrint;
    config.text = app.help();
  } catch (const CLI::ParseError& error) {
    config.errors.push_back(fmt::format("command line: {}", error.what()));
  }
  for (const std::string& extra : app.remaining()) {
    if (!boost::algorithm::starts_with(extra, "--")) {
      config.errors.push_back(
          fmt::format("argument {}: not expected; settings are --<name> <value>", extra));
      continue;
    }
    const std::string flag = extra.substr(0, extra.find('='));
    config.errors.push_back(
        unknown("flag " + flag, boost::algorithm::replace_all_copy(flag.substr(2), "-", "_")));
  }
}

// ---- what depends on other settings ----

std::string host_name() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "node1";
  return name;
}

void fill_derived(Config& config) {
  Settings& s = config.settings;
  const auto absent = [&](const char* name) { return !config.origins.contains(name); };
  if (absent("node_id")) s.node_id = host_name();
  s.host = without_brackets(s.host);
  s.advertise = without_brackets(absent("advertise") ? s.host : s.advertise);
  if (absent("cluster_port")) s.cluster_port = s.tcp_port + 2000;
  if (absent("min_free_mb")) s.min_free_mb = 2 * s.column_families * s.cf_write_buffer_size_mb + 64;
  if (absent("shards")) s.shards = std::clamp<uint64_t>(usable_cores() - 1, 1, 256);
  if (absent("column_families")) s.column_families = std::min(s.column_families, s.ring_size);
  s.data_dir = boost::algorithm::replace_all_copy(s.data_dir, "{node_id}", s.node_id);
}

void check_together(Config& config) {
  const Settings& s = config.settings;
  const auto wrong = [&](const char* name, const std::string& why) {
    const auto origin = config.origins.find(name);
    const std::string place = origin == config.origins.end() ? "default" : origin->second;
    config.errors.push_back(fmt::format("{}: {} {}", place, name, why));
  };
  if (!is_node_id(s.node_id)) wrong("node_id", "must be 1 to 64 letters, digits, '.', '_' or '-'");
  if (!is_host(s.host)) wrong("host", "must be a name or an address, without a port");
  const bool advertises = config.origins.contains("advertise");
  if (!advertises && is_every_address(s.host)) {
    wrong("host", fmt::format("= \"{}\" takes connections at every address, and is none that other "
                              "nodes can reach: set advertise to this machine's name or address",
                              s.host));
  } else if (advertises && (!is_host(s.advertise) || is_every_address(s.advertise))) {
    wrong("advertise", "must be a name or an address that other nodes can reach, without a port");
  }
  if (s.data_dir.empty()) wrong("data_dir", "must not be empty");
  if (s.zone.size() > 64) wrong("zone", "must be at most 64 bytes long");
  if (s.cluster_port > 65535) {
    wrong("cluster_port",
          fmt::format("would be tcp_port + 2000 = {}: set it, 1 to 65535", s.cluster_port));
  }
  if (s.http_port == s.tcp_port || s.http_port == s.cluster_port)
    wrong("http_port", "must differ from the other ports");
  if (s.tcp_port == s.cluster_port) wrong("cluster_port", "must differ from tcp_port");
  if (s.default_write_quorum > s.replication_n)
    wrong("default_write_quorum", "must be at most replication_n");
  if (s.default_read_quorum > s.replication_n)
    wrong("default_read_quorum", "must be at most replication_n");
  if (s.column_families > s.ring_size) wrong("column_families", "must be at most ring_size");
  for (const std::string& seed : s.seed_nodes) {
    if (!parse_seed(seed)) {
      wrong("seed_nodes",
            fmt::format("holds \"{}\": must be host:port or name@host[:port], port 1 to 65535, an "
                        "IPv6 address in brackets",
                        seed));
    }
  }
  if (s.initial_members.empty()) return;
  NodeOptions node;
  node.node_id = s.node_id;
  node.seed_nodes = s.seed_nodes;
  node.initial_members = s.initial_members;
  const absl::Status listed = cluster::listed_members(node).status();
  if (!listed.ok()) wrong("initial_members", std::string(listed.message()));
}

}  // namespace

uint64_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

Environment process_environment() {
  Environment environment;
  for (char** at = environ; *at; ++at) {
    const std::string_view entry = *at;
    const size_t equals = entry.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return environment;
}

Config load_config(const std::vector<std::string>& arguments, const Environment& environment,
                   const std::string& default_file) {
  Config config;
  Flags flags;
  CLI::App app("VorDB: a masterless, replicated key-value store whose values are CRDTs.", "vordb");
  read_flags(config, app, flags, arguments);
  if (config.action == Config::Action::kPrint) return config;

  const auto variable = environment.find(kConfigVariable);
  if (flags.config_file.empty() && variable != environment.end())
    flags.config_file = variable->second;
  const bool named = !flags.config_file.empty();
  read_file(config, named ? flags.config_file : default_file, named);
  read_environment(config, environment);
  for (const auto& [name, text] : flags.values) {
    set(config, *find_setting(name), text, fmt::format("flag --{}", name));
  }
  fill_derived(config);
  if (config.errors.empty()) check_together(config);

  if (flags.version) config.text = fmt::format("vordb {}\n", kVersion);
  if (flags.print_config_docs) config.text = config_docs();
  if (flags.version || flags.print_config_docs) {
    config.errors.clear();
  } else if (flags.print_config) {
    config.text = print_config(config);
  }
  if (!config.text.empty()) config.action = Config::Action::kPrint;
  return config;
}

}  // namespace vordb::server
