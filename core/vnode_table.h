// The vnodes of a shard by placement. A copy shares them with its original; a vnode is cloned when
// it is edited while both hold it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/assert.h"
#include "core/cow.h"
#include "core/fields.h"
#include "core/ids.h"
#include "core/vnode/vnode.h"

namespace vordb {

class VnodeTable {
 public:
  using Slot = Cow<vnode::Vnode>;

  explicit VnodeTable(uint32_t ring_size) : ring_size_(ring_size) {}

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Null where there is none. The pointer holds until a vnode is added.
  const Slot* find(PlacementId id) const {
    const size_t at = index_of(id);
    return id.partition < ring_size_ && at < slots_.size() && slots_[at] ? &*slots_[at] : nullptr;
  }
  Slot* find(PlacementId id) { return const_cast<Slot*>(std::as_const(*this).find(id)); }

  // The placement has none yet.
  vnode::Vnode& add(PlacementId id, vnode::Vnode vnode) {
    VORDB_ASSERT(id.partition < ring_size_ && !find(id), "a placement has one vnode");
    const size_t at = index_of(id);
    if (at >= slots_.size()) slots_.resize(at + 1);
    ++size_;
    return slots_[at].emplace(std::move(vnode)).edit();
  }

  // There is one.
  void erase(PlacementId id) {
    VORDB_ASSERT(find(id), "only what is there is erased");
    slots_[index_of(id)].reset();
    --size_;
  }

  void clear() {
    slots_.clear();
    size_ = 0;
  }

  // The one that follows `cursor`, which it becomes; after the last comes the first. Not while the
  // table is empty.
  Slot& next(PlacementId& cursor) {
    VORDB_ASSERT(size_ > 0, "there is a next one");
    for (size_t at = index_of(cursor) + 1;; ++at) {
      if (at >= slots_.size()) at = 0;
      if (!slots_[at]) continue;
      cursor = (*slots_[at])->id();
      return *slots_[at];
    }
  }

  // Calls visit(Slot&) for each, in the order of placements.
  template <typename Visitor>
  void for_each(Visitor&& visit) {
    for (auto& slot : slots_) {
      if (slot) visit(*slot);
    }
  }
  // Calls visit(const Slot& theirs, const Slot& ours) for each placement that has one in both.
  template <typename Visitor>
  void for_each_pair(const VnodeTable& other, Visitor&& visit) const {
    for (size_t at = 0; at < std::min(slots_.size(), other.slots_.size()); ++at) {
      if (slots_[at] && other.slots_[at]) visit(*other.slots_[at], *slots_[at]);
    }
  }
  // And visit(const vnode::Vnode&).
  template <typename Visitor>
  void for_each(Visitor&& visit) const {
    for (const auto& slot : slots_) {
      if (slot) visit(**slot);
    }
  }

 private:
  size_t index_of(PlacementId id) const { return size_t(id.n) * ring_size_ + id.partition; }

  uint32_t ring_size_;
  std::vector<std::optional<Slot>> slots_;  // by n and partition; only partitions of this shard
  size_t size_ = 0;
  VORDB_FIELDS(VnodeTable, ring_size_, slots_, size_)
};

}  // namespace vordb
