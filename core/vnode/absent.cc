#include "core/vnode/absent.h"

#include <utility>

#include "core/vnode/refusals.h"
#include "core/vnode/to_coordinator.h"

namespace vordb::vnode {

void answer_absent(const KeyMutation& mutation, NodeNumber self, std::vector<Envelope>& outbox) {
  KeyMutationReply reply;
  reply.op = mutation.op;
  reply.error = not_owner();
  outbox.push_back(to_coordinator(self, mutation, std::move(reply)));
}

void answer_absent(const KeyRead& read, NodeNumber self, std::vector<Envelope>& outbox) {
  KeyReadReply reply;
  reply.op = read.op;
  reply.moved = true;
  outbox.push_back(to_coordinator(self, read, std::move(reply)));
}

void answer_absent(const KeyList& list, NodeNumber self, std::vector<Envelope>& outbox) {
  KeyListReply reply;
  reply.op = list.op;
  reply.error = not_owner();
  outbox.push_back(to_coordinator(self, list, std::move(reply)));
}

void answer_absent(const KeyPush& push, NodeNumber self, std::vector<Envelope>& outbox) {
  KeyAck ack;
  ack.op = push.op;
  ack.source = self;
  ack.refused = true;
  outbox.push_back(to_coordinator(self, push, std::move(ack)));
}

}  // namespace vordb::vnode
