// The configuration chain: which configuration follows the one in use is agreed by single-decree
// Paxos among the present one's acceptors, once for every epoch (CLUSTER.md rules 1-7). This is one
// node's part in it, as acceptor and as proposer: a value, without doors, that says what to send
// and what to make durable.
//
// What is chosen is never forgotten: `answers` may leave only when all votes up to then are
// durable, and `chosen` may be used only once it is.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "core/cluster/ballot.h"
#include "core/cluster/configuration.h"
#include "core/env/knobs.h"
#include "core/fields.h"
#include "proto/peer.pb.h"

namespace vordb::cluster {

// Who votes on the configuration that follows this one, ascending: every member that has its part
// in the cluster; of an even number all but the one that was admitted last.
std::vector<NodeNumber> acceptors(const Configuration& configuration);

struct ClusterLetter {
  NodeNumber to = 0;  // may be this node itself
  pb::ClusterMessage message;
  VORDB_FIELDS(ClusterLetter, to, message)
};

struct ChainEffects {
  std::vector<ClusterLetter> requests;          // may leave at once
  std::vector<ClusterLetter> answers;           // may leave when votes() is durable
  bool votes_changed = false;                   // votes() must be made durable
  std::shared_ptr<const Configuration> chosen;  // must be made durable, then used
};

class Chain {
 public:
  // When it is asked to do something, with what it may draw from and is tuned by.
  struct Now {
    uint64_t us = 0;
    uint64_t random = 0;
    const Knobs& knobs = kDefaultKnobs;
  };

  Chain(NodeNumber self, uint64_t boot, std::shared_ptr<const Configuration> current, Votes votes);

  // Tries to make `value`, a successor of the configuration in use, the next one. Another value may
  // come out of it.
  void propose(std::shared_ptr<const Configuration> value, const Now& now, ChainEffects& effects);
  bool proposing() const { return proposal_.phase != Phase::kNone; }
  // The proposal may still be completed by others.
  void abandon() { proposal_ = {}; }

  // A message of this chain from a member, about the epoch that is voted on now.
  void step(NodeNumber from, const pb::ClusterMessage& message, ChainEffects& effects);
  void tick(const Now& now, ChainEffects& effects);

  // This configuration is durable: votes are about its successor from now on.
  void use(std::shared_ptr<const Configuration> current);

  uint64_t epoch() const { return current_->epoch + 1; }  // that is voted on
  const Votes& votes() const { return votes_; }

 private:
  enum class Phase : uint8_t { kNone, kWaiting, kPreparing, kAccepting };
  struct Proposal {
    Phase phase = Phase::kNone;
    std::shared_ptr<const Configuration> own;    // what this node wants
    std::shared_ptr<const Configuration> value;  // what this ballot must carry
    Ballot ballot;
    Ballot accepted;  // the highest that a promise told of
    std::set<NodeNumber> answered;
    uint64_t since_us = 0;  // the ballot began
    uint64_t again_us = 0;  // when to send once more, or to try the next ballot
    uint64_t patience_us = 0;
    VORDB_FIELDS(Proposal, phase, own, value, ballot, accepted, answered, since_us, again_us,
                 patience_us)
  };

  void prepare(const pb::Prepare& prepare, NodeNumber from, ChainEffects& effects);
  void accept(const pb::Accept& accept, NodeNumber from, ChainEffects& effects);
  void promised(const pb::Promise& promise, NodeNumber from, ChainEffects& effects);
  void accepted(const pb::Accepted& accepted, NodeNumber from, ChainEffects& effects);
  void begin_ballot(const Now& now, ChainEffects& effects);
  void send(ChainEffects& effects);
  void refused(const Ballot& by);
  bool is_acceptor(NodeNumber node) const;
  bool follows_current(const Configuration& value) const;

  NodeNumber self_;
  uint64_t boot_;
  std::shared_ptr<const Configuration> current_;
  std::vector<NodeNumber> acceptors_;
  uint64_t checksum_ = 0;  // of current_
  Votes votes_;
  Proposal proposal_;
  uint64_t highest_round_ = 0;  // heard of, in this epoch
  VORDB_FIELDS(Chain, self_, boot_, current_, acceptors_, checksum_, votes_, proposal_,
               highest_round_)
};

}  // namespace vordb::cluster
