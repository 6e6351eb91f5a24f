// The kernel's entropy as the door core/env/random.h. Bytes are fetched many at a time: most draws
// are a copy.
#pragma once

#include <sys/random.h>

#include <array>

#include "core/assert.h"
#include "core/env/random.h"

namespace vordb::io {

class SystemRandom final : public Random {
 public:
  uint64_t next() override {
    if (at_ == words_.size()) refill();
    return words_[at_++];
  }

 private:
  // getrandom() gives up to 256 bytes at once and whole once the system has started.
  void refill() {
    const ssize_t got = getrandom(words_.data(), sizeof words_, 0);
    VORDB_ASSERT(got == ssize_t(sizeof words_), "the kernel gives entropy");
    at_ = 0;
  }

  std::array<uint64_t, 32> words_{};
  size_t at_ = words_.size();
};

}  // namespace vordb::io
