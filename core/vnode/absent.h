// What a node says of a placement that it does not serve, and so keeps no vnode for: to look
// elsewhere. Requests of peers whose configuration is another come here; they make nothing.
#pragma once

#include <vector>

#include "core/messages.h"

namespace vordb::vnode {

void answer_absent(const KeyMutation& mutation, NodeNumber self, std::vector<Envelope>& outbox);
void answer_absent(const KeyRead& read, NodeNumber self, std::vector<Envelope>& outbox);
void answer_absent(const KeyList& list, NodeNumber self, std::vector<Envelope>& outbox);
void answer_absent(const KeyPush& push, NodeNumber self, std::vector<Envelope>& outbox);

}  // namespace vordb::vnode
