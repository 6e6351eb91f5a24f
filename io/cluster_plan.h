// What an operator is told before a change of the members: which partitions would go where.
#pragma once

#include "core/cluster/configuration.h"
#include "io/node_admin.h"

namespace vordb::io {

PlanInfo plan_change(const Configuration& configuration, const PlanQuestion& question);

}  // namespace vordb::io
