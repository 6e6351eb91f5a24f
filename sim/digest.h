// 64 bits of what an event carries, for the trace: equal on every platform for equal values.
#pragma once

#include <cstdint>

#include "core/env/disk.h"
#include "core/messages.h"

namespace vordb::sim {

uint64_t digest_of(const Message& message);
uint64_t digest_of(const DiskEvent& event);

}  // namespace vordb::sim
