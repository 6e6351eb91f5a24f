#include "core/vnode/answers.h"

#include "core/codec.h"
#include "proto/peer.pb.h"

namespace vordb {

void to_pb(const Answer& from, pb::AnsweredRequest* to) {
  to_pb(from.dot, to->mutable_dot());
  to->set_hlc(from.hlc.word);
  to->set_fingerprint(from.fingerprint);
}

void to_pb(const TokenAnswer& from, pb::TokenAnswer* to) {
  to->set_token(from.first);
  to_pb(from.second, to->mutable_answer());
}

Answer from_pb(const pb::AnsweredRequest& from) {
  return Answer{from_pb(from.dot()), Hlc{from.hlc()}, from.fingerprint()};
}

}  // namespace vordb
