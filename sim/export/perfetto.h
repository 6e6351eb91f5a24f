// A story for ui.perfetto.dev and chrome://tracing: Chrome's trace JSON. A process per node with a
// thread per shard, a process of clients with a thread each, and a process "run" for phases, faults
// and what nobody else does. Messages are flows, in order and in pairs.
#pragma once

#include <string>

namespace vordb::sim {

struct Story;

std::string perfetto_of(const Story& story);

}  // namespace vordb::sim
