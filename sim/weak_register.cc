#include "sim/weak_register.h"

#include <algorithm>

#include "core/assert.h"

namespace vordb::sim {

void WeakRegister::began(uint64_t call, bool value, Step) {
  // Mostly at the end: a call that waited for another was numbered before it began.
  const auto at = std::upper_bound(writes_.begin(), writes_.end(), call,
                                   [](uint64_t id, const Write& write) { return id < write.call; });
  VORDB_ASSERT(at == writes_.begin() || (at - 1)->call != call, "a call begins once");
  writes_.insert(at, {call, kNever, 0, UINT64_MAX, value, true, false, false});
  ++standing_;
  open_deletes_ += !value;
}

WeakRegister::Write* WeakRegister::find(uint64_t call) {
  const auto found =
      std::lower_bound(writes_.begin(), writes_.end(), call,
                       [](const Write& write, uint64_t id) { return write.call < id; });
  return found == writes_.end() || found->call != call ? nullptr : &*found;
}

void WeakRegister::close(Write& write, uint64_t low_ms, uint64_t high_ms) {
  write.low_ms = low_ms;
  write.high_ms = high_ms;
  if (!write.open) return;
  write.open = false;
  if (write.value) return;
  --open_deletes_;
  if (!write.refused) deleted_ms_ = std::max(deleted_ms_, high_ms);
}

void WeakRegister::acknowledged(uint64_t call, Step end, uint64_t timestamp_ms) {
  Write* write = find(call);
  VORDB_ASSERT(write != nullptr, "only a write that began is acknowledged");
  write->end = end;
  close(*write, timestamp_ms, timestamp_ms);
}

bool WeakRegister::refused(uint64_t call) {
  Write* write = find(call);
  VORDB_ASSERT(write != nullptr, "only a write that began is refused");
  write->refused = true;
  --standing_;
  close(*write, 0, 0);
  return !write->shown;
}

void WeakRegister::lost_sight(uint64_t call, uint64_t high_ms) {
  Write* write = find(call);
  VORDB_ASSERT(write != nullptr, "only a write that began can be lost sight of");
  close(*write, 0, high_ms);
}

WeakRegister::Verdict WeakRegister::read_value(uint64_t put, uint64_t floor_ms, uint64_t ttl_ms,
                                               NowBounds now, bool drops) {
  Write* write = find(put);
  if (write == nullptr || !write->value || write->refused) return Verdict::kNeverWritten;
  write->shown = true;
  if (drops && write->end < dropped_) return Verdict::kDropped;
  if (write->high_ms < floor_ms) return Verdict::kOlder;
  const bool expires = ttl_ms > 0 && write->high_ms < UINT64_MAX - ttl_ms;
  return expires && write->high_ms + ttl_ms < now.low_ms ? Verdict::kExpired : Verdict::kFits;
}

WeakRegister::Verdict WeakRegister::read_nothing(uint64_t floor_ms, uint64_t ttl_ms,
                                                 NowBounds now) const {
  if (floor_ms == 0 || open_deletes_ > 0 || deleted_ms_ >= floor_ms) return Verdict::kFits;
  const bool expired = ttl_ms > 0 && floor_ms + ttl_ms <= now.high_ms;
  return expired ? Verdict::kFits : Verdict::kNoReason;
}

uint64_t WeakRegister::timestamp_of(uint64_t call) const {
  const Write* write = find(call);
  return write == nullptr || write->end == kNever ? 0 : write->low_ms;
}

}  // namespace vordb::sim
