// What a body of updates must carry so that it misleads nobody (DATA.md rule 3): with a dot the
// entries that it touched, with an entry every logged dot that touched it, and with any of it the
// key's deadline (counterexample K).
//
// A closure is collected read after read, all from one view of the disk and the clock of that view
// too: an entry is filled by exactly the base that stripped it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "core/cluster/configuration.h"
#include "core/crdt/version_vector.h"
#include "core/env/disk.h"
#include "core/fields.h"
#include "core/ids.h"
#include "core/vnode/body_size.h"
#include "core/vnode/dot_log.h"
#include "core/vnode/key_state.h"
#include "core/vnode/record_keys.h"

namespace vordb::pb {
class Updates;
}

namespace vordb::vnode {

class Closure {
 public:
  // One key's part of it, whole.
  struct Key {
    BucketId bucket = 0;
    std::string key;
    std::vector<LoggedDot> dots;
    std::vector<KeyEntry> entries;
    void add_to(pb::Updates* updates) const;
    VORDB_FIELDS(Key, bucket, key, dots, entries)
  };

  // Where it lies, and how much goes in one message.
  struct Bounds {
    PlacementId id;
    SnapshotId view = 0;
    size_t key_bytes_max = 0;  // of one key's part of it
    BodyLimits body;
    VORDB_FIELDS(Bounds, id, view, key_bytes_max, body)
  };

  // Asked for by dots, looked for in this order: it ends early once a body is full.
  static Closure of_dots(const Bounds& bounds, std::vector<crdt::Dot> dots);
  static Closure of_entries(const Bounds& bounds, BucketId bucket, std::string key,
                            const std::vector<std::string>& subkeys);

  SnapshotId view() const { return bounds_.view; }

  // What is to be read next, from `data` where entries lie; nothing once all of it is there.
  std::optional<ReadRequest> next_read(Family data);
  // What that read brought. NotFound: the vnode has no record yet; DataLoss: damage.
  absl::Status take(const ReadResult& result, const Configuration& configuration);

  const std::vector<Key>& keys() const { return done_; }
  size_t bytes() const { return size_.bytes; }  // of `keys()`, roughly, in a message
  // A dot that was asked for was not in the log: void, or forgotten since; or it came without a
  // log, from a snapshot or before there were others. Or all that must go with it is more than a
  // message takes. Only a snapshot brings it.
  bool unlogged() const { return unlogged_; }
  // What it brings, of the dots that were asked for and of those that go with them.
  const absl::btree_set<crdt::Dot>& settled() const { return settled_; }
  bool says_nothing() const { return done_.empty() && voids_.empty() && !unlogged_; }
  // All but the time.
  void add_to(pb::Updates* updates) const;

 private:
  // The key under work.
  struct Work {
    Key key;
    absl::btree_set<std::string> subkeys;  // the closure so far
    absl::btree_set<crdt::Dot> found;
    std::vector<std::string> untouched;  // of `subkeys`: whose dots were not looked up yet
    std::vector<crdt::Dot> unread;       // of `found`: whose records were not read yet
    size_t bytes = 0;                    // roughly, in a message
    VORDB_FIELDS(Work, key, subkeys, found, untouched, unread, bytes)
  };
  enum class Reading : uint8_t { kBase, kTouches, kRecord, kEntry };

  explicit Closure(const Bounds& bounds) : bounds_(bounds) {}

  ReadRequest point(Family data, Table table, std::string_view name) const;
  std::optional<ReadRequest> read_of_work(Family data);
  void give_up_work();
  absl::Status take_base(const ReadResult& result);
  void take_touches(const ReadResult& result);
  absl::Status take_record(const ReadResult& result, const Configuration& configuration);
  absl::Status take_entry(const ReadResult& result);

  Bounds bounds_;
  Reading reading_ = Reading::kBase;
  std::optional<crdt::VersionVector> base_;
  std::vector<crdt::Dot> wanted_;  // from the back
  crdt::Dot dot_;                  // whose record is being read
  std::string subkey_;             // or whose entry
  std::optional<Work> work_;
  std::vector<Key> done_;
  BodySize size_;                        // of `done_`
  absl::btree_set<crdt::Dot> settled_;   // dots of `done_`, and `voids_`
  absl::btree_set<crdt::Dot> given_up_;  // of keys that were too large
  std::vector<crdt::Dot> voids_;
  bool unlogged_ = false;
  VORDB_FIELDS(Closure, bounds_, reading_, base_, wanted_, dot_, subkey_, work_, done_, size_,
               settled_, given_up_, voids_, unlogged_)
};

}  // namespace vordb::vnode
