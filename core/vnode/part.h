// A part of what a vnode does: made on the stack over its state and the turn, called, and gone.
// What all parts share is here: reads of the disk, the open group, messages to the other owners.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "core/env/disk.h"
#include "core/vnode/group.h"
#include "core/vnode/key_state.h"
#include "core/vnode/state.h"
#include "core/vnode/tasks.h"
#include "core/vnode/turn.h"

namespace vordb::pb {
class PeerMessage;
class Updates;
}  // namespace vordb::pb

namespace vordb::vnode {

struct Part {
  Part(State& state, Turn& of) : vnode(state), turn(of) {}

  State& vnode;
  Turn& turn;

  // Where this vnode's data lies.
  Family family() const;
  ReadRequest whole(Table table) const;
  ReadRequest point(Table table, std::string_view name) const;
  ReadRequest range(Table table, std::string_view begin, std::string_view end) const;

  // Reads now if the disk can; else nothing, and the caller parks its task.
  std::optional<ReadResult> read(const ReadRequest& request);
  // The task waits for the read that was begun last. A waiting key task makes its key busy.
  void park(Task task);
  // What the task waited for, if it has `arrived`: that is taken once. Else what `request()` reads
  // now; nothing: the disk cannot say yet, and the task is parked until it does.
  template <typename AnyTask, typename MakeRequest>
  std::optional<ReadResult> next_result(AnyTask& task, ReadResult*& arrived,
                                        MakeRequest&& request) {
    if (ReadResult* came = std::exchange(arrived, nullptr)) return std::move(*came);
    std::optional<ReadResult> result = read(request());
    if (!result) park(std::move(task));
    return result;
  }
  // Null and a status if the record is damaged.
  SharedEntry decode(const Record& record, absl::Status* status);
  // Data loss: the vnode is corrupt from now on, and says so once.
  void note_damage(const absl::Status& status);

  // Every change goes to the open group; this makes sure that the turn's end commits it.
  Group& open();
  Standing& change_standing();

  // All that `closure` says, as of what is durable.
  void add_updates(const Closure& closure, pb::Updates* updates) const;
  // The time that others may be told now; every tick that follows is above it.
  Hlc announced_time();
  // To another owner, with what every message says of its sender.
  void send(NodeNumber to, pb::PeerMessage& message);
};

}  // namespace vordb::vnode
