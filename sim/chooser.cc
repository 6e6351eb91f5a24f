#include "sim/chooser.h"

#include "core/assert.h"

namespace vordb::sim {

namespace {

// splitmix64, to spread a seed over the state (Vigna, "Further scramblings of Marsaglia's xorshift
// generators").
uint64_t splitmix(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t rotate_left(uint64_t word, int by) { return (word << by) | (word >> (64 - by)); }

}  // namespace

Chooser::Chooser(uint64_t seed) {
  for (uint64_t& word : state_) word = splitmix(seed);
}

// xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021).
uint64_t Chooser::bits() {
  ++draws_;
  const uint64_t result = rotate_left(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = rotate_left(state_[3], 45);
  return result;
}

uint64_t Chooser::below(uint64_t bound) {
  VORDB_ASSERT(bound >= 1, "a choice has at least one outcome");
  // The high half of a 128-bit product: uniform enough for bounds far below 2^64, and the same on
  // every compiler.
  return uint64_t((static_cast<unsigned __int128>(bits()) * bound) >> 64);
}

}  // namespace vordb::sim
