// A vnode's start: what an earlier life left on the disk.
#pragma once

#include "absl/status/status.h"
#include "core/vnode/part.h"

namespace vordb::vnode {

struct StoredVnode;

class Recovery : Part {
 public:
  explicit Recovery(const Part& part) : Part(part) {}

  // Takes over the record and the indexes. Reads at start only. Damage below the record costs the
  // partition its service, not the node its start; an error says that the node cannot start.
  absl::Status recover(const StoredVnode& stored);

 private:
  absl::Status recover_left_overs();
  absl::Status recover_log();
  ReadResult read_table(Table table) const;
};

}  // namespace vordb::vnode
