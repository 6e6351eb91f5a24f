// Collects closures: reads what one needs, then goes on to send it.
#include "core/vnode/collecting.h"

#include <utility>

#include "core/vnode/deltas.h"
#include "core/vnode/gossip.h"
#include "core/vnode/pushes.h"

namespace vordb::vnode {

Closure::Bounds Collecting::begin() const {
  const BodyLimits body =
      turn.env.buggify(Site::kBodyOfOneKey) ? BodyLimits{1, 1, 1} : BodyLimits::of(turn.env.knobs);
  return {vnode.id, turn.env.disk.open_snapshot(), turn.options.max_reply_bytes, body};
}

void Collecting::go_on(CollectTask task, ReadResult* arrived) {
  absl::Status status;
  while (status.ok()) {
    std::optional<ReadRequest> request;
    if (!arrived && !(request = task.closure.next_read(family()))) break;
    const std::optional<ReadResult> result =
        next_result(task, arrived, [&] { return *std::move(request); });
    if (!result) return;
    status = task.closure.take(*result, turn.configuration);
  }
  if (absl::IsNotFound(status) && vnode.durable.any) {
    status = absl::DataLossError("the vnode's state record is missing");
  }
  note_damage(status);
  turn.env.disk.close_snapshot(task.closure.view());
  if (const auto* round = std::get_if<GossipRound>(&task.why)) {
    Gossip(*this).end(*round, task.closure, status.ok());
  } else if (const auto* delta = std::get_if<ClosedDelta>(&task.why)) {
    if (status.ok()) Deltas(*this).end_closed(*delta, task.closure);
  } else {
    Pushes(*this).end(std::get<KeyPush>(task.why), task.closure, status.ok());
  }
}

}  // namespace vordb::vnode
