// What coordinators are told of their mutations: the answer to the client, and that another owner
// holds what was sent on its behalf. All of it once durable.
#pragma once

#include <string>

#include "core/vnode/answers.h"
#include "core/vnode/group.h"
#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

class Acknowledgements : Part {
 public:
  explicit Acknowledgements(const Part& part) : Part(part) {}

  // The task's mutation took this dot: its coordinator is told once that is durable.
  void acknowledge(KeyTask& task, const crdt::Dot& dot, Hlc hlc);
  // It changed nothing.
  void acknowledge_unchanged(KeyTask& task, Hlc hlc);
  // To a request token, for a client that tries again.
  void remember_answer(const TokenAnswer& answer);
  void refuse(const KeyMutation& mutation, ClientError error);
  // The mutation is durable.
  void answer_mutation(const Waiter& waiter);
  // What was merged is in the open group or in earlier ones: the acknowledgement follows them.
  void acknowledge_merge(const AckWaiter& waiter, bool refused);
  // Rule 12 of CLUSTER.md: the version counts when the acknowledgement is made. One that is ahead
  // waits until this node has learnt of it.
  void acknowledge_durable(const AckWaiter& waiter);
  void send_ack(const AckWaiter& waiter, bool refused);

 private:
  std::string token_after(const KeyTask& task, Hlc hlc) const;
};

}  // namespace vordb::vnode
