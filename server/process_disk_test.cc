// A node whose disk fills up or lies: refused writes that say so, reads that go on, and damage that
// is reported and never served.
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "proto/client.pb.h"
#include "server/process_harness.h"

namespace vordb::server {
namespace {

pb::Response call(io::FrameClient& client, const pb::Request& request) {
  pb::Response response;
  const absl::Status status = client.call(request, &response);
  REQUIRE_MESSAGE(status.ok(), status.ToString());
  return response;
}

pb::Response put(io::FrameClient& client, const std::string& key, const std::string& value) {
  pb::Request request;
  request.mutable_put()->set_key(key);
  request.mutable_put()->set_value(value);
  return call(client, request);
}

pb::Response get(io::FrameClient& client, const std::string& key) {
  pb::Request request;
  request.mutable_get()->set_key(key);
  return call(client, request);
}

// Bytes that do not compress, the same for the same seed.
std::string noise(uint64_t seed, size_t bytes) {
  std::string out;
  uint64_t state = seed * 2654435761 + 1;
  while (out.size() < bytes) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    out += char(state >> 56);
  }
  return out;
}

// A file system of its own in a folder, gone with the object.
class SmallDisk {
 public:
  explicit SmallDisk(int mib) {
    mounted_ =
        mount("tmpfs", dir_.path().c_str(), "tmpfs", 0, fmt::format("size={}m", mib).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(dir_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  const std::string& path() const { return dir_.path(); }

 private:
  TempDir dir_;
  bool mounted_ = false;
};

TEST_CASE("a full disk refuses writes with a clear error, goes on reading, and recovers") {
  SmallDisk disk(160);
  if (!disk.mounted()) {
    MESSAGE("SKIPPED: mounting a tmpfs needs root");
    return;
  }
  const std::string ballast = disk.path() + "/ballast";
  std::ofstream(ballast) << std::string(48u << 20, 'x');
  // What is kept free must hold all that is in memory and still to be flushed.
  NodeProcess node(disk.path() + "/data", {"--min_free_mb", "32", "--column_families", "2",
                                           "--cf_write_buffer_size_mb", "2"});
  node.start();
  io::FrameClient client = node.client();
  const std::string value = noise(1, 100000);
  pb::Response refused;
  uint32_t written = 0;
  for (; written < 3000; ++written) {
    refused = put(client, fmt::format("k{}", written), value);
    if (refused.has_error()) break;
  }
  REQUIRE(refused.has_error());
  CHECK(refused.error().code() == "DISK_FULL");
  CHECK(refused.error().outcome() == pb::REJECTED);
  CHECK_FALSE(refused.error().message().empty());
  CHECK(written > 0);
  CHECK(node.http("PUT", "/kv/x", R"({"value":"v"})").status == 503);
  for (uint32_t i = 0; i < written; i += 50)
    CHECK(get(client, fmt::format("k{}", i)).value().value() == value);
  CHECK(get(client, fmt::format("k{}", written)).has_not_found());

  std::filesystem::remove(ballast);
  CHECK(poll_until(30000, [&] { return put(client, "after", "v").has_ok(); }));
  CHECK(get(client, "after").value().value() == "v");
  node.signal(SIGTERM);
  CHECK(node.wait(5000) == 0);
}

struct Place {
  std::filesystem::path file;
  uint64_t offset = 0;
};

// Where these bytes lie in a table file below a folder.
std::optional<Place> find_in_tables(const std::string& folder, const std::string& bytes) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".sst") continue;
    const size_t at = read_file(entry.path()).find(bytes);
    if (at != std::string::npos) return Place{entry.path(), at};
  }
  return std::nullopt;
}

constexpr uint32_t kKeys = 200;
constexpr size_t kValueBytes = 20000;

// Every key is served as it was written or answered with an error that says it is damaged; at least
// one of each.
void check_damage_is_reported(NodeProcess& node, uint32_t damaged) {
  io::FrameClient client = node.client();
  uint32_t served = 0;
  for (uint32_t i = 0; i < kKeys; ++i) {
    const pb::Response response = get(client, fmt::format("k{}", i));
    CAPTURE(response.error().ShortDebugString());
    if (response.has_value()) {
      CHECK(i != damaged);
      CHECK((response.value().value() == noise(i, kValueBytes)));
      ++served;
    } else {
      REQUIRE(response.has_error());
      CHECK(response.error().code() == "CORRUPT");
    }
  }
  CHECK(served > 0);
  CHECK(get(client, fmt::format("k{}", damaged)).error().code() == "CORRUPT");
}

TEST_CASE("a flipped byte in a table file is reported and never served") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data", {"--column_families", "1", "--cache_size_mb", "0"});
  node.start();
  {
    io::FrameClient client = node.client();
    for (uint32_t i = 0; i < kKeys; ++i) {
      REQUIRE(put(client, fmt::format("k{}", i), noise(i, kValueBytes)).has_ok());
    }
  }
  node.signal(SIGTERM);
  CHECK(node.wait(5000) == 0);
  // A node that meets the damage while it starts refuses to: then another value is damaged instead.
  bool reported_to_a_client = false;
  for (uint32_t key = 0; key < kKeys && !reported_to_a_client; key += 7) {
    const std::optional<Place> place =
        find_in_tables(node.data_dir(), noise(key, kValueBytes).substr(100, 100));
    if (!place) continue;
    io::flip_bit(place->file, place->offset, 6);
    node.launch();
    const bool exited = !poll_until(15000, [&] { return node.is_ready() || node.has_exited(); }) ||
                        node.has_exited();
    if (exited) {
      CHECK(node.wait() == 1);
      CHECK(node.log().find("Corruption") != std::string::npos);
      io::flip_bit(place->file, place->offset, 6);
      continue;
    }
    check_damage_is_reported(node, key);
    reported_to_a_client = true;
  }
  CHECK(reported_to_a_client);
}

}  // namespace
}  // namespace vordb::server
