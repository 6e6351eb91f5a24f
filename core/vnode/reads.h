// A client's read: one key, one element, a page of a set, or the keys of a bucket. Only what is
// durable is shown, so that an answer never holds what a crash would take back.
#pragma once

#include <memory>
#include <string_view>

#include "core/cluster/configuration.h"
#include "core/vnode/group.h"
#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

class Reads : Part {
 public:
  explicit Reads(const Part& part) : Part(part) {}

  void begin(KeyRead read);
  void go_on(ReadTask task, ReadResult* arrived);
  void begin_listing(KeyList list);
  void go_on_listing(ListTask task, ReadResult* arrived);
  // The time that the answer shows is durable.
  void release(HeldReply held);

 private:
  // What comes from now on is judged by no earlier time than the request's.
  void take_time(uint64_t now_ms);
  void deliver(Envelope answer, uint64_t pv, bool shows_expiry);
  ReadRequest next_read(const ReadTask& task) const;
  void answer(ReadTask& task, ReadResult result);
  // What fills the entries of an answer, where others may answer too.
  crdt::VersionVector durable_base() const;
  void answer_state(const KeyRead& read, std::shared_ptr<const KeyState> state, bool more,
                    const ReadToken& token, crdt::VersionVector base);
  // Whether an entry makes its key worth listing.
  bool shows(const Bucket& bucket, std::string_view subkey, const crdt::Entry& entry,
             uint64_t now_ms) const;
};

}  // namespace vordb::vnode
