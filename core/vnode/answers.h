// The answer once given to a request token: remembered with the mutation's batch, and carried with
// its dot, so that a retry finds it wherever it runs.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/crdt/dot.h"
#include "core/crdt/hlc.h"
#include "core/fields.h"
#include "core/messages.h"

namespace vordb::pb {
class AnsweredRequest;
class TokenAnswer;
}  // namespace vordb::pb

namespace vordb {

struct Answer {
  crdt::Dot dot;
  Hlc hlc;
  std::string fingerprint;
  bool operator==(const Answer&) const = default;
  VORDB_FIELDS(Answer, dot, hlc, fingerprint)
};

// What tells one request from another under the same token.
std::string fingerprint_of(const KeyMutation& mutation);

using TokenAnswer = std::pair<std::string, Answer>;

void to_pb(const Answer& from, pb::AnsweredRequest* to);
void to_pb(const TokenAnswer& from, pb::TokenAnswer* to);
Answer from_pb(const pb::AnsweredRequest& from);

}  // namespace vordb
