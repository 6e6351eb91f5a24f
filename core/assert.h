// Assertions that stay on in release builds. They state what our own code must hold; bad input is
// never asserted, it is answered with an error. A broken assertion ends the process: going on could
// lose acknowledged data.
#pragma once

namespace vordb {

// Prints the broken assertion and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* why, const char* file,
                                   int line);

}  // namespace vordb

#define VORDB_ASSERT(condition, why)                                  \
  do {                                                                \
    if (!(condition)) [[unlikely]]                                    \
      ::vordb::assertion_failed(#condition, why, __FILE__, __LINE__); \
  } while (false)
