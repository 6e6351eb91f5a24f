// The commit that a checkout stands at, and the seeds that nobody has tried before it.
#pragma once

#include <cstdint>
#include <string>

namespace vordb::server {

// Its whole hash; empty where git tells of none. What git says goes to files in `folder`, which is
// made.
std::string commit_of(const std::string& source, const std::string& folder);

// The number that the first eight digits of the hash make; 1 of none.
uint64_t seed_of_commit(const std::string& hash);

}  // namespace vordb::server
