#include "sim/fault_kinds.h"

namespace vordb::sim {

const char* to_string(FaultKind kind) {
  static constexpr const char* kNames[kFaultKinds] = {
      "crash",     "power_loss", "aimed_crash",  "clock_step", "clock_drift", "pause",
      "slow_disk", "no_space",   "sync_failure", "read_error", "bit_rot",     "crash_all",
      "loss",      "doubling",   "reordering",   "delay",      "reset",       "split",
      "isolate",   "one_way",    "bridge",       "ring",       "clog",        "wipe",
      "restore",   "join",       "leave",        "remove",     "replace",     "upgrade"};
  return kNames[int(kind)];
}

std::string setting_of(FaultKind kind) {
  if (kind == FaultKind::kAimedCrash) return "aimed_per_million";
  return std::string(to_string(kind)) + "_every_ms";
}

const char* to_string(Moment moment) {
  static constexpr const char* kNames[kMoments] = {
      "commit_queued", "durable",  "answered", "starting", "purging", "bucket_changed", "gossiped",
      "snapshot",      "repaired", "promised", "accepted", "chosen",  "reported"};
  return kNames[int(moment)];
}

}  // namespace vordb::sim
