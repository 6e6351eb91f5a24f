// Giving a snapshot (DATA.md rule 16): the receiver asks for one part after the other; all parts
// and the clock come from one view of the disk, so a part that was lost is read again the same.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::pb {
class SnapshotPart;
class SnapshotPull;
class Updates;
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
  void send_part(const ServeTask& task, const ReadResult& result);
  absl::Status add_entries(const std::vector<Record>& records, pb::Updates* updates);
  absl::Status add_answers(const std::vector<Record>& records, pb::SnapshotPart* part);
  void end(NodeNumber to);
};

}  // namespace vordb::vnode
