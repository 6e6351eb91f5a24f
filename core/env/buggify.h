// Places in the node's logic where something rare may happen that is always allowed: a cache that
// forgets, a page of one record, a message that goes twice or is taken for lost, work that is put
// off. In production none of it ever does. The simulator lets some of it happen in each run, so
// that what depends on the usual course of things is found.
//
// (A device of FoundationDB's simulation, and its name.)
#pragma once

#include <cstddef>
#include <cstdint>

namespace vordb {

enum class Site : uint8_t {
  // ---- of vnodes: what is read
  kLoadsPastCache,  // a mutation loads its key from the disk
  kReadsPastCache,  // so does a read
  kKeepsNoLoad,     // what a mutation has loaded is not cached,
  kKeepsNoRead,     // what a read has,
  kKeepsNoWrite,    // or what has just been written
  kStepOfOne,       // one entry of a key is removed in a batch
  kListPageOfOne,
  // ---- what is written and told
  kWritesForNothing,  // a batch without a change
  kRecordAgain,       // the vnode's record goes along, though it is the same
  kAnnouncesLater,
  kAnnouncesAgain,
  kAnnouncementAsks,
  kAnswersTwice,   // a coordinator is told twice of its mutation,
  kAcksTwice,      // or of what another owner holds;
  kRefusesAck,     // or it is told that it is not held,
  kDropsEarlyAck,  // or nothing
  kDeltaTwice,
  kDeltaEndsEarly,
  kGossipsAgain,  // though a large round is on its way
  kGossipsForOthers,
  kGossipsLater,
  kGossipOfOneDot,
  kBodyOfOneKey,
  kRefusesPush,
  kPushTwice,
  // ---- snapshots
  kFetchEnds,  // one that is being received is given up
  kFetchesLater,
  kFetchesAnyway,  // though its clock covers the peer's
  kPullTwice,
  kPullsAtOnce,
  kGiverForgets,
  kGiverLosesPatience,
  kPartOfOne,
  // ---- what runs by itself
  kSweepsLater,
  kSweepPageOfOne,
  kForgetsLater,
  kKeepsDot,
  kKeepsAnswer,
  kPurgesOutOfTurn,
  kPurgesLater,
  kKeepsSpent,  // an entry that says nothing any more
  kStripsLater,
  kStripsOne,
  kScrubsNow,
  kScrubGivesUp,
  kScrubIncomparable,
  kHandsOverLater,
  kDropsLater,  // what it has handed over
  kStableLater,
  kTicksLater,
  kDigestAnyway,
  kReportsAgain,  // a shard, to membership
  kReportsLater,

  // ---- of coordinators
  kAsksSelfLast,
  kReadsTwice,
  kIgnoresAnswer,
  kIgnoresAck,
  kWaitsForNobody,  // owners are asked again at once
  kRepairsNothing,
  kMutatesTwice,  // a request to another node goes twice
  kListsOneByOne,
  kListAsksNext,
  kGathersAgain,

  // ---- of membership
  kSkipsHeartbeat,
  kTellsNews,  // the configuration, unasked
  kAsksForNews,
  kSuspects,
  kReportsMoves,
  kMovesToNext,  // another member is told of moves
  kProposesAtOnce,
  kGivesUpBallot,
  kRequestsTwice,
  kVotesTwice,
  kHousekeepsLater,
  kForgetsCleanReports,
  kFoundsLater,
};
inline constexpr size_t kSites = size_t(Site::kFoundsLater) + 1;

class Buggify {
 public:
  virtual ~Buggify() = default;
  // Whether it happens, this time.
  virtual bool strikes(Site site) = 0;
};

}  // namespace vordb
