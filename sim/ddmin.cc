#include "sim/ddmin.h"

#include <algorithm>

namespace vordb::sim {

namespace {

enum class Pass { kNothing, kSomething, kNoTime };

Pass leave_out_chunks(const DdminList& list, size_t chunk) {
  Pass pass = Pass::kNothing;
  for (size_t begin = 0; begin < list.count();) {
    if (!list.go_on()) return Pass::kNoTime;
    const size_t end = std::min(begin + chunk, list.count());
    if (list.leave_out(begin, end)) {
      pass = Pass::kSomething;
    } else {
      begin = end;
    }
  }
  return pass;
}

}  // namespace

bool ddmin(const DdminList& list) {
  const size_t least = std::max<size_t>(list.least, 1);
  size_t chunk = std::max(list.count(), least);
  while (list.count() > 0) {
    const Pass pass = leave_out_chunks(list, chunk);
    if (pass == Pass::kNoTime) return false;
    // What was needed by something that is gone may not be needed any more.
    if (chunk == least && pass == Pass::kNothing) return true;
    chunk = std::max(std::min(chunk, list.count()) / 2, least);
  }
  return true;
}

}  // namespace vordb::sim
