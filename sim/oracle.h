// The client-visible oracles: every call of every client passes here as it begins and as it ends,
// and each property is checked at once against what earlier calls make known. Oracles see calls and
// answers only, never the node.
//
// A call begins once, however often it is attempted, and ends in one of three ways: answered,
// refused (it surely had no effect) or lost sight of (its effect came before some step, or never).
//
// What is checked follows from what a bucket promises. Strict (W+R > N, or a node alone): every
// read sees what was acknowledged before it began, through whichever node. Weak: a read may be old,
// but what it shows was written; it sees what its causal token promises and what the node asked has
// acknowledged itself; and the reads of the audit, when all nodes have everything, are exact.
#pragma once

#include <memory>

#include "sim/bound.h"
#include "sim/call.h"
#include "sim/catalogue.h"
#include "sim/findings.h"

namespace vordb::sim {

struct ErrorCauses;

// The cluster of a run, as far as promises depend on it.
struct ClusterShape {
  uint32_t nodes = 1;  // that ever take part
  // From the start to the end nobody joins or leaves, and no disk is lost or damaged.
  bool stable = true;
};

inline constexpr uint32_t kNodeUnknown = UINT32_MAX;

// What oracles share: the plan of the data, where findings go, and how far the run has come.
struct OracleContext {
  OracleContext(const Catalogue& plan, Findings& found, ClusterShape cluster);

  const Catalogue& catalogue;
  Bound<Findings> findings;
  const ClusterShape shape;
  Step last_crash = 0;
  // Of the call that is being answered: its node was starting, short of space or damaged, and may
  // have left the work to another owner.
  bool troubled = false;
  Step horizon = 0;  // every call still open began at this step or later
  // What changed in the bucket table before this step is known to every node.
  Step table_known = 0;

  struct Losses {  // that one bucket may have suffered
    uint32_t open_drops = 0;
    Step last_drop_end = 0;
    Step drops_known = 0;  // since then every node knows of them all; kNever: some does not
    Step doubted = 0;      // disks were lost then
    Step changed = 0;      // the bucket was created or dropped then
  };
  std::vector<Losses> losses;

  bool alone() const { return shape.nodes == 1; }
  // Whether reads of the bucket see everything that was acknowledged before they began. A node that
  // has not heard yet that a bucket was dropped or created anew may answer from the old one.
  bool strict(uint32_t bucket) const;
  uint64_t ttl_ms(const Call& call) const {
    return catalogue.bucket(call.bucket).config.ttl_seconds * 1000;
  }
  // The node that surely carried out this mutation, or whose own data answered this read;
  // kNodeUnknown when others may have.
  uint32_t carried_out_by(const Call& call) const;
  // Some node may not have heard yet of the bucket that the call names, or of its end.
  bool may_be_unheard_of(const Call& call) const {
    const Step changed = losses[call.bucket].changed;
    return !alone() && (changed >= call.span.begin || changed > table_known);
  }
  // What the call did may be gone with a dropped bucket or a lost disk.
  bool may_be_lost(const Call& call) const {
    const Losses& of_bucket = losses[call.bucket];
    return call.span.begin <= of_bucket.drops_known || call.span.begin <= of_bucket.doubted;
  }
};

// What one kind of data looks like to the facade. Every call named here concerns the oracle's own
// bucket type.
class Oracle {
 public:
  virtual ~Oracle() = default;
  virtual void began(const Call& call) = 0;
  virtual void answered(const Call& call, const ClientReply& reply) = 0;
  virtual void refused(const Call& call) = 0;
  virtual void lost_sight(const Call& call, Step end) = 0;
  // A mutation without an answer has been carried out before `end`, if it ever is: it acted on
  // nothing that came later. Its effect may still be on its way, until it is lost sight of.
  virtual void carried_out(const Call& call, Step end) = 0;

  // What the causal token of an answer promises, on top of the call's own `promise`. Null: nothing
  // that is not checked anyway.
  virtual std::shared_ptr<const Promise> promise_of(const Call&, const ClientReply&) {
    return nullptr;
  }
  // What was acknowledged in this bucket so far may be gone.
  virtual void doubted(uint32_t) {}

  // All of `bucket` is dropped by `call`, another bucket's or its own deletion.
  virtual void drop_began(const Call& call) = 0;
  virtual void drop_ended(const Call& call, bool refused) = 0;
  virtual void drop_lost_sight(const Call& call, Step end) = 0;

  // Whether a complete listing of the bucket within `call`'s span may name, or leave out, the key.
  virtual bool may_list(const Call& call, uint32_t key) const = 0;
  virtual bool may_omit(const Call& call, uint32_t key) const = 0;
};

class Oracles {
 public:
  Oracles(const Catalogue& catalogue, Findings& findings, ClusterShape shape = {});
  ~Oracles();
  // A copy judges another world of the same catalogue, once it is attached to it.
  Oracles(const Oracles& other);
  Oracles(Oracles&&) noexcept;
  void attach(Findings& findings);
  Oracles& operator=(const Oracles&) = delete;

  void began(const Call& call);

  // The final answer: success, or an error that says that nothing was applied, now or later.
  void answered(const Call& call, const ClientReply& reply, const ErrorCauses& causes);

  void lost_sight(const Call& call, Step end);
  void carried_out(const Call& call, Step end);
  std::shared_ptr<const Promise> promise_of(const Call& call, const ClientReply& reply);
  // So many disks were lost at once: what no more nodes had to hold may be gone.
  void disks_lost(Step step, uint32_t disks);

  // An attempt that is not the call's last, or whose outcome leaves the call open, was refused.
  void attempt_failed(const Call& call, const ClientError& error, const ErrorCauses& causes);

  // A call that was acknowledged with `first` was sent again with the same token and got `second`.
  void repeated(const Call& call, const ClientReply& first, const ClientReply& second);

  // A complete listing of a bucket, all pages of it.
  void listed(const Call& call, const std::vector<std::string>& keys);

  void crashed(Step step);

  // Told several times a second. `calm`: since the last time every node was up and reachable, and
  // nobody was joining or leaving.
  void time_passed(Step step, uint64_t now_us, bool calm);

  // Every node has everything that ever took effect: what follows is the audit.
  void all_known(Step step);

  // A register surely holds a value now: no delete or drop may have followed the newest put.
  bool surely_there(uint32_t bucket, uint32_t key) const;

  // Every call still open began at this step or later.
  void forget_before(Step horizon);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vordb::sim
