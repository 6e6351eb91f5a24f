#include "core/closest_name.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace vordb {

namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view closest_name(std::string_view name, const std::vector<std::string_view>& names) {
  std::string_view best;
  size_t best_distance = std::max<size_t>(2, name.size() / 4) + 1;
  for (const std::string_view other : names) {
    // Each letter more or less is a change of its own; what others send may be long.
    if (std::max(name.size(), other.size()) - std::min(name.size(), other.size()) >= best_distance)
      continue;
    const size_t distance = edit_distance(name, other);
    if (distance >= best_distance) continue;
    best = other;
    best_distance = distance;
  }
  return best;
}

}  // namespace vordb
