#include "core/vnode/tasks.h"

#include "core/cluster/ring.h"

namespace vordb::vnode {

KeyTask KeyTask::of(BucketId bucket, std::string_view key) {
  KeyTask task;
  task.bucket = bucket;
  task.hash = cluster::ring_hash(bucket, key);
  task.key = std::string(key);
  return task;
}

}  // namespace vordb::vnode
