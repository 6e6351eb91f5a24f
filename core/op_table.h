// Operations that wait for something, by id. Ids are never reused while the table lives; iteration
// is in slot order, which is the same on every platform. A table whose ids other processes may
// remember begins at a random generation: what is still on its way to an earlier life names none of
// its operations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/assert.h"
#include "core/fields.h"
#include "core/ids.h"

namespace vordb {

template <typename T>
class OpTable {
 public:
  explicit OpTable(uint64_t first_generation = 0)
      : first_generation_(first_generation & (kGenerations - 1)) {}

  OpId insert(T value) {
    if (free_.empty()) {
      VORDB_ASSERT(slots_.size() < kSlotsMax, "fewer than 2^24 operations wait at once");
      free_.push_back(uint32_t(slots_.size()));
      slots_.emplace_back();
      slots_.back().generation = first_generation_;
    }
    const uint32_t index = free_.back();
    free_.pop_back();
    Slot& slot = slots_[index];
    slot.generation = (slot.generation + 1) & (kGenerations - 1);
    slot.used = true;
    slot.value = std::move(value);
    return slot.generation << kIndexBits | index;
  }

  // Null when the operation has ended.
  const T* find(OpId op) const {
    const size_t index = op & (kSlotsMax - 1);
    if (index >= slots_.size()) return nullptr;
    const Slot& slot = slots_[index];
    return slot.used && slot.generation == op >> kIndexBits ? &slot.value : nullptr;
  }
  T* find(OpId op) { return const_cast<T*>(std::as_const(*this).find(op)); }

  // Takes the operation out; it must be there.
  T take(OpId op) {
    T* found = find(op);
    VORDB_ASSERT(found, "an operation that waits");
    T value = std::move(*found);
    Slot& slot = slots_[op & (kSlotsMax - 1)];
    slot.used = false;
    slot.value = T{};
    free_.push_back(uint32_t(op & (kSlotsMax - 1)));
    return value;
  }

  size_t size() const { return slots_.size() - free_.size(); }
  bool empty() const { return size() == 0; }

  // Calls visit(OpId, const T&) for each operation that waits.
  template <typename Visitor>
  void for_each(Visitor&& visit) const {
    for (size_t index = 0; index < slots_.size(); ++index) {
      const Slot& slot = slots_[index];
      if (slot.used) visit(slot.generation << kIndexBits | index, slot.value);
    }
  }

 private:
  static constexpr int kIndexBits = 24;
  static constexpr size_t kSlotsMax = size_t{1} << kIndexBits;

  static constexpr uint64_t kGenerations = uint64_t{1} << (64 - kIndexBits);

  struct Slot {
    uint64_t generation = 0;
    bool used = false;
    T value{};
    VORDB_FIELDS(Slot, generation, used, value)
  };

  uint64_t first_generation_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  VORDB_FIELDS(OpTable, first_generation_, slots_, free_)
};

}  // namespace vordb
