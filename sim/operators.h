// The operators of a simulated cluster: they add machines, take them away, replace dead ones and
// swap disks, a step at a time and within what the cluster can bear, and hold it to what it
// answers.
//
// Budget: a disk is only lost, and a machine only given up, while the cluster is whole and at rest,
// so that no two copies of anything are lost at once; and never so many that fewer than `least`
// serve. What an operator asked is asked again until it is done, whoever crashes meanwhile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/messages.h"
#include "sim/bound.h"
#include "sim/chooser.h"
#include "sim/fault_kinds.h"
#include "sim/findings.h"
#include "sim/node.h"
#include "sim/scenario.h"

namespace vordb::sim {

// What a machine is there for.
enum class Duty : uint8_t {
  kSpare,    // off, with an empty disk
  kServing,  // a member, or on its way to be one
  kLeaving,  // was asked to leave: the cluster decides
  kDead,     // off for good, and still a member
};

class OperatorHost {
 public:
  virtual ~OperatorHost() = default;
  virtual SimNode& machine(uint32_t index) = 0;
  virtual const uint64_t& now_us() const = 0;
  virtual bool at_rest() const = 0;
  virtual void plan_boot(uint32_t machine, uint64_t in_us) = 0;
  virtual void crash(uint32_t machine, SimDiskImage::Crash kind, const char* why) = 0;
  // The machine is off; what it holds is replaced by an older copy of it, or by nothing.
  // `counts`: others relied on what it held.
  virtual void change_disk(uint32_t machine, const SimRecords* older, bool counts) = 0;
  virtual void note_operator(const std::string& text) = 0;
};

struct OperatorFigures {
  uint64_t asked = 0;
  uint64_t done = 0;
  uint64_t refused = 0;  // answers that are errors
  uint64_t unknown = 0;  // the process that was asked ended before it answered
};

class Operators {
 public:
  Operators(const Scenario& scenario, Chooser& chooser, Findings& findings, OperatorHost& host);

  // For a copy that shall live in another world.
  void attach(Chooser& chooser, Findings& findings, OperatorHost& host) {
    chooser_.bind(chooser);
    findings_.bind(findings);
    host_.bind(host);
  }

  // Begins a change; false: the cluster cannot bear it now, or no machine is left for it.
  bool begin(FaultKind kind);
  // Goes on with what is under way. Called several times a second.
  void look();
  void answered(uint32_t machine, const ClusterChangeReply& reply);
  void crashed(uint32_t machine);

  Duty duty(uint32_t machine) const { return machines_[machine].duty; }
  // Clients are shown to it. Not to a machine that is told to join: until then it is a cluster of
  // its own, and what it takes would be another cluster's.
  bool open_to_clients(uint32_t machine) const;
  // Members, and those on their way to be or not to be one.
  std::vector<uint32_t> in_service() const;
  // What is still to be done; empty: nothing.
  std::string pending() const;
  const OperatorFigures& figures() const { return figures_; }

 private:
  struct Machine {
    Duty duty = Duty::kSpare;
    std::optional<SimRecords> backup;
  };
  // One change, asked step by step of some node until it is done.
  struct Job {
    FaultKind kind;
    uint32_t subject;
    uint32_t step = 0;
    uint32_t asked = 0;
    uint64_t request = 0;  // that waits for an answer; 0: none
    uint64_t not_before_us = 0;
    bool accept_loss = false;
  };

  bool begin_join();
  bool begin_leave();
  bool begin_removal(FaultKind kind);
  bool begin_disk_loss(FaultKind kind);
  Choices choices_of(FaultKind kind) {
    return chooser_->stream(StreamKind::kOperator, uint32_t(kind));
  }
  uint32_t pick(FaultKind kind, const std::vector<uint32_t>& from) {
    return from[size_t(choices_of(kind).below(Decision::kMachine, from.size()))];
  }
  std::vector<uint32_t> of_duty(Duty duty) const;
  std::vector<std::string> addresses_but(uint32_t machine) const;
  void ask(Job& job);
  bool done(const Job& job) const;
  void finish(const Job& job);
  bool is_member(const SimNode& looks, const SimNode& subject) const;

  const Scenario& scenario_;
  Bound<Chooser> chooser_;
  Bound<Findings> findings_;
  Bound<OperatorHost> host_;
  std::vector<Machine> machines_;
  std::vector<Job> jobs_;
  uint64_t last_request_ = 0;
  OperatorFigures figures_;
};

}  // namespace vordb::sim
