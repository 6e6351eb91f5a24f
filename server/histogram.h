// A log-linear histogram of 64-bit values: each power of two is cut into 64 equal cells, so that a
// quantile is exact below 64 and at most 1/64 (1.6 %) too high above. Recording is an increment;
// memory is 30 KB whatever is recorded.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace vordb::server {

class Histogram {
 public:
  void record(uint64_t value) {
    ++cells_[cell_of(value)];
    ++count_;
    sum_ += double(value);
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
  }

  void merge(const Histogram& other) {
    for (size_t i = 0; i < cells_.size(); ++i) cells_[i] += other.cells_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
  }

  uint64_t count() const { return count_; }
  uint64_t min() const { return count_ == 0 ? 0 : min_; }
  uint64_t max() const { return max_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / double(count_); }

  // The smallest recorded value such that at least this share (0 to 1) of all values is no greater,
  // rounded up to the end of its cell. 0 when nothing was recorded.
  uint64_t quantile(double share) const {
    const double wanted = std::clamp(share, 0.0, 1.0) * double(count_);
    uint64_t seen = 0;
    for (size_t i = 0; i < cells_.size(); ++i) {
      seen += cells_[i];
      if (seen != 0 && double(seen) >= wanted) return std::clamp(end_of(i), min_, max_);
    }
    return max_;
  }

 private:
  static constexpr int kCellBits = 6;
  static constexpr uint64_t kCells = 1 << kCellBits;

  // Values below 64 have a cell each; above, the highest 7 bits of a value name its cell.
  static size_t cell_of(uint64_t value) {
    if (value < kCells) return value;
    const int shift = std::bit_width(value) - 1 - kCellBits;
    return (uint64_t(shift) << kCellBits) + (value >> shift);
  }

  // The greatest value in a cell.
  static uint64_t end_of(size_t cell) {
    if (cell < kCells) return cell;
    const int shift = int(cell >> kCellBits) - 1;
    const uint64_t top = (cell & (kCells - 1)) + kCells;
    return (top << shift) + ((uint64_t{1} << shift) - 1);
  }

  std::array<uint64_t, (64 - kCellBits + 1) * kCells> cells_{};
  uint64_t count_ = 0;
  double sum_ = 0;
  uint64_t min_ = UINT64_MAX;
  uint64_t max_ = 0;
};

}  // namespace vordb::server
