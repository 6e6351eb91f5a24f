// A simulated world: virtual time, one queue of events, the machines that run nodes, the links
// between them, clients, operators, faults and oracles. One seed, one run: nothing here depends on
// anything but the scenario and the Chooser.
//
// A run has six parts: the cluster forms; the buckets are made; load and faults; faults end, and
// the cluster must come to rest and converge; every key is read once more through every node.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/chooser.h"
#include "sim/client.h"
#include "sim/disk_oracle.h"
#include "sim/error_oracle.h"
#include "sim/event_queue.h"
#include "sim/faults.h"
#include "sim/links.h"
#include "sim/node.h"
#include "sim/operators.h"
#include "sim/oracle.h"
#include "sim/run_result.h"
#include "sim/scenario.h"
#include "sim/trace.h"

namespace vordb::sim {

class World : public ClientHost, public NodeHost, public FaultHost, public OperatorHost {
 public:
  // `scenario` outlives the world.
  World(const Scenario& scenario, uint64_t seed, Trace::Sink sink = nullptr);
  ~World() override;

  // Runs to the end or to the first violation.
  RunResult run();

  // Where the run is, for whoever must report a broken assertion.
  uint64_t events() const { return trace_.events(); }

 private:
  enum class Phase : uint8_t { kForm, kSetup, kLoad, kSettle, kAudit, kDone };

  struct Machine {
    std::unique_ptr<SimNode> node;
    uint64_t last_boot_us = 0;
    uint64_t last_crash_us = 0;
    uint32_t failed_boots = 0;
    std::pair<uint64_t, uint64_t> looked_at{0, 0};  // digest of the disk when it was last looked at
  };
  struct UnderWay {
    uint32_t from = 0;
    uint32_t life = 0;  // of the sender
    PeerBytes message;
  };

  // ---- ClientHost
  uint32_t nodes() const override { return uint32_t(machines_.size()); }
  bool send_request(uint32_t client, uint32_t node, std::string bytes) override;
  void think_later(uint32_t client, uint64_t delay_us) override;
  uint64_t next_call_id() override { return ++last_call_; }
  Step step() const override { return trace_.events(); }
  const uint64_t& now_us() const override { return now_us_; }
  NowBounds now_bounds() const override;
  uint32_t clock_steps() const override;
  ErrorCauses causes(uint32_t node, uint64_t since_us) const override;
  uint64_t carried_out_before_us() const override;
  void note(uint32_t client, const std::string& text) override;
  bool has_sink() const override { return trace_.has_sink(); }
  void acknowledged(const Call& call, const ClientReply& reply) override;
  void late_answer(uint32_t client, const std::string& text) override;

  // ---- NodeHost
  Chooser& chooser() override { return chooser_; }
  Trace& trace() override { return trace_; }
  Findings& findings() override { return findings_; }
  void plan(Event event) override { queue_.push(event); }
  void send_to_client(uint32_t node, uint32_t client, std::string bytes) override;
  void send_to_peer(uint32_t from, const std::string& address, NodeNumber to,
                    std::string bytes) override;
  PeerBytes take_peer_message(const Event& event) override;
  void operator_answered(uint32_t node, ClusterChangeReply reply) override;
  void moment(uint32_t node, Moment moment) override { faults_->moment(node, moment); }
  void died(uint32_t node) override;

  // ---- FaultHost, OperatorHost
  std::vector<uint32_t> in_service() const override { return operators_->in_service(); }
  SimNode& machine(uint32_t index) override { return *machines_[index].node; }
  Links& links() override { return *links_; }
  void plan_fault(FaultKind kind, uint32_t machine, uint64_t in_us, bool ends) override;
  void crash(uint32_t machine, SimDiskImage::Crash kind, const char* why) override;
  bool change_membership(FaultKind kind) override { return operators_->begin(kind); }
  void note_fault(FaultKind kind, const std::string& what) override;
  bool at_rest() const override { return why_not_at_rest().empty(); }
  void plan_boot(uint32_t machine, uint64_t in_us) override;
  void change_disk(uint32_t machine, const SimRecords* older, bool counts) override;
  void note_operator(const std::string& text) override;

  void handle(const Event& event);
  void boot(uint32_t machine);
  void note_lead(int64_t lead_ms);
  void check();
  bool alone() const { return machines_.size() == 1; }
  // ---- world_phases.cc
  void advance_phase();
  void enter(Phase phase);
  void give_scripts(std::vector<Call> calls);
  std::string why_not_at_rest() const;
  std::string why_not_done() const;
  std::string why_not_converged_now();
  void look_at_calm();
  bool clients_done() const;
  void update_horizon();
  std::vector<const SimNode*> serving() const;
  RunResult result();
  void look_at_canary();

  const Scenario& scenario_;
  Chooser chooser_;
  Trace trace_;
  Findings findings_;
  const Catalogue catalogue_;
  Workload workload_;
  DiskOracle disk_oracle_;
  const bool canary_dies_;
  ClientFigures client_figures_;
  uint64_t now_us_ = 0;
  EventQueue queue_;
  std::vector<Machine> machines_;
  std::unique_ptr<Links> links_;
  std::unique_ptr<Operators> operators_;
  std::unique_ptr<FaultInjector> faults_;
  std::unique_ptr<Oracles> oracles_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  std::vector<uint64_t> last_reply_us_;  // answers of one connection keep their order
  Pool<std::string> replies_;
  Pool<UnderWay> under_way_;
  Pool<ClusterChangeReply> operator_replies_;
  Phase phase_ = Phase::kForm;
  std::string waits_for_;    // why the next part has not begun
  std::string unconverged_;  // and why owners differ, when the disks were these
  std::vector<std::pair<uint64_t, uint64_t>> unconverged_disks_;
  uint64_t settle_us_max_ = 0;
  uint64_t phase_since_us_ = 0;
  uint64_t last_call_ = 0;
  int64_t highest_lead_ms_ = INT64_MIN;  // no process began further ahead of the true time
  uint64_t restless_us_ = 0;             // when the cluster was last seen changing
  uint64_t unwell_us_ = 0;               // when some node was last seen down, stalled or cut off
  uint64_t disk_changed_us_ = 0;
  uint64_t quiet_from_us_ = 0;  // faults over: what was under way has arrived by then
  bool buffered_ = false;
  bool node_lost_ = false;
};

}  // namespace vordb::sim
