// What a vnode has changed and the disk does not show yet: the open group, which takes the changes
// of this turn, the groups whose batches are on their way, and the newest state of every entry and
// answer in them. Later tasks read it as if it were durable; nobody else sees it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "core/fields.h"
#include "core/vnode/answers.h"
#include "core/vnode/group.h"
#include "core/vnode/key_state.h"

namespace vordb::vnode {

class Overlay {
 public:
  // The group that this turn's changes go to.
  Group& open() { return open_; }
  // Groups that are not durable yet: those on their way in the order of their commits, and the open
  // one if it has work.
  size_t groups() const { return flights_.size() + (open_.has_work() ? 1 : 0); }
  bool empty() const { return groups() == 0; }
  // The last of them; null: everything is durable.
  Group* newest();

  // The open group changes the entry of this name to `entry`, which may be vacant.
  void write(const std::string& name, SharedEntry entry);
  // Null: the disk shows the newest state.
  const SharedEntry* find(const std::string& name) const;
  // The entries of one key.
  std::vector<KeyEntry> of_key(BucketId bucket, std::string_view key) const;
  // Names in [begin, end) are gone.
  void erase(const std::string& begin, const std::string& end);

  void remember(const TokenAnswer& answer);
  const Answer* answer(const std::string& token) const;

  // The open group's batch is committed as `op`: an empty group is open from now on.
  Group& close(OpId op);
  // That batch is durable. It is the oldest on its way.
  Group take_durable(OpId op);

  template <typename Predicate>
  bool any(Predicate&& holds) const {
    if (holds(open_)) return true;
    for (const Group& flight : flights_) {
      if (holds(flight)) return true;
    }
    return false;
  }
  // The lowest time of a mutation that is not durable; all ones: there is none.
  Hlc lowest_hlc() const;

  // All of it but the numbers of operations and groups: of these how far they lie below the next.
  void add_to(Fingerprint& fingerprint, OpId next) const;

 private:
  struct Entry {
    SharedEntry entry;
    uint64_t group = 0;  // number of the last group that changes it
    VORDB_FIELDS(Entry, entry, group)
  };

  uint64_t opened_ = 1;  // number of the open group
  Group open_;
  std::deque<Group> flights_;  // they have the numbers before it
  absl::btree_map<std::string, Entry> entries_;
  std::map<std::string, Answer> answers_;  // by request token
  VORDB_FIELDS(Overlay, opened_, open_, flights_, entries_, answers_)
};

}  // namespace vordb::vnode
