// The field-by-field part of the client codec: protobuf messages to and from core/client_api.h.
// Strings are moved, not copied. Everything that one field alone can break was checked before
// (core/dispatch/constraints.h); what is checked here are rules between fields.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "core/client_api.h"

namespace vordb {

namespace pb {
class BucketConfig;
class Request;
class Response;
}  // namespace pb

// What the request asks for; kPing where it asks for nothing.
Operation operation_of(const pb::Request& message);

// Moves the message's contents into `request`. InvalidArgument names the field and the rule.
absl::Status from_pb(pb::Request* message, ClientRequest* request);

// `key` is echoed where the answer's type has one.
void to_pb(std::string_view key, ClientReply reply, pb::Response* message);

// Zeros in replication_n and the quorums stay, and no time to live becomes kDefaultTtl: the node
// fills in its defaults.
absl::Status from_pb(const pb::BucketConfig& message, BucketConfig* config);
void to_pb(const BucketConfig& config, pb::BucketConfig* message);

}  // namespace vordb
