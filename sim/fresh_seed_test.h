// Seeds that nobody has tried yet: other ones for every commit, and the same for everybody who
// tests it.
#pragma once

#include <stdio.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

namespace vordb::sim {

inline uint64_t first_fresh_seed() {
  constexpr uint64_t kWithoutCommit = 5001;
  const std::string command =
      "git -C '" + std::string(VORDB_SOURCE_DIR) + "' rev-parse HEAD 2>/dev/null";
  std::array<char, 64> hash{};
  FILE* git = popen(command.c_str(), "r");
  const bool known = git != nullptr && fgets(hash.data(), int(hash.size()), git) != nullptr;
  if (git != nullptr) pclose(git);
  if (!known) {
    MESSAGE("no commit can be told here: the fresh seeds begin at ", kWithoutCommit);
    return kWithoutCommit;
  }
  const uint64_t first = std::strtoull(std::string(hash.data(), 8).c_str(), nullptr, 16);
  MESSAGE("the fresh seeds of this commit begin at ", first);
  return first;
}

}  // namespace vordb::sim
