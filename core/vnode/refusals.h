// Why a vnode refuses what a coordinator asks of it, one function a reason.
#pragma once

#include <string>

#include "core/client_api.h"

namespace vordb::vnode {

// Nothing of it has been done, and nothing will be.
ClientError rejected(ErrorCode code, std::string message, std::string hint);

ClientError not_owner();
ClientError damaged();     // the placement's data cannot be trusted
ClientError unreadable();  // it can, but the disk did not give it
ClientError unmet();       // the placement is not fenced, or must be in step with another owner
ClientError behind();      // the client has seen more than this replica
ClientError clock_ahead();
ClientError bucket_gone();

}  // namespace vordb::vnode
