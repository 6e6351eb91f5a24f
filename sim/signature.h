// The signature of a failure: the same for one bug whatever seed, key, node and time it was seen
// at, so that a swarm can tell it once. It is a short word such as converged-3fa91c02.
#pragma once

#include <string>
#include <string_view>

#include "sim/findings.h"

namespace vordb::sim {

std::string signature_of(Property property, std::string_view text);

// Of a run that aborted: `said` is what it wrote to standard error, `end` how its process ended. A
// broken assertion is known by its file and what it says, not by its line; without a word of why
// the end counts.
std::string signature_of_abort(std::string_view said, std::string_view end);

// The line that says why a process aborted: a broken assertion, without the folder and the line of
// its file, or what a sanitizer or the language says. Empty: there is none.
std::string abort_reason(std::string_view said);

// `text` without what differs between two sights of one failure: words with digits in them (keys,
// nodes, times, values), names of buckets and what stands in quotes are each `#`; a list of them is
// one.
std::string normalised(std::string_view text);

}  // namespace vordb::sim
