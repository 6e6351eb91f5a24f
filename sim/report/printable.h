// Text of a run as a terminal may get it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

namespace vordb::sim {

// Whatever a node logs must not move the cursor. Longer texts are cut.
inline std::string printable(std::string text, size_t max) {
  if (text.size() > max) text = text.substr(0, max) + " ...";
  std::replace_if(
      text.begin(), text.end(), [](char c) { return uint8_t(c) < ' '; }, '?');
  return text;
}

}  // namespace vordb::sim
