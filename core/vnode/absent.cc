#include "core/vnode/absent.h"

#include <utility>

namespace vordb::vnode {

namespace {

template <typename Request>
void answer(const Request& request, Message message, NodeNumber self,
            std::vector<Envelope>& outbox) {
  outbox.push_back(Envelope{ActorId{ActorKind::kCoordinator, request.shard, {}}, std::move(message),
                            request.from == self ? 0 : request.from});
}

}  // namespace

ClientError not_owner() {
  return ClientError{ErrorCode::kNotReady, Outcome::kRejected,
                     "this node does not own the partition", "retry: the cluster is changing"};
}

void answer_absent(const KeyMutation& mutation, NodeNumber self, std::vector<Envelope>& outbox) {
  KeyMutationReply reply;
  reply.op = mutation.op;
  reply.error = not_owner();
  answer(mutation, std::move(reply), self, outbox);
}

void answer_absent(const KeyRead& read, NodeNumber self, std::vector<Envelope>& outbox) {
  KeyReadReply reply;
  reply.op = read.op;
  reply.moved = true;
  answer(read, std::move(reply), self, outbox);
}

void answer_absent(const KeyList& list, NodeNumber self, std::vector<Envelope>& outbox) {
  KeyListReply reply;
  reply.op = list.op;
  reply.error = not_owner();
  answer(list, std::move(reply), self, outbox);
}

void answer_absent(const KeyPush& push, NodeNumber self, std::vector<Envelope>& outbox) {
  KeyAck ack;
  ack.op = push.op;
  ack.source = self;
  ack.refused = true;
  answer(push, std::move(ack), self, outbox);
}

}  // namespace vordb::vnode
