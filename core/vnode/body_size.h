// How much one body of updates may hold.
#pragma once

#include <cstddef>

#include "core/fields.h"

namespace vordb::vnode {

// A body of updates ends after the key that passes one of these bounds. A key's own closure is
// never cut: its entries show all of its dots (rule 3).
struct BodySize {
  static constexpr size_t kBytesMax = 1 << 20;
  static constexpr size_t kDotsMax = 1000;
  size_t bytes = 0;
  size_t dots = 0;

  // True once the body is to end.
  bool fills(size_t key_bytes, size_t key_dots) {
    bytes += key_bytes;
    dots += key_dots;
    return bytes >= kBytesMax || dots >= kDotsMax;
  }
  VORDB_FIELDS(BodySize, bytes, dots)
};

}  // namespace vordb::vnode
