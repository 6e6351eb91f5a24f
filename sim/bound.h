// A reference from a part of a simulated world to what surrounds it. A copy of the part is bound to
// nothing until its owner binds it to the copy's surroundings: so no copy can reach into the world
// that it came from, and one that was forgotten breaks an assertion at its first use.
#pragma once

#include "core/assert.h"

namespace vordb::sim {

template <typename T>
class Bound {
 public:
  Bound() = default;
  Bound(T& target) : target_(&target) {}
  Bound(const Bound&) {}
  // What moves stays in its world.
  Bound(Bound&& other) noexcept : target_(other.target_) {}
  // Stays bound to what it was bound to.
  Bound& operator=(const Bound&) { return *this; }
  Bound& operator=(Bound&& other) noexcept {
    target_ = other.target_;
    return *this;
  }

  void bind(T& target) { target_ = &target; }

  T& operator*() const {
    VORDB_ASSERT(target_ != nullptr, "a part of a copied world is bound before it is used");
    return *target_;
  }
  T* operator->() const { return &**this; }
  operator T&() const { return **this; }

 private:
  T* target_ = nullptr;
};

}  // namespace vordb::sim
