// What core relies on in a Random: 64 uniform bits, a new word each time. Checked on the simulated
// and on the machine's.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "io/system_random.h"
#include "sim/sim_random.h"

namespace vordb {
namespace {

void check_contract(Random& random) {
  constexpr int kWords = 4096;
  std::array<int, 64> ones{};
  std::vector<uint64_t> words;
  for (int i = 0; i < kWords; ++i) {
    words.push_back(random.next());
    for (int bit = 0; bit < 64; ++bit) ones[size_t(bit)] += int(words.back() >> bit & 1);
  }
  // 8 standard deviations (32 each) on either side: false once in 10^13 runs.
  for (const int count : ones) {
    CHECK(count > kWords / 2 - 8 * 32);
    CHECK(count < kWords / 2 + 8 * 32);
  }
  std::sort(words.begin(), words.end());
  CHECK(std::unique(words.begin(), words.end()) == words.end());
}

TEST_CASE("random contract: the simulated side, which repeats with its seed") {
  sim::Chooser chooser(5), again(5), other(6);
  sim::SimRandom random(chooser), same(again), different(other);
  check_contract(random);
  check_contract(same);
  CHECK(chooser.draws() == 4096);
  CHECK(random.next() == same.next());
  CHECK(random.next() != different.next());
}

TEST_CASE("random contract: the machine's side, which does not repeat") {
  io::SystemRandom random, other;
  check_contract(random);
  CHECK(random.next() != other.next());
}

}  // namespace
}  // namespace vordb
