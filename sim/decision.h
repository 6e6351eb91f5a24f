// What decisions are about: each belongs to a stream (whose it is) and has a name (what it
// decides). Streams have generators of their own, so that one draw more or less in one of them
// changes no number in another: a fault or a call can be left out of a run and all else stays.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vordb::sim {

// The name of a kind is part of the seeds of its streams; its place in this list is not.
enum class StreamKind : uint8_t {
  kUnnamed,     // of a lab or a test; no part of a world draws from it
  kWorld,       // the shape of the run, and when its parts begin
  kMachine,     // by machine: when it starts again after a crash
  kShard,       // by machine and shard: its timer, its turns, messages to other shards
  kRandom,      // by machine and shard: what the node itself draws
  kDisk,        // by machine
  kLink,        // by sender and receiver
  kArrival,     // likewise: whether what has come through is handed over
  kConnection,  // by client: what its bytes take to a node and back
  kClient,      // by client: when it asks, whom, and how patient it is
  kCalls,       // by client: what it asks for
  kBehind,      // by client: what it asks right behind a call that has no answer yet
  kFault,       // by FaultKind: whether it is on, and when it comes
  kStrike,      // by FaultKind: whom it befalls, and how
  kMoment,      // by machine and Moment: whether a crash is aimed at it
  kOperator,    // by FaultKind: how an operator goes about it
  kKnobs,       // 0: whether any are odd; from 1, by machine: which are
  kSites,       // by Site, from 1: whether it is on, and how much
  kSite,        // by Site: whether it strikes
};
inline constexpr size_t kStreamKinds = size_t(StreamKind::kSite) + 1;
const char* to_string(StreamKind kind);

struct Stream {
  StreamKind kind = StreamKind::kUnnamed;
  uint32_t index = 0;
  auto operator<=>(const Stream&) const = default;
};
// Such as "client 3" or "strike one_way".
std::string text_of(Stream stream);

enum class Decision : uint8_t {
  kUnnamed,
  kBuffered,
  kFirstStart,
  kFormFaultsEnd,
  kFirstThought,
  kRestartIsLate,
  kRestartWait,
  kTick,
  kTurnEndsAtOnce,
  kTurnLength,
  kLocalDelay,
  kCompletionDelay,
  kNodeRandom,
  kWriteTime,
  kReadTime,
  kDiskStalls,
  kStallTime,
  kReadIsLate,
  kReadAsOfQuestion,
  kWriteFails,
  kReadFails,
  kRots,
  kRotIsSilent,
  kRotPlace,
  kRotBit,
  kRotLength,
  kStartCommitIsKept,
  kGroupsKept,
  kGroupIsTorn,
  kDelay,
  kDelayIsLong,
  kLongDelay,
  kSlowDelay,
  kReorderDelay,
  kLose,
  kBreak,
  kDouble,
  kPasses,
  kReorder,
  kRequestDelay,
  kReplyDelay,
  kDisconnectDelay,
  kAsks,
  kRestsLong,
  kRest,
  kThinkTime,
  kRetryWait,
  kPageWait,
  kHangsUp,
  kIsImpatient,
  kSendsBehind,
  kRepeats,
  kSwitchesNode,
  kNode,
  kForgetsContext,
  kBucket,
  kKeyIsHot,
  kKey,
  kSameKey,
  kOperation,
  kElementCount,
  kManyElements,
  kElement,
  kHasLimit,
  kLimit,
  kHasAfter,
  kAfter,
  kAmount,
  kAsksForQuorum,
  kHasToken,
  kToken,
  kGivesContext,
  kFaultIsOn,
  kFaultDue,
  kStrikes,
  kTarget,
  kDuration,
  kLastsLong,
  kIsKill,
  kStepIsFar,
  kClockStep,
  kClockDrift,
  kDiskIsFull,
  kDiskIsBelowHalf,
  kRotIsDetected,
  kOrder,
  kHolds,
  kRate,
  kIsEverywhere,
  kCutPlace,
  kClogsOut,
  kClogsIn,
  kAims,
  kAimsAtOnce,
  kAimedDelay,
  kMachine,
  kBySeeds,
  kStartWait,
  kOperatorWait,
  kTakesBackup,
  kOperatorDelay,
  kKnobsAreOdd,
  kKnobIsOdd,
  kKnob,
  kKnobValue,
  kSitesAreOn,
  kSiteIsOn,
  kSitePace,
  kSiteStrikes,
};
inline constexpr size_t kDecisions = size_t(Decision::kSiteStrikes) + 1;
const char* to_string(Decision decision);

// The kinds by name; nothing: no such kind.
std::optional<StreamKind> stream_kind_of(std::string_view name);
std::optional<Decision> decision_of(std::string_view name);

// One decision that was made.
struct Drawn {
  uint64_t number = 0;  // of the draws of the run, from 0
  uint64_t event = 0;   // of the run, during which it was made
  Stream stream;
  Decision decision = Decision::kUnnamed;
  uint64_t bound = 0;  // `value` is below it; 0: any 64 bits
  uint64_t value = 0;
  uint64_t time_us = 0;  // of the event; a record in a file does not have it
  bool operator==(const Drawn&) const = default;
};
// Such as "client 3: key 4 of 6".
std::string text_of(const Drawn& drawn);

}  // namespace vordb::sim
