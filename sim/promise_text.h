// What each property promises, in one plain sentence for whoever reads of a failure.
#pragma once

#include "sim/findings.h"

namespace vordb::sim {

const char* promise_of(Property property);

}  // namespace vordb::sim
