// What a mutation does to its key: the delta it builds, the dot it takes, the answer it leaves.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/cluster/configuration.h"
#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

class Effects : Part {
 public:
  explicit Effects(const Part& part) : Part(part) {}

  // All that the mutation must know is loaded. False: read on.
  bool apply(KeyTask& task, const Bucket& bucket, Hlc hlc);
  std::optional<crdt::Dot> clear_entries(KeyTask& task, Hlc hlc, const CausalToken* seen,
                                         bool acknowledges);
  void drop_deadline(KeyTask& task, Hlc hlc);

 private:
  bool apply_register(KeyTask& task, const Bucket& bucket, Hlc hlc);
  bool apply_set(KeyTask& task, const Bucket& bucket, Hlc hlc);
  bool apply_counter(KeyTask& task, const Bucket& bucket, Hlc hlc);
  bool apply_delete(KeyTask& task, Hlc hlc);
  void renew_deadline(KeyTask& task, const Bucket& bucket, Hlc hlc, const crdt::Dot& dot,
                      std::vector<std::string>& touched);
  void change(KeyTask& task, std::string subkey, const crdt::Entry& delta,
              std::vector<std::string>& touched);
};

}  // namespace vordb::vnode
