#include "sim/event_queue.h"

namespace vordb::sim {

const char* to_string(EventKind kind) {
  static constexpr const char* kNames[kEventKinds] = {
      "boot",    "tick",  "end_turn",   "local_message", "peer_message", "disk",  "completion",
      "request", "reply", "disconnect", "think",         "fault",        "check", "operator"};
  return kNames[int(kind)];
}

}  // namespace vordb::sim
