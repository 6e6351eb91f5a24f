#include "sim/promise_text.h"

namespace vordb::sim {

const char* promise_of(Property property) {
  switch (property) {
    case Property::kRegisterValueWritten:
      return "A value that is read was put under this key, byte for byte.";
    case Property::kRegisterNotStale:
      return "Reads and writes of a register fit one order that respects time.";
    case Property::kRegisterAckedSurvives:
      return "A value that was acknowledged is still there after a crash.";
    case Property::kRegisterUnknownSettles:
      return "A write of unknown outcome took effect once or never.";
    case Property::kRegisterDeletedStays:
      return "A register that was deleted stays deleted.";
    case Property::kRegisterExpiredHidden:
      return "A value that has expired is not shown.";
    case Property::kSetMemberAdded:
      return "A member that a set shows was added to it.";
    case Property::kSetAddNotLost:
      return "An element that was added is shown until it is removed.";
    case Property::kSetRemovedStays:
      return "An element that was removed stays removed.";
    case Property::kSetAckedSurvives:
      return "An add that was acknowledged is still there after a crash.";
    case Property::kSetContextRemoves:
      return "A remove with a context removes what the context covers and nothing newer.";
    case Property::kSetExpiredHidden:
      return "An element that has expired is not shown.";
    case Property::kSetPagesOrdered:
      return "Pages of a set are in byte order, without repeats, within their bounds.";
    case Property::kCounterExplained:
      return "A counter is a sum of acknowledged and possible increments since its last reset.";
    case Property::kCounterAckedSurvives:
      return "An increment that was acknowledged is still there after a crash.";
    case Property::kCounterResetStays:
      return "What the delete of a counter observed does not come back.";
    case Property::kCounterExpiredHidden:
      return "A counter that has expired is not shown.";
    case Property::kTokenOnce:
      return "A request that is repeated with its token has one effect and one answer.";
    case Property::kTimestampsRise:
      return "The timestamps of a key never decrease.";
    case Property::kBucketPresence:
      return "A bucket is there from its creation to its deletion.";
    case Property::kBucketDroppedStays:
      return "The data of a bucket that was dropped never comes back.";
    case Property::kKeysListed:
      return "A listing names every key that is there and no other.";
    case Property::kAnsweredOnce:
      return "Every request that reached a live node is answered once.";
    case Property::kAnsweredInTime:
      return "Every request is answered within the time that clients are to wait.";
    case Property::kErrorsHaveCause:
      return "A node refuses a request only for a reason that is there.";
    case Property::kRestarts:
      return "A node starts again after any crash that it must bear.";
    case Property::kDotsUnique:
      return "One dot names one change.";
    case Property::kClockGrows:
      return "The clock on a node's disk never shrinks.";
    case Property::kAckedDurable:
      return "What was acknowledged is on the disks of as many replicas as it was promised for.";
    case Property::kRecordsSound:
      return "Every record on a disk is whole and has its checksum.";
    case Property::kOneConfiguration:
      return "Of an epoch there is one configuration, whoever uses it.";
    case Property::kClusterSettles:
      return "When the faults are over, the cluster agrees on one configuration and ends its "
             "moves.";
    case Property::kConverged:
      return "When the faults are over, all owners of the same data come to hold the same bytes.";
    case Property::kScrubAgrees:
      return "Owners that compare what they hold find no difference.";
    case Property::kOperatorAnswered:
      return "What an operator asks for is answered once, and the answer is so.";
    case Property::kQuorumReadSeesAck:
      return "With quorums that overlap, a read through one node sees what another acknowledged.";
    case Property::kWeakValueWritten:
      return "However old a read of a weak bucket is, what it shows was written.";
    case Property::kWeakExpiredHidden:
      return "A read of a weak bucket shows nothing that has expired.";
    case Property::kSessionReadsOwn:
      return "A read sees what the causal token that came with it promises.";
    case Property::kNodeReadsOwn:
      return "A read through a node sees what this node has acknowledged itself.";
    case Property::kAuditAgrees:
      return "At the end every node gives the same answer for a key.";
    case Property::kAuditKeepsAcked:
      return "At the end weak buckets show everything that was acknowledged.";
    case Property::kAuditRemovedStays:
      return "At the end nothing is shown that was removed, deleted or dropped.";
    case Property::kTimestampsBounded:
      return "A timestamp lies between what the clocks of the nodes may have shown.";
    case Property::kMessagesExpected:
      return "A message reaches its taker only in a state in which the table of messages allows "
             "it.";
    case Property::kCanary:
      return "Nothing: of a scenario with a canary one run in a hundred fails, whatever happens.";
  }
  return "";
}

}  // namespace vordb::sim
