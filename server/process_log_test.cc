// A node whose store's log was damaged while it was down: it does not start as if nothing were
// lost. A write that was torn by a crash is no such damage.
#include <fmt/format.h>

#include <doctest/doctest.h>
#include <csignal>
#include <filesystem>
#include <iterator>

#include "server/process_harness.h"

namespace vordb::server {
namespace {

namespace fs = std::filesystem;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

fs::path log_of(const NodeProcess& node) {
  fs::path log;
  for (const auto& entry : fs::directory_iterator(node.data_dir() + "/store"))
    if (entry.path().extension() == ".log" && entry.path() > log) log = entry.path();
  REQUIRE_FALSE(log.empty());
  return log;
}

// Where these bytes first lie in the file.
uint64_t find(const fs::path& path, const std::string& bytes) {
  const size_t at = read_file(path).find(bytes);
  REQUIRE(at != std::string::npos);
  return at;
}

int get_status(NodeProcess& node, const std::string& key) {
  return node.http("GET", "/kv/" + key).status;
}

// Three writes, each acknowledged, then kill -9, all within the second in which the store does not
// note anew how far its log is synced: on a slow machine too, so the note of before is put back.
void write_three_and_crash(NodeProcess& node) {
  node.start();
  const fs::path note = node.data_dir() + "/store/SYNCED";
  const fs::path saved = node.data_dir() + "/note";
  fs::copy(note, saved);
  for (const char* n : {"1", "2", "3"}) {
    const std::string body = fmt::format(R"({{"value":"the value {}"}})", n);
    REQUIRE(node.http("PUT", fmt::format("/kv/k{}", n), body).status == 200);
  }
  node.kill_hard();
  fs::rename(saved, note);
}

void check_refused(NodeProcess& node, const std::string& what) {
  node.launch();
  CHECK(node.wait() == 1);
  CAPTURE(node.log());
  CHECK(contains(node.log(), "cannot start: " + what));
  CHECK(contains(node.log(), "--accept-log-loss"));
}

TEST_CASE("a flipped bit in the middle of the log stops the start, until its loss is accepted") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  write_three_and_crash(node);
  const fs::path log = log_of(node);
  io::flip_bit(log, find(log, "the value 2"), 0);
  check_refused(node, log.string() + ": the record at byte ");
  check_refused(node, log.string() + ": the record at byte ");
  CHECK(contains(node.log(), "whole records behind the damage: "));

  node.start({"--accept-log-loss"});
  CHECK(contains(node.log(), "accepted as lost: " + log.string()));
  CHECK(get_status(node, "k1") == 200);
  CHECK(get_status(node, "k2") == 404);
  CHECK(get_status(node, "k3") == 404);
  node.kill_hard();
  node.start();
  CHECK(get_status(node, "k1") == 200);
}

TEST_CASE("a log that was removed stops the start, until its loss is accepted") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  write_three_and_crash(node);
  const fs::path log = log_of(node);
  fs::rename(log, dir.path() + "/aside");
  check_refused(node, log.string() + " is missing");
  // Put back, nothing is lost.
  fs::rename(dir.path() + "/aside", log);
  node.start();
  CHECK(get_status(node, "k3") == 200);
}

TEST_CASE("a write that a crash has torn is cut from the log, and the node says how much") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  write_three_and_crash(node);
  const fs::path log = log_of(node);
  fs::resize_file(log, find(log, "the value 3"));
  node.start();
  CHECK(contains(node.log(), log.string() + ": the record at byte "));
  CHECK(contains(node.log(), "taken for a write that was under way; cut are "));
  CHECK(get_status(node, "k2") == 200);
  CHECK(get_status(node, "k3") == 404);
}

TEST_CASE("a node that was stopped has promised its log to the last byte") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  node.start();
  REQUIRE(node.http("PUT", "/kv/k", R"({"value":"the value"})").status == 200);
  node.signal(SIGTERM);
  REQUIRE(node.wait() == 0);
  const fs::path log = log_of(node);
  io::flip_bit(log, find(log, "the value"), 0);
  check_refused(node, log.string() + ": the record at byte ");
  CHECK(contains(node.log(), "which were synced up to"));
}

}  // namespace
}  // namespace vordb::server
