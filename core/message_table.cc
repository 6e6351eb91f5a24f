#include "core/message_table.h"

#include <initializer_list>

#include "core/assert.h"
#include "proto/peer.pb.h"

namespace vordb {

namespace {

using Body = pb::PeerMessage::BodyCase;
using Inner = pb::ClusterMessage::BodyCase;
using S = TakerState;
using States = std::initializer_list<TakerState>;

// Each state that is named nowhere is impossible.
struct Cells {
  States taken;
  States refused;
  States ignored;
};

constexpr MessageRow with(MessageRow row, const Cells& cells) {
  const auto set = [&row](States states, Effect effect) {
    for (const TakerState state : states) row.effects[size_t(state)] = effect;
  };
  set(cells.taken, Effect::kTaken);
  set(cells.refused, Effect::kRefused);
  set(cells.ignored, Effect::kIgnored);
  return row;
}

constexpr MessageRow at_door(MessageRow row) {
  return with(row, {{}, {}, {S::kNoCluster, S::kForeign, S::kNoMember}});
}

constexpr MessageRow asks_vnode(Body body, const Cells& cells) {
  return with(at_door({false, int(body), ActorKind::kCoordinator, ActorKind::kVnode, {}}), cells);
}

constexpr MessageRow answers(Body body, const Cells& cells) {
  const MessageRow row{false, int(body), ActorKind::kVnode, ActorKind::kCoordinator, {}};
  return with(with(at_door(row), {{}, {}, {S::kNoOperation}}), cells);
}

constexpr MessageRow between_vnodes(Body body, const Cells& cells) {
  const MessageRow row{false, int(body), ActorKind::kVnode, ActorKind::kVnode, {}};
  const Cells deaf = {{},
                      {},
                      {S::kUnrelatedSender, S::kRetiredSender, S::kNamesFuture, S::kAbsent,
                       S::kUnmade, S::kDropped, S::kDropping, S::kCorrupt}};
  return with(with(at_door(row), deaf), cells);
}

// Entries of others: taken by who knows who is retired and is to hold them.
constexpr MessageRow updates(Body body) {
  return between_vnodes(body, {{S::kReceiving, S::kCounting, S::kIncomplete, S::kOwner},
                               {},
                               {S::kSuperseded, S::kUnfenced, S::kDraining, S::kUncalled}});
}

// From a member to a member; how the taker stands beside that is said after it.
constexpr MessageRow among_members(Inner body, const Cells& cells) {
  const MessageRow row{true, int(body), ActorKind::kMembership, ActorKind::kMembership, {}};
  const Cells strangers = {
      {S::kMovingOver, S::kJoining, S::kUp, S::kLeaving, S::kDown, S::kRemoved},
      {},
      {S::kNoCluster, S::kForeign, S::kUnknownSender, S::kOutdatedSender}};
  return with(with(row, strangers), cells);
}

// What a proposer and an acceptor tell each other: not heard while what was chosen goes to the
// disk, nor by a disk that has forgotten what it promised.
constexpr MessageRow votes(Inner body) {
  return among_members(body, {{}, {}, {S::kStoring, S::kRenewing}});
}

// From a node that may be in no cluster, or to one.
constexpr MessageRow to_anybody(Inner body, const Cells& cells) {
  return with({true, int(body), ActorKind::kMembership, ActorKind::kMembership, {}}, cells);
}

// Late ones mean nothing to who has founded.
constexpr MessageRow to_founders(Inner body) {
  return to_anybody(body, {{S::kFounding},
                           {},
                           {S::kSeeking, S::kStoring, S::kMovingOver, S::kRenewing, S::kJoining,
                            S::kUp, S::kLeaving, S::kDown, S::kRemoved}});
}

constexpr std::array<MessageRow, kMessageRows> kTable = {
    // ---- a placement's owners among themselves
    updates(Body::kDelta),
    updates(Body::kGossip),
    updates(Body::kPush),
    updates(Body::kSnapshotPart),
    // Whoever does not know yet who is retired learns it from these.
    between_vnodes(Body::kAnnouncement, {{S::kSuperseded, S::kUnfenced, S::kDraining, S::kUncalled,
                                          S::kReceiving, S::kCounting, S::kIncomplete, S::kOwner},
                                         {},
                                         {}}),
    between_vnodes(Body::kSnapshotPull, {{S::kDraining, S::kUncalled, S::kReceiving, S::kCounting,
                                          S::kIncomplete, S::kOwner},
                                         {},
                                         {S::kSuperseded, S::kUnfenced}}),
    between_vnodes(Body::kScrubAsk, {{S::kIncomplete, S::kOwner},
                                     {S::kSuperseded, S::kUnfenced, S::kDraining, S::kUncalled,
                                      S::kReceiving, S::kCounting},
                                     {}}),
    between_vnodes(Body::kScrubAnswer, {{S::kSuperseded, S::kUnfenced, S::kDraining, S::kUncalled,
                                         S::kReceiving, S::kCounting, S::kIncomplete, S::kOwner},
                                        {},
                                        {}}),
    with(at_door({false, int(Body::kDigest), ActorKind::kVnode, ActorKind::kVnode, {}}),
         {{S::kShard}, {}, {}}),

    // ---- a coordinator to owners
    asks_vnode(Body::kMutate,
               {{S::kUnmade, S::kIncomplete, S::kOwner},
                {S::kAbsent, S::kDropped, S::kDropping, S::kCorrupt, S::kSuperseded, S::kUnfenced,
                 S::kDraining, S::kUncalled, S::kReceiving, S::kCounting},
                {}}),
    // Owners to be are read too: a read needs a quorum of both sets.
    asks_vnode(Body::kRead, {{S::kUnmade, S::kReceiving, S::kCounting, S::kIncomplete, S::kOwner},
                             {S::kAbsent, S::kDropped, S::kDropping, S::kCorrupt, S::kSuperseded,
                              S::kUnfenced, S::kDraining, S::kUncalled},
                             {}}),
    // A listing shows what is here: it promises no more.
    asks_vnode(Body::kList,
               {{S::kUnmade, S::kDropped, S::kDropping, S::kSuperseded, S::kUnfenced, S::kDraining,
                 S::kUncalled, S::kReceiving, S::kCounting, S::kIncomplete, S::kOwner},
                {S::kAbsent, S::kCorrupt},
                {}}),
    asks_vnode(Body::kPushRequest,
               {{S::kUnmade, S::kDraining, S::kUncalled, S::kReceiving, S::kCounting,
                 S::kIncomplete, S::kOwner},
                {S::kAbsent, S::kDropped, S::kDropping, S::kCorrupt, S::kSuperseded, S::kUnfenced},
                {}}),

    // ---- owners to a coordinator. Each attempt has an operation id of its own, so that an answer
    // finds the attempt that asked for it, what that has become, or nothing.
    answers(Body::kMutateReply, {{S::kMutating}, {}, {S::kWaiting, S::kCollecting, S::kSettling}}),
    answers(Body::kReadReply,
            {{S::kAsking, S::kGathering},
             {},
             {S::kTeaching, S::kWaiting, S::kMutating, S::kCollecting, S::kSettling}}),
    answers(Body::kListReply, {{S::kListing}, {}, {}}),
    answers(Body::kAck,
            {{S::kTeaching, S::kMutating, S::kCollecting, S::kSettling}, {}, {S::kWaiting}}),

    // ---- the configuration chain
    votes(Inner::kPrepare),
    votes(Inner::kPromise),
    votes(Inner::kAccept),
    votes(Inner::kAccepted),
    // A heartbeat is what tells that a disk is an older copy, and that it is none any more.
    among_members(Inner::kHeartbeat, {{S::kStoring, S::kRenewing, S::kOutdatedSender}, {}, {}}),
    // A member that this node has not heard of yet brings the configuration that holds it.
    among_members(Inner::kNews, {{S::kStoring, S::kRenewing, S::kUnknownSender}, {}, {}}),
    among_members(Inner::kMoves, {{S::kStoring, S::kRenewing}, {}, {}}),
    to_anybody(Inner::kJoin, {{S::kUp, S::kLeaving, S::kDown},
                              {S::kSeeking, S::kFounding, S::kStoring, S::kMovingOver, S::kRenewing,
                               S::kJoining, S::kRemoved},
                              {}}),
    to_anybody(Inner::kJoinReply, {{S::kSeeking, S::kMovingOver, S::kRenewing},
                                   {},
                                   {S::kFounding, S::kStoring, S::kJoining, S::kUp, S::kLeaving,
                                    S::kDown, S::kRemoved}}),
    to_anybody(Inner::kFoundingHello, {{S::kFounding, S::kJoining, S::kUp, S::kLeaving, S::kDown},
                                       {S::kSeeking},
                                       {S::kStoring, S::kMovingOver, S::kRenewing, S::kRemoved}}),
    // A member says once more that it holds the entry.
    to_anybody(Inner::kFoundingEntry,
               {{S::kFounding, S::kJoining, S::kUp, S::kLeaving, S::kDown},
                {},
                {S::kSeeking, S::kStoring, S::kMovingOver, S::kRenewing, S::kRemoved}}),
    to_founders(Inner::kFoundingStored),
    to_founders(Inner::kFoundingRefusal),
};

constexpr std::array<const char*, kTakerStates> kNames = {"ill-formed",
                                                          "from itself",
                                                          "misplaced",
                                                          "no cluster",
                                                          "foreign",
                                                          "no member",
                                                          "unknown sender",
                                                          "outdated sender",
                                                          "unrelated sender",
                                                          "retired sender",
                                                          "names future",
                                                          "absent",
                                                          "unmade",
                                                          "dropped",
                                                          "dropping",
                                                          "corrupt",
                                                          "superseded",
                                                          "unfenced",
                                                          "draining",
                                                          "uncalled",
                                                          "receiving",
                                                          "counting",
                                                          "incomplete",
                                                          "owner",
                                                          "shard",
                                                          "no operation",
                                                          "local",
                                                          "listing",
                                                          "asking",
                                                          "gathering",
                                                          "teaching",
                                                          "waiting",
                                                          "mutating",
                                                          "collecting",
                                                          "settling",
                                                          "seeking",
                                                          "founding",
                                                          "storing",
                                                          "moving over",
                                                          "renewing",
                                                          "joining",
                                                          "up",
                                                          "leaving",
                                                          "down",
                                                          "removed"};
static_assert(kNames.back() != nullptr, "every state has a name");

}  // namespace

const char* to_string(TakerState state) { return kNames[size_t(state)]; }

const std::string& MessageRow::name() const {
  const auto* type = of_cluster ? pb::ClusterMessage::descriptor() : pb::PeerMessage::descriptor();
  return type->FindFieldByNumber(body)->name();
}

std::span<const MessageRow, kMessageRows> message_table() { return kTable; }

size_t message_row(const pb::PeerMessage& message) {
  const bool of_cluster = message.has_cluster_message();
  const int body =
      of_cluster ? int(message.cluster_message().body_case()) : int(message.body_case());
  for (size_t row = 0; row < kMessageRows; ++row) {
    if (kTable[row].of_cluster == of_cluster && kTable[row].body == body) return row;
  }
  VORDB_ASSERT(false, "every body has a row");
  return 0;
}

}  // namespace vordb
