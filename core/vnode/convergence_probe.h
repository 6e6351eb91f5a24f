// How long it takes until a mutation is known to be with every owner: measured for one of this
// vnode's own at a time, the first that becomes durable after the last one was measured.
#pragma once

#include <cstdint>
#include <optional>

#include "core/crdt/dot.h"
#include "core/fields.h"
#include "core/lag_histogram.h"

namespace vordb::vnode {

class ConvergenceProbe {
 public:
  // This mutation is durable here.
  void begin(const crdt::Dot& dot, uint64_t now_us) {
    if (dot_) return;
    dot_ = dot;
    since_us_ = now_us;
  }
  // Whom it waits for; nothing: none is under way.
  const std::optional<crdt::Dot>& dot() const { return dot_; }
  // Every owner has said that it holds dot().
  void end(uint64_t now_us) {
    lags_.record((now_us - since_us_) / 1000);
    dot_.reset();
  }

  const LagHistogram& lags() const { return lags_; }

  bool operator==(const ConvergenceProbe&) const = default;

 private:
  std::optional<crdt::Dot> dot_;
  uint64_t since_us_ = 0;
  LagHistogram lags_;
  VORDB_FIELDS(ConvergenceProbe, dot_, since_us_, lags_)
};

}  // namespace vordb::vnode
