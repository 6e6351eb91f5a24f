// What a run's oracles found: for each property how often it was evaluated, how often its subject
// was really there (its relevance), and the first violation. A property that was never relevant
// makes a run UNDER-TESTED, not green.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vordb::sim {

enum class Property : uint8_t {
  kRegisterValueWritten,    // I3 I9: a value read was put under this key, byte for byte
  kRegisterNotStale,        // I4: reads and writes of a register fit one order that respects time
  kRegisterAckedSurvives,   // I1: after a crash an acknowledged value is there
  kRegisterUnknownSettles,  // I4: a write of unknown outcome took effect once or never
  kRegisterDeletedStays,    // I6
  kRegisterExpiredHidden,   // I6
  kSetMemberAdded,          // I3 I9: a member shown was added
  kSetAddNotLost,           // I1 I3: an element missing was removed, or never there
  kSetRemovedStays,         // I6
  kSetAckedSurvives,        // I1: after a crash
  kSetContextRemoves,  // I3: a remove with a context removes what the context covers and nothing
                       // newer
  kSetExpiredHidden,   // I6
  kSetPagesOrdered,    // pages are in byte order, without repeats, within their bounds
  kCounterExplained,   // I3: a value is a sum of acknowledged and possible increments since a reset
  kCounterAckedSurvives,  // I1: after a crash
  kCounterResetStays,     // I6: what a delete observed does not come back
  kCounterExpiredHidden,  // I6
  kTokenOnce,             // a repeated request token has one effect and one answer
  kTimestampsRise,        // I7: timestamps of a key never decrease
  kBucketPresence,        // buckets are there from their creation to their deletion
  kBucketDroppedStays,    // I6: data of a dropped bucket never comes back
  kKeysListed,            // a listing names every key that is there and no other
  kAnsweredOnce,          // every request that reached a live node is answered once
  kAnsweredInTime,        // and within the time that the API promises
  kErrorsHaveCause,       // a refusal has a cause that the run injected
  kRestarts,              // a node starts again after any crash within the fault budget
  kDotsUnique,            // I7: one dot, one meaning
  kClockGrows,            // I7: the durable clock never shrinks
  kAckedDurable,          // I1: what is acknowledged is on the disk, read without the node
  kRecordsSound,          // I9: every record on the disk has its checksum, bit rot aside
  kOneConfiguration,      // of an epoch there is one configuration, whoever uses it
  kClusterSettles,        // faults over, the cluster agrees on one configuration and ends its moves
  kConverged,             // I2: then all owners reach equal clocks and byte-equal entries
  kScrubAgrees,           // owners that compare what they hold find no difference
  kOperatorAnswered,      // an operator's wish is answered once, and what it says is so
  kQuorumReadSeesAck,     // I4: W+R > N: a read through one node sees what another acknowledged
  kWeakValueWritten,      // I3: however old a read of a weak bucket is, what it shows was written
  kWeakExpiredHidden,     // I6: and has not expired
  kSessionReadsOwn,       // I5: a read sees what its causal token promises
  kNodeReadsOwn,          // a read sees what its node has acknowledged itself
  kAuditAgrees,           // I2: at the end every node gives the same answer
  kAuditKeepsAcked,       // I1 I3: at the end weak buckets show what was acknowledged
  kAuditRemovedStays,     // I6: and nothing that was removed, deleted or dropped
  kTimestampsBounded,     // I7: a timestamp lies between what the nodes' clocks may have shown
  kMessagesExpected,      // a message reaches its taker in a state that its row in the table allows
  kCanary,  // of a scenario with a canary: fails in one run of a hundred, whatever the node does
};
inline constexpr int kProperties = int(Property::kCanary) + 1;

// The name of a property in reports, such as "register_not_stale".
const char* to_string(Property property);
// Nothing: no property is called so.
std::optional<Property> property_named(std::string_view name);

struct PropertyCount {
  uint64_t evaluated = 0;
  uint64_t relevant = 0;
  uint64_t violated = 0;
};

struct Violation {
  Property property;
  uint64_t step;
  uint64_t time_us;
  std::string text;
};

class Findings {
 public:
  void evaluated(Property property, bool relevant) {
    PropertyCount& count = counts_[size_t(property)];
    ++count.evaluated;
    count.relevant += relevant;
  }

  // The run goes on for no more than a moment after this; only the first few texts are kept.
  void violated(Property property, std::string text);

  // Where the run is, for the violations that follow.
  void at(uint64_t step, uint64_t time_us) {
    step_ = step;
    time_us_ = time_us;
  }

  const PropertyCount& count(Property property) const { return counts_[size_t(property)]; }
  const std::vector<Violation>& violations() const { return violations_; }
  bool clean() const { return violations_.empty(); }

 private:
  std::array<PropertyCount, kProperties> counts_{};
  std::vector<Violation> violations_;
  uint64_t step_ = 0;
  uint64_t time_us_ = 0;
};

}  // namespace vordb::sim
