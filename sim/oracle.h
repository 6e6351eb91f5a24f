// The client-visible oracles: every call of every client passes here as it begins and as it ends,
// and each property is checked at once against what earlier calls make known. Oracles see calls and
// answers only, never the node.
//
// A call begins once, however often it is attempted, and ends in one of three ways: answered,
// refused (it surely had no effect) or lost sight of (its effect came before some step, or never).
#pragma once

#include <memory>

#include "sim/call.h"
#include "sim/catalogue.h"
#include "sim/findings.h"

namespace vordb::sim {

struct ErrorCauses;

// What oracles share: the plan of the data, where findings go, and how far the run has come.
struct OracleContext {
  const Catalogue& catalogue;
  Findings& findings;
  Step last_crash = 0;
  Step horizon = 0;  // every call still open began at this step or later
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
  Oracles(const Catalogue& catalogue, Findings& findings);
  ~Oracles();
  Oracles(const Oracles&) = delete;
  Oracles& operator=(const Oracles&) = delete;

  void began(const Call& call);

  // The final answer: success, or an error that says that nothing was applied, now or later.
  void answered(const Call& call, const ClientReply& reply, const ErrorCauses& causes);

  void lost_sight(const Call& call, Step end);

  // An attempt that is not the call's last, or whose outcome leaves the call open, was refused.
  void attempt_failed(const Call& call, const ClientError& error, const ErrorCauses& causes);

  // A call that was acknowledged with `first` was sent again with the same token and got `second`.
  void repeated(const Call& call, const ClientReply& first, const ClientReply& second);

  // A complete listing of a bucket, all pages of it.
  void listed(const Call& call, const std::vector<std::string>& keys);

  void crashed(Step step);

  // A register surely holds a value now: no delete or drop may have followed the newest put.
  bool surely_there(uint32_t bucket, uint32_t key) const;

  // Every call still open began at this step or later.
  void forget_before(Step horizon);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vordb::sim
