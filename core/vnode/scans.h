// A vnode's walks over its own tables in the background: a page at a time, at most one walk of a
// kind. A walk ends at the table's end or at a page that cannot be read; until then its place is
// kept, and whoever asks for its next page gets the one behind.
#pragma once

#include <map>
#include <string>

#include "core/env/disk.h"
#include "core/fields.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

class Scans {
 public:
  using Kind = ScanTask::Kind;
  static constexpr Kind kKinds[] = {Kind::kDue, Kind::kAnswers, Kind::kForget};

  // A walk of this kind is wanted. One that is under way goes on where it is.
  void begin(Kind kind) { walks_.try_emplace(kind); }
  bool under_way(Kind kind) const { return walks_.contains(kind); }
  // The next page may be read: there is a walk, and it does not wait for the disk.
  bool ready(Kind kind) const;
  // Of a walk under way: the last record that was seen; empty at the table's beginning.
  const std::string& seen(Kind kind) const { return walks_.at(kind).seen; }
  // The page is on its way; nothing more is read until it comes.
  void wait(Kind kind) { walks_.at(kind).waiting = true; }
  // A page came, now or after waiting.
  void take(Kind kind, const ReadResult& page);
  // Nothing more is to be seen.
  void end(Kind kind) { walks_.erase(kind); }

  bool operator==(const Scans&) const = default;

 private:
  struct Walk {
    std::string seen;
    bool waiting = false;
    bool operator==(const Walk&) const = default;
    VORDB_FIELDS(Walk, seen, waiting)
  };
  std::map<Kind, Walk> walks_;
  VORDB_FIELDS(Scans, walks_)
};

}  // namespace vordb::vnode
