// A story as a sequence diagram of Mermaid: messages, calls and answers as arrows where they end,
// lost ones with a cross; faults, phases, violations and what clients say as notes. For short
// stories: what has more arrows than a reader can follow is refused.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace vordb::sim {

struct Story;

inline constexpr size_t kMermaidArrowsMax = 400;

// InvalidArgument: too many arrows; the text says what to do.
absl::StatusOr<std::string> mermaid_of(const Story& story);

}  // namespace vordb::sim
