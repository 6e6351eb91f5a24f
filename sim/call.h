// One logical request of a simulated client, with all its attempts, and when it began and ended.
// Oracles judge calls; they never look inside the node. Order between calls is by step: the number
// of events handled so far.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/client_api.h"

namespace vordb::sim {

// A point of the run's total order: how many events came before it.
using Step = uint64_t;
inline constexpr Step kNever = UINT64_MAX;

// From the request's first sending to its answer, both included.
struct Span {
  Step begin = 0;
  Step end = kNever;
};

// What the nodes' hybrid clocks may have shown during a call, in milliseconds: none below `low`,
// none above `high`.
struct NowBounds {
  uint64_t low_ms = 0;
  uint64_t high_ms = UINT64_MAX;
};

// Whether it makes or drops a bucket.
bool changes_table(Operation operation);

struct Promise;  // sim/promise.h

struct Call {
  uint64_t id = 0;  // 1, 2, ...: never reused in a run
  uint32_t client = 0;
  uint32_t node = 0;    // whom the newest attempt was sent to
  bool pinned = false;  // asked of `node` and of no other
  bool audits = false;  // a read at the end of a run, when every effect has arrived everywhere
  Operation operation = Operation::kPing;
  uint32_t bucket = 0;             // its index in the workload's catalogue
  uint32_t key = 0;                // its index in the bucket
  std::vector<uint32_t> elements;  // indices in the key
  uint64_t amount = 1;
  uint32_t limit = 0;
  std::optional<std::string> after;
  std::string context;          // the token given back, or empty
  Span context_origin;          // when the call that brought `context` ran
  bool context_of_all = false;  // that call was a read of the whole key
  // And the elements of the set that it showed, ascending; null: it was none of a whole set.
  std::shared_ptr<const std::vector<uint32_t>> context_shows;
  std::shared_ptr<const Promise> promise;  // what `context` promises; null: nothing is known
  std::string request_token;
  uint32_t w = 0;
  uint32_t r = 0;
  uint32_t attempts = 0;
  bool crossed_crash = false;  // a node crashed between two attempts
  bool carried_out = false;    // without an answer: the oracles know that it waits nowhere any more
  Span span;
  NowBounds now;  // `low_ms` as the call begins, `high_ms` as it ends

  bool is_mutation() const;
};

// For reports: which call of whom, on what.
std::string name_of(const Call& call);
// What an answer shows of a key.
std::string text_of(const ClientReply& reply);

}  // namespace vordb::sim
