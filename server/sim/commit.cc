#include "server/sim/commit.h"

#include <charconv>
#include <filesystem>

#include "server/common/read_bytes.h"
#include "server/sim/process.h"

namespace vordb::server {

std::string commit_of(const std::string& source, const std::string& folder) {
  constexpr size_t kHashMax = 100;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string out = folder + "/commit";
  const CommandEnd end =
      execute({{"git", "-C", source, "rev-parse", "HEAD"}, out, folder + "/git.log"});
  std::string hash;
  if (end.code != 0 || read_bytes(out, kHashMax, &hash) != 0) return "";
  return hash.substr(0, hash.find('\n'));
}

uint64_t seed_of_commit(const std::string& hash) {
  constexpr size_t kDigits = 8;
  uint64_t seed = 0;
  if (hash.size() < kDigits) return 1;
  const auto [stop, failed] = std::from_chars(hash.data(), hash.data() + kDigits, seed, 16);
  return failed == std::errc() && stop == hash.data() + kDigits ? seed : 1;
}

}  // namespace vordb::server
