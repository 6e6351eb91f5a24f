// A value that is shared until it is written: to copy it costs a count, and a clone is made when a
// holder that is not alone asks to edit it. What is copied whole and changed in few places, like a
// shard with its many actors, is made of these.
//
// The count is a plain number: all copies of one value live on one thread at a time. They may move
// to another thread together, not one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace vordb {

template <typename T>
class Cow {
 public:
  Cow() : shared_(new Shared{1, T{}}) {}
  explicit Cow(T value) : shared_(new Shared{1, std::move(value)}) {}
  Cow(const Cow& other) : shared_(other.shared_) { hold(); }
  // Of a Cow that was moved from nothing can be asked; it may be assigned to.
  Cow(Cow&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  Cow& operator=(const Cow& other) {
    Cow copy(other);
    std::swap(shared_, copy.shared_);
    return *this;
  }
  Cow& operator=(Cow&& other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~Cow() { release(); }

  const T& operator*() const { return shared_->value; }
  const T* operator->() const { return &shared_->value; }

  // The value of this holder alone. The reference holds until the Cow is copied.
  T& edit() {
    if (shared_->holders != 1) [[unlikely]]
      clone();
    shared_->digest_known = false;
    return shared_->value;
  }

  // What `hash` makes of the value, kept until the value is edited. Always the same `hash`.
  template <typename Hash>
  std::pair<uint64_t, uint64_t> digest(Hash&& hash) const {
    if (!shared_->digest_known) {
      shared_->digest = hash(shared_->value);
      shared_->digest_known = true;
    }
    return shared_->digest;
  }

  // Whether both hold one and the same value: what is equal may lie apart.
  bool shares(const Cow& other) const { return shared_ == other.shared_; }
  bool operator==(const Cow& other) const {
    return shares(other) || shared_->value == other.shared_->value;
  }

 private:
  struct Shared {
    size_t holders;
    T value;
    bool digest_known = false;
    std::pair<uint64_t, uint64_t> digest = {};
  };

  void hold() {
    if (shared_) ++shared_->holders;
  }
  void release() {
    if (shared_ && --shared_->holders == 0) delete shared_;
  }
  // Not inlined: the way of a holder that is alone stays short.
  [[gnu::noinline]] void clone() {
    Shared* own = new Shared{1, shared_->value};
    --shared_->holders;
    shared_ = own;
  }

  Shared* shared_;
};

}  // namespace vordb
