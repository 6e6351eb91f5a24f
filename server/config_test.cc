// Settings: the three sources and their order, every kind of error with its place, and
// documentation that agrees.
#include "server/config.h"

#include <unistd.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <boost/algorithm/string/predicate.hpp>
#include <filesystem>
#include <fstream>

#include "io/testing/files.h"

namespace vordb::server {
namespace {

class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text) {
    static int next = 0;
    path_ = fmt::format("{}/vordb-config-{}-{}.toml",
                        std::filesystem::temp_directory_path().string(), getpid(), next++);
    std::ofstream(path_) << text;
  }
  ~ConfigFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Config load(const std::vector<std::string>& arguments, const Environment& environment = {}) {
  return load_config(arguments, environment, "/nonexistent/vordb.toml");
}

Config load_text(const std::string& toml) {
  ConfigFile file(toml);
  return load({"--config", file.path()});
}

// The one error of `config`, with the file's folder taken away.
std::string only_error(const Config& config) {
  REQUIRE_MESSAGE(config.errors.size() == 1, fmt::format("{}", fmt::join(config.errors, "\n")));
  const std::string& error = config.errors.front();
  const size_t toml = error.find(".toml");
  return toml == std::string::npos ? error : "file" + error.substr(toml);
}

TEST_CASE("without any settings the documented defaults hold") {
  const Config config = load({});
  REQUIRE(config.errors.empty());
  const Settings& s = config.settings;
  CHECK(s.host == "127.0.0.1");
  CHECK(s.http_port == 4001);
  CHECK(s.tcp_port == 5001);
  CHECK(s.cluster_port == 7001);
  CHECK(s.data_dir == "data/" + s.node_id);
  CHECK(s.min_free_mb == 2 * 16 * 4 + 64);
  CHECK(s.shards == std::max<uint64_t>(1, usable_cores() - 1));
  CHECK(s.durability == "fsync");
  CHECK(s.ring_size == 256);
  CHECK_FALSE(s.fresh_start);
}

TEST_CASE("a flag overrides the environment, which overrides the file") {
  ConfigFile file("http_port = 1001\ntcp_port = 1002\ncluster_port = 1003\n");
  const Config config =
      load({"--config", file.path(), "--http_port", "3001"},
           {{"VORDB_HTTP_PORT", "2001"}, {"VORDB_TCP_PORT", "2002"}, {"PATH", "/bin"}});
  REQUIRE(config.errors.empty());
  CHECK(config.settings.http_port == 3001);
  CHECK(config.settings.tcp_port == 2002);
  CHECK(config.settings.cluster_port == 1003);
  CHECK(config.origins.at("http_port") == "flag --http_port");
  CHECK(config.origins.at("tcp_port") == "environment variable VORDB_TCP_PORT");
  CHECK(config.origins.at("cluster_port") == file.path() + ":3:16");
}

TEST_CASE("the default file is read when it is there, and --config or VORDB_CONFIG name another") {
  ConfigFile here("zone = \"here\"\n"), there("zone = \"there\"\n");
  CHECK(load_config({}, {}, here.path()).settings.zone == "here");
  CHECK(load_config({"--config", there.path()}, {}, here.path()).settings.zone == "there");
  CHECK(load_config({}, {{"VORDB_CONFIG", there.path()}}, here.path()).settings.zone == "there");
}

TEST_CASE("every setting can be set in each of the three ways") {
  for (const Setting& setting : settings_table()) {
    CAPTURE(setting.name);
    // A value other than the default that passes every check on its own.
    std::string text = "other";
    if (setting.is_number())
      text = std::to_string(std::min(setting.max, std::max<uint64_t>(setting.min, 1) + 1));
    if (setting.is_number() &&
        std::get<uint64_t Settings::*>(setting.member) == &Settings::replication_n)
      text = "5";
    if (setting.is_flag())
      text = setting.member == Setting::Member(&Settings::fresh_start) ? "true" : "false";
    if (setting.is_list()) {
      const bool founds = setting.member == Setting::Member(&Settings::initial_members);
      text = founds ? load({}).settings.node_id + "=a:7001,other=b:7002" : "a:7001,b@c";
    }
    if (setting.choices)
      text = std::string(setting.choices).substr(std::string(setting.choices).rfind('|') + 1);
    Settings expected = load({}).settings;
    REQUIRE_FALSE(assign(expected, setting, text));

    std::string variable = fmt::format("VORDB_{}", setting.name);
    for (char& c : variable) c = char(toupper(c));
    const Config by_flag = load({fmt::format("--{}={}", setting.name, text)});
    const Config by_variable = load({}, {{variable, text}});
    const Config by_file =
        load_text(fmt::format("{} = {}\n", setting.name, toml_value(expected, setting)));
    for (const Config& config : {by_flag, by_variable, by_file}) {
      CHECK_MESSAGE(config.errors.empty(), fmt::format("{}", fmt::join(config.errors, "\n")));
      CHECK(toml_value(config.settings, setting) == toml_value(expected, setting));
      CHECK(config.origins.size() == 1);
    }
  }
}

TEST_CASE("flags may be written with dashes, and a lone boolean flag means true") {
  const Config config = load({"--node-id", "n7", "--fresh-start", "--metrics_enabled", "false"});
  REQUIRE(config.errors.empty());
  CHECK(config.settings.node_id == "n7");
  CHECK(config.settings.data_dir == "data/n7");
  CHECK(config.settings.fresh_start);
  CHECK_FALSE(config.settings.metrics_enabled);
}

TEST_CASE("an unknown setting is named with its place and a suggestion") {
  CHECK(only_error(load_text("zone = \"a\"\n  htpp_port = 4001\n")) ==
        "file.toml:2:3: there is no setting htpp_port; did you mean http_port?");
  CHECK(only_error(load({}, {{"VORDB_DURABLITY", "fsync"}})) ==
        "environment variable VORDB_DURABLITY: there is no setting durablity; did you mean "
        "durability?");
  CHECK(only_error(load({"--colour=red"})) == "flag --colour: there is no setting colour");
  CHECK(only_error(load({"serve"})) ==
        "argument serve: not expected; settings are --<name> <value>");
}

TEST_CASE("variables that Kubernetes sets for a service called vordb are not ours") {
  const Config config = load({}, {{"VORDB_SERVICE_HOST", "10.0.0.1"},
                                  {"VORDB_SERVICE_PORT_HTTP", "80"},
                                  {"VORDB_PORT", "tcp://10.0.0.1:80"},
                                  {"VORDB_PORT_80_TCP_ADDR", "10.0.0.1"},
                                  {"VORDB_PEER_PORT_80_TCP", "tcp://10.0.0.1:80"}});
  CHECK_MESSAGE(config.errors.empty(), fmt::format("{}", fmt::join(config.errors, "\n")));
}

TEST_CASE("a value out of range is named with its place and its range") {
  CHECK(only_error(load_text("http_port = 70000\n")) ==
        "file.toml:1:13: http_port = \"70000\" must be a whole number, 1 to 65535");
  CHECK(only_error(load_text("shards = -1\n")) ==
        "file.toml:1:10: shards = \"-1\" must be a whole number, 1 to 256");
  CHECK(only_error(load({}, {{"VORDB_SHARDS", "0"}})) ==
        "environment variable VORDB_SHARDS: shards = \"0\" must be a whole number, 1 to 256");
  CHECK(only_error(load({"--replication_n", "10"})) ==
        "flag --replication_n: replication_n = \"10\" must be a whole number, 1 to 9");
  CHECK(only_error(load({"--durability", "maybe"})) ==
        "flag --durability: durability = \"maybe\" must be one of fsync, buffered");
}

TEST_CASE("a value of the wrong kind is named with its place and what it must be") {
  CHECK(only_error(load_text("http_port = \"4001\"\n")) ==
        "file.toml:1:13: http_port must be a whole number, 1 to 65535");
  CHECK(only_error(load_text("node_id = 3\n")) == "file.toml:1:11: node_id must be text");
  CHECK(only_error(load_text("fresh_start = \"yes\"\n")) ==
        "file.toml:1:15: fresh_start must be true or false");
  CHECK(only_error(load_text("seed_nodes = \"a:7001\"\n")) ==
        "file.toml:1:14: seed_nodes must be a list of texts");
  CHECK(only_error(load_text("[http_port]\n")) ==
        "file.toml:1:1: http_port must be a whole number, 1 to 65535");
  for (const char* text : {"", "4e3", "0x10", "+5", " 5", "5 ", "5.0", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK(only_error(load({}, {{"VORDB_HTTP_PORT", text}})) ==
          fmt::format("environment variable VORDB_HTTP_PORT: http_port = \"{}\" must be a whole "
                      "number, 1 to 65535",
                      text));
  }
}

TEST_CASE("a file that is missing or no TOML is named with the line") {
  CHECK(boost::algorithm::contains(only_error(load({"--config", "/nonexistent/x"})),
                                   "/nonexistent/x: cannot be read"));
  CHECK(boost::algorithm::starts_with(only_error(load_text("zone = \"a\"\nhost = = 3\n")),
                                      "file.toml:2:8: "));
  CHECK(boost::algorithm::starts_with(only_error(load_text("zone = \"a\"\nzone = \"b\"\n")),
                                      "file.toml:2:"));
}

TEST_CASE("a file of settings that cannot be read is an error, the default one too") {
  const std::string folder = std::filesystem::temp_directory_path().string();
  const std::string wrong = folder + ": cannot be read: Is a directory";
  CHECK(boost::algorithm::starts_with(only_error(load({"--config", folder})), wrong));
  CHECK(boost::algorithm::starts_with(only_error(load({}, {{"VORDB_CONFIG", folder}})), wrong));
  CHECK(boost::algorithm::starts_with(only_error(load_config({}, {}, folder)), wrong));
  const std::string link = fmt::format("{}/vordb-link-{}", folder, getpid());
  std::filesystem::create_symlink(link, link);
  CHECK(boost::algorithm::contains(only_error(load_config({}, {}, link)), "cannot be read"));
  std::filesystem::remove(link);
}

TEST_CASE("settings that contradict each other are named") {
  CHECK(only_error(load({"--tcp_port", "4001"})) ==
        "default: http_port must differ from the other ports");
  CHECK(only_error(load({"--tcp_port", "64000"})) ==
        "default: cluster_port would be tcp_port + 2000 = 66000: set it, 1 to 65535");
  CHECK(only_error(load({"--default_write_quorum", "4"})) ==
        "flag --default_write_quorum: default_write_quorum must be at most replication_n");
  CHECK(only_error(load({"--default_read_quorum", "4"})) ==
        "flag --default_read_quorum: default_read_quorum must be at most replication_n");
  CHECK(only_error(load({"--ring_size", "8", "--column_families", "9"})) ==
        "flag --column_families: column_families must be at most ring_size");
  CHECK(load({"--ring_size", "8"}).settings.column_families == 8);
  CHECK(boost::algorithm::starts_with(only_error(load({"--node_id", "a b"})),
                                      "flag --node_id: node_id must be 1 to 64 letters"));
}

TEST_CASE("seed nodes are host:port or name@host") {
  const Config config = load({"--seed_nodes", "a:7001, n1@b ,n2@c:7002"});
  REQUIRE(config.errors.empty());
  CHECK(config.settings.seed_nodes == std::vector<std::string>{"a:7001", "n1@b", "n2@c:7002"});
  for (const char* seed : {"a", "a:", ":7001", "a:0", "a:65536", "n1@", "@b", "n 1@b", "a:x"}) {
    CAPTURE(seed);
    CHECK(boost::algorithm::contains(only_error(load({"--seed_nodes", seed})),
                                     "must be host:port or name@host[:port]"));
  }
}

TEST_CASE("initial members are one list that names this node, and exclude seeds") {
  const Config config =
      load_text("node_id = \"a\"\ninitial_members = [\"a=h:7001\", \"b=[::1]:7001\"]\n");
  CHECK(config.errors.empty());
  CHECK(config.settings.initial_members == std::vector<std::string>{"a=h:7001", "b=[::1]:7001"});
  CHECK(load({"--node_id", "a"}, {{"VORDB_INITIAL_MEMBERS", "b=i:1, a=h:1"}})
            .settings.initial_members == std::vector<std::string>{"b=i:1", "a=h:1"});
  const auto refusal = [](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"--node_id", "a"});
    return only_error(load(flags));
  };
  CHECK(refusal({"--initial_members", "b=h:1"}) ==
        "flag --initial_members: initial_members must name this node, a, too");
  CHECK(refusal({"--initial_members", "a=h:1", "--seed_nodes", "h:1"}) ==
        "flag --initial_members: initial_members and seed_nodes exclude one another: a node founds "
        "a cluster or joins one");
  CHECK(boost::algorithm::contains(refusal({"--initial_members", "a=h"}),
                                   "must be node_id=host:port"));
}

TEST_CASE("IPv6 addresses stand in brackets where a port follows") {
  const Config config = load({"--seed_nodes", "[::1]:7001,n@[fe80::2]"});
  CHECK(config.errors.empty());
  for (const char* seed : {"::1:7001", "[::1]", "n@::1"}) {
    CAPTURE(seed);
    CHECK(boost::algorithm::contains(only_error(load({"--seed_nodes", seed})), "in brackets"));
  }
  CHECK(load({"--host", "[::1]"}).settings.host == "::1");
}

TEST_CASE("peers are told the host, or what advertise names") {
  CHECK(load({"--host", "10.0.0.1"}).settings.advertise == "10.0.0.1");
  CHECK(load({"--host", "0.0.0.0", "--advertise", "node1.lan"}).settings.advertise == "node1.lan");
  CHECK(load({"--host", "::", "--advertise", "[fd00::1]"}).settings.advertise == "fd00::1");
  for (const char* host : {"0.0.0.0", "::", "0", "[::]"}) {
    CAPTURE(host);
    CHECK(boost::algorithm::contains(only_error(load({"--host", host})), "set advertise to"));
    CHECK(boost::algorithm::contains(only_error(load({"--advertise", host})),
                                     "flag --advertise: advertise must be a name or an address"));
  }
  for (const char* wrong : {"a:7001", "[::1]:7001", "a b", "http://a"}) {
    CAPTURE(wrong);
    CHECK(boost::algorithm::contains(only_error(load({"--advertise", wrong})), "without a port"));
    CHECK(boost::algorithm::contains(only_error(load({"--host", wrong, "--advertise", "a"})),
                                     "without a port"));
  }
}

TEST_CASE("all errors are reported, not only the first") {
  ConfigFile file("a_b = 1\nshards = 0\n");
  CHECK(load({"--config", file.path(), "--xyz"}, {{"VORDB_ZZZ", "1"}}).errors.size() == 4);
}

TEST_CASE("what --print-config prints is a file with the same settings") {
  const std::vector<std::string> arguments = {"--node_id",     "n1",           "--zone",
                                              "a\"b\\\n\x01",  "--seed_nodes", "a:7001,b@c",
                                              "--fresh_start", "--shards",     "3"};
  std::vector<std::string> printing = arguments;
  printing.push_back("--print-config");
  const Config printed = load(printing);
  REQUIRE(printed.action == Config::Action::kPrint);
  const Config again = load_text(printed.text);
  CHECK_MESSAGE(again.errors.empty(), fmt::format("{}", fmt::join(again.errors, "\n")));
  CHECK(again.settings == load(arguments).settings);
  CHECK(boost::algorithm::contains(printed.text, "shards = 3  # flag --shards\n"));
}

TEST_CASE("--help names every setting with its range and default") {
  const Config config = load({"--help"});
  REQUIRE(config.action == Config::Action::kPrint);
  for (const Setting& setting : settings_table()) {
    CAPTURE(setting.name);
    CHECK(boost::algorithm::contains(config.text, fmt::format("--{}", setting.name)));
  }
}

TEST_CASE("docs/configuration.md holds the table that the code prints") {
  const std::string docs = io::read_file(std::string(VORDB_SOURCE_DIR) + "/docs/configuration.md");
  CHECK_MESSAGE(
      boost::algorithm::contains(docs, config_docs()),
      "replace the tables in docs/configuration.md by what `vordb --print-config-docs` prints");
}

}  // namespace
}  // namespace vordb::server
