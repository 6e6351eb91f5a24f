// What a coordinator remembers of a request. Most take one message to a vnode of this node and one
// back: Pending alone. The others, with more than one owner to hear, are Work.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/box.h"
#include "core/client_api.h"
#include "core/coordinator/lanes.h"
#include "core/coordinator/merge_answers.h"
#include "core/coordinator/owner_sets.h"
#include "core/crdt/dot.h"
#include "core/fields.h"
#include "core/messages.h"
#include "core/vnode/causal_token.h"

namespace vordb::coordinator {

// Where a request stands. Up to kMutating nothing was applied.
enum class Stage : uint8_t {
  kAsking,      // a read: one owner after the other, until one answers
  kGathering,   // a read quorum's answers are coming
  kTeaching,    // what the quorum knows goes to the owner that will mutate
  kWaiting,     // to try the mutation again: every owner has refused it
  kMutating,    // one owner was sent the mutation: nobody else will be
  kCollecting,  // acknowledgements of its dot
  kSettling,    // acknowledgements of what the answer shows, by W owners
};

struct Work {
  Stage stage = Stage::kAsking;
  OwnerSets sets;            // of the attempt
  uint8_t needed = 1;        // owners to gather
  uint8_t w = 1;             // owners that must hold it before the answer
  bool strict = false;       // a read of W+R > N
  bool reads_first = false;  // a mutation that needs a read quorum before it (CLUSTER.md rule 16)

  KeyRead read;                             // what owners are asked
  std::shared_ptr<const CausalToken> seen;  // what the answer must not be older than
  Box<KeyMutation> mutation;

  // ---- asking and gathering
  OwnerMask tried = 0;  // owners that were asked in vain (asking, mutating)
  OwnerMask answered = 0;
  std::vector<OwnerAnswer> answers;
  CausalToken known;                 // of all answers
  std::optional<ClientError> error;  // the last that an owner gave

  // ---- teaching and settling: `senders` push `names`; who has taken in what all of them hold, or
  // held it before, holds them
  std::vector<std::string> names;
  OwnerMask senders = 0;
  OwnerMask holders = 0;         // before any push; of a dot: who acknowledged it
  std::vector<OwnerMask> taken;  // by owner: whose pushes it acknowledged

  // ---- the mutation
  NodeNumber mutator = 0;
  bool sent_twice = false;         // a refusal says nothing of the other copy
  bool void_acks = false;          // the placement's version changed since it was sent
  std::vector<std::string> shown;  // deleting a set or counter: every entry that an owner showed
  crdt::Dot dot;

  ClientReply reply;  // to be given at the end

  uint64_t next_us = UINT64_MAX;  // when to do something again
  uint8_t round = 0;
  VORDB_FIELDS(Work, stage, sets, needed, w, strict, reads_first, read, seen, mutation, tried,
               answered, answers, known, error, names, senders, holders, taken, mutator, sent_twice,
               void_acks, shown, dot, reply, next_us, round)
};

// The keys of a bucket being listed (keys.cc): each partition is an operation of its own.
struct Listing {
  BucketId bucket = 0;
  uint8_t replication_n = 0;
  std::vector<OpId> parts;  // in partition order, the first being the one whose keys come next
  uint32_t next_partition = 0;
  std::vector<std::string> keys;
  VORDB_FIELDS(Listing, bucket, replication_n, parts, next_partition, keys)
};

struct ListingPart {
  OpId listing = 0;
  std::string after;
  uint32_t limit = 0;
  OwnerMask tried = 0;  // owners that were asked in vain
  uint64_t next_us = 0;
  bool done = false;
  std::vector<std::string> keys;
  VORDB_FIELDS(ListingPart, listing, after, limit, tried, next_us, done, keys)
};

struct Pending {
  ClientId client = 0;
  LaneUse lanes;  // held until the answer
  Operation operation = Operation::kPing;
  BucketType type = BucketType::kLww;
  PlacementId placement;
  uint32_t limit = 0;  // pages
  uint64_t deadline_us = 0;
  uint64_t now_ms = 0;  // reads: what expiry is judged by
  uint64_t pv = 0;      // that the message to the vnode named
  Box<Work> work;
  Box<Listing> listing;
  Box<ListingPart> part;
  VORDB_FIELDS(Pending, client, lanes, operation, type, placement, limit, deadline_us, now_ms, pv,
               work, listing, part)
};

}  // namespace vordb::coordinator
