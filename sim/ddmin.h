// Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input",
// 2002): what of a list can be left out while something about it stays as it is. Chunks are left
// out, all at first, then halves of what is left, and so on down to single ones.
#pragma once

#include <cstddef>
#include <functional>

namespace vordb::sim {

struct DdminList {
  // How many there are now. What is left out may take others with it.
  std::function<size_t()> count;
  // Leaves out those of [begin, end) if that keeps what must be kept, and says so. True: the rest
  // is in its order, and it cannot go on like that for ever.
  std::function<bool(size_t begin, size_t end)> leave_out;
  // False: no more time.
  std::function<bool()> go_on;
  size_t least = 1;  // no smaller chunks
};

// True: it came to its end, and no chunk of `least`, cut evenly, can be left out of what is there;
// with 1, no single one.
bool ddmin(const DdminList& list);

}  // namespace vordb::sim
