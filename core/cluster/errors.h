// Why a change of the cluster was not made, as clients and operators are told.
#pragma once

#include "absl/status/status.h"
#include "core/client_api.h"
#include "core/cluster/operations.h"

namespace vordb::cluster {

ClientError to_error(const absl::Status& status, ChainOperation::Kind kind);

// No majority was reached in time.
ClientError out_of_time(bool never_proposed);

}  // namespace vordb::cluster
