// Questions that are asked in processes of their own, whose standard error goes nowhere: what
// aborts there must not end this one, and says no.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>

namespace vordb::server {

// Asks without waiting for the answer. -1: no process could be started; errno says why.
pid_t ask_apart(const std::function<bool()>& body);

bool judge_apart(const std::function<bool()>& body);

// To how many of `count` the answer is yes; `jobs` >= 1 of them are asked at a time.
uint32_t count_apart(uint32_t count, uint32_t jobs, const std::function<bool(uint32_t)>& body);

}  // namespace vordb::server
