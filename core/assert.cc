#include "core/assert.h"

#include <cstdio>
#include <cstdlib>

namespace vordb {

void assertion_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion broken: %s (%s)\n", file, line, why, condition);
  std::fflush(stderr);
  std::abort();
}

}  // namespace vordb
