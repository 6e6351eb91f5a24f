// A 128-bit rolling hash over values, the same on every compiler and platform: what equality of
// states and of runs is judged by.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace vordb {

class Fingerprint {
 public:
  void add(std::string_view bytes);
  template <typename Integer>
  requires std::is_integral_v<Integer>
  void add(Integer value) { add_word(uint64_t(value)); }

  std::pair<uint64_t, uint64_t> digest() const { return {high_, low_}; }

 private:
  void add_word(uint64_t word);

  uint64_t high_ = 0;
  uint64_t low_ = 0;
};

}  // namespace vordb
