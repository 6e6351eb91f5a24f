// How much one body of updates may hold.
#pragma once

#include <cstddef>

#include "core/env/knobs.h"
#include "core/fields.h"

namespace vordb::vnode {

// A body of updates ends after the key that passes one of these bounds. A key's own closure is
// never cut: its entries show all of its dots (rule 3).
struct BodyLimits {
  static BodyLimits of(const Knobs& knobs) {
    return {knobs.body_bytes_max, knobs.body_dots_max, knobs.body_asked_max};
  }

  size_t bytes_max = kDefaultKnobs.body_bytes_max;
  size_t dots_max = kDefaultKnobs.body_dots_max;
  size_t asked_max = kDefaultKnobs.body_asked_max;  // of those that were asked for
  VORDB_FIELDS(BodyLimits, bytes_max, dots_max, asked_max)
};

struct BodySize {
  size_t bytes = 0;
  size_t dots = 0;

  // True once the body is to end.
  bool fills(size_t key_bytes, size_t key_dots, const BodyLimits& limits) {
    bytes += key_bytes;
    dots += key_dots;
    return bytes >= limits.bytes_max || dots >= limits.dots_max;
  }
  VORDB_FIELDS(BodySize, bytes, dots)
};

}  // namespace vordb::vnode
