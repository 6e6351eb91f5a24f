// Giving a snapshot (DATA.md rule 16): the receiver asks for one part after the other; all parts
// and the clock come from one view of the disk, so a part that was lost is read again the same.
#pragma once

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::pb {
class SnapshotPart;
class SnapshotPull;
}  // namespace vordb::pb

namespace vordb::vnode {

class Giving : Part {
 public:
  explicit Giving(const Part& part) : Part(part) {}

  void give(const pb::SnapshotPull& pull, NodeNumber from);
  void go_on(ServeTask task, ReadResult* arrived);
  void end_idle();

 private:
  absl::Status take_clock(Serving& serving, const ReadResult& result);
  // Nothing: the part is there, all of it in the task.
  PartLimits part_limits() const;
  std::optional<ReadRequest> next_read(const Serving& serving, ServeTask& task);
  // Of entries the part is in the task, else it is `rows` of its table.
  void send_part(const ServeTask& task, const ReadResult& rows);
  absl::Status add_log(const std::vector<Record>& records, pb::SnapshotPart* part);
  absl::Status add_answers(const std::vector<Record>& records, pb::SnapshotPart* part);
  void end(NodeNumber to);
};

}  // namespace vordb::vnode
