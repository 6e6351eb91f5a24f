// What a program can do beyond the first version of VorDB, by name. A chain entry switches a
// feature on once every member that stays has it, and none is ever switched off: until then nothing
// is sent or stored that needs it (docs/operations.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vordb {

using Features = std::vector<std::string>;  // ascending

// Messages between nodes name a replica once in full (core/peer_wire.h).
inline constexpr std::string_view kShortReplicas = "short-replicas";

// Of this program, and of the version before it: what tests of an upgrade begin with.
Features program_features();
Features former_features();

bool has(const Features& features, std::string_view name);
// Those of `wanted` that are not in `there`.
Features lacking(const Features& wanted, const Features& there);

// Why a program that lacks these cannot be a member, and what to do.
std::string switched_on_text(const Features& lacks);

}  // namespace vordb
