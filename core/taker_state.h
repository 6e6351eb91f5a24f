// How an actor stands when a peer's message reaches it, as far as what it does with the message
// depends on that. Each actor says it of itself, changing nothing; core/message_table.h says what
// follows from it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vordb {

enum class TakerState : uint8_t {
  // ---- of the message and its sender: the actor does not get to see it
  kIllFormed,        // it breaks a rule of the schema, or names another sender than its envelope
  kFromSelf,         // it carries this node's own number, or none where members alone speak
  kMisplaced,        // it is for a placement or a shard that no node of this cluster has
  kNoCluster,        // this node is in none yet
  kForeign,          // it is of another cluster
  kNoMember,         // its sender is no member (any more) of this node's configuration
  kUnknownSender,    // of membership: its sender is not even a removed member there
  kOutdatedSender,   // of membership: its sender's disk is an older copy
  kUnrelatedSender,  // of a vnode: its sender holds nothing of the placement, nor is to
  kRetiredSender,    // of a vnode: a newer life of its sender is known
  kNamesFuture,      // of a vnode: it names dots of the receiver that it has yet to take

  // ---- a vnode
  kAbsent,      // there is none, and this node does not serve the placement
  kUnmade,      // there is none yet
  kDropped,     // all was handed over and erased
  kDropping,    // the batch that erases it is on its way
  kCorrupt,     // it has met damage
  kSuperseded,  // a newer life of this very vnode is known
  kUnfenced,    // it has not learnt yet who is retired
  kDraining,    // no owner any more: it hands over
  kUncalled,    // no owner any more, and nobody waits for what it holds
  kReceiving,   // an owner to be
  kCounting,    // an owner to be that holds what makes it count for the move
  kIncomplete,  // an owner that lacks what it must hold before others may take from it
  kOwner,
  kShard,  // all vnodes of the shard at once

  // ---- a coordinator: what the operation waits for that the message names
  kNoOperation,     // it has ended, or is one of an earlier life
  kLocalOperation,  // the answer of an actor of this node
  kListing,         // keys of one partition
  kAsking,          // coordinator::Stage, from here on
  kGathering,
  kTeaching,
  kWaiting,
  kMutating,
  kCollecting,
  kSettling,

  // ---- membership
  kSeeking,     // in no cluster: it asks to be admitted
  kFounding,    // in no cluster: it founds one with the listed members
  kStoring,     // what makes it a member is on its way to the disk
  kMovingOver,  // a node alone that an operator has told to join another cluster
  kRenewing,    // its disk is an older copy: it asks to be admitted anew
  kJoining,     // a member with this status, from here on
  kUp,
  kLeaving,
  kDown,
  kRemoved,
};
inline constexpr size_t kTakerStates = size_t(TakerState::kRemoved) + 1;

// Such as "retired sender".
const char* to_string(TakerState state);

}  // namespace vordb
