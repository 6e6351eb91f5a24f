// Compares what this vnode holds with what the other owners hold (scrub.h).
#pragma once

#include "core/vnode/part.h"
#include "core/vnode/scrub.h"
#include "core/vnode/tasks.h"

namespace vordb::pb {
class ScrubAsk;
class ScrubAnswer;
}  // namespace vordb::pb

namespace vordb::vnode {

class Scrubbing : Part {
 public:
  explicit Scrubbing(const Part& part) : Part(part) {}

  // Every sync interval: begins what is due, and asks again.
  void tick();
  // Now, with all other owners. Without `urgent` with those of higher numbers, so that each pair of
  // owners is compared once.
  void begin(bool urgent);
  void take_in(const pb::ScrubAsk& ask, NodeNumber from, uint64_t epoch);
  void take_in(const pb::ScrubAnswer& answer, NodeNumber from);
  void go_on(ScrubTask task, ReadResult* arrived);

 private:
  enum Verdict : uint32_t { kSame, kDifferent, kIncomparable };

  bool able() const;
  uint64_t interval_us() const { return turn.options.scrub_interval_ms * 1000; }
  void ask();
  void judge_doubt();
  void advance();
  void give_up();
  void next_owner();
  void begin_range(std::string from);
  std::optional<ReadRequest> next_read(const ScrubTask& task) const;
  absl::Status take(const ReadResult& result, ScrubTask& task);
  absl::Status add(const Record& record, ScrubTask& task) const;
  void end(ScrubTask task);
  void answer(NodeNumber to, uint64_t session, Verdict verdict, uint64_t entries);
};

}  // namespace vordb::vnode
