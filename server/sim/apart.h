// Questions that are asked in processes of their own, for what aborts there must not end this one:
// it says no.
#pragma once

#include <cstdint>
#include <functional>

namespace vordb::server {

bool judge_apart(const std::function<bool()>& body);

// To how many of `count` the answer is yes; `jobs` >= 1 of them are asked at a time.
uint32_t count_apart(uint32_t count, uint32_t jobs, const std::function<bool(uint32_t)>& body);

}  // namespace vordb::server
