// Receiving a snapshot (DATA.md rule 16), where gossip cannot help because the dots that are
// lacking are in no log.
#pragma once

#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::pb {
class SnapshotPart;
}

namespace vordb::vnode {

class Fetching : Part {
 public:
  explicit Fetching(const Part& part) : Part(part) {}

  // `from` has dots in no log that its last announcement shows and this vnode lacks.
  void consider(NodeNumber from);
  void take_in(const pb::SnapshotPart& part, const crdt::ReplicaId& from);
  // What waits for a time.
  void pulse();
  // All parts have come. Once nothing is on its way to the disk, what is held here can be compared.
  void advance();
  void go_on(FetchScanTask task, ReadResult* arrived);

 private:
  void ask();
  // False: the part is not to be taken.
  bool take_log(const pb::SnapshotPart& part);
  void finish();
  void settle_log(const Fetch& fetch);
  void end();
  void release_held();
};

}  // namespace vordb::vnode
