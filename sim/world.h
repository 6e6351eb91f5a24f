// A simulated world: virtual time, one queue of events, the machine that runs the node, its
// clients, the faults and the oracles. One seed, one run: nothing here depends on anything but the
// scenario and the Chooser.
//
// A run has four parts: the buckets are made; load and faults; faults end and the node must serve
// again; every key is read once more.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/chooser.h"
#include "sim/client.h"
#include "sim/disk_oracle.h"
#include "sim/error_oracle.h"
#include "sim/event_queue.h"
#include "sim/faults.h"
#include "sim/node.h"
#include "sim/oracle.h"
#include "sim/run_result.h"
#include "sim/scenario.h"
#include "sim/trace.h"

namespace vordb::sim {

class World : public ClientHost, public NodeHost, public FaultHost {
 public:
  // `scenario` outlives the world.
  World(const Scenario& scenario, uint64_t seed, Trace::Sink sink = nullptr);
  ~World() override;

  // Runs to the end or to the first violation.
  RunResult run();

  // Where the run is, for whoever must report a broken assertion.
  uint64_t events() const { return trace_.events(); }

 private:
  enum class Phase : uint8_t { kSetup, kLoad, kSettle, kAudit, kDone };

  // ---- ClientHost
  bool send_request(uint32_t client, std::string bytes) override;
  void think_later(uint32_t client, uint64_t delay_us) override;
  uint64_t next_call_id() override { return ++last_call_; }
  Step step() const override { return trace_.events(); }
  const uint64_t& now_us() const override { return now_us_; }
  NowBounds now_bounds() const override;
  uint32_t clock_steps() const override { return node_->time().steps(); }
  ErrorCauses causes(uint64_t since_us) const override;
  void note(uint32_t client, const std::string& text) override;
  bool has_sink() const override { return trace_.has_sink(); }
  void acknowledged(const Call& call, const ClientReply& reply) override;
  void late_answer(uint32_t client, const std::string& text) override;

  // ---- NodeHost
  Chooser& chooser() override { return chooser_; }
  Trace& trace() override { return trace_; }
  Findings& findings() override { return findings_; }
  void plan(Event event) override { queue_.push(event); }
  void send_to_client(uint32_t client, std::string bytes) override;
  void send_to_node(uint32_t from, NodeNumber to, std::string bytes) override;
  void moment(uint32_t node, Moment moment) override;
  void died(uint32_t node) override;

  // ---- FaultHost
  SimNode& victim() override { return *node_; }
  void plan_fault(FaultKind kind, uint64_t in_us, bool ends) override;
  void crash_victim(SimDiskImage::Crash kind, const char* why) override;
  void note_fault(FaultKind kind, const std::string& what) override;

  void handle(const Event& event);
  void boot();
  void plan_boot(uint64_t in_us);
  void check();
  void advance_phase();
  void enter(Phase phase);
  bool clients_done() const;
  void update_horizon();

  const Scenario& scenario_;
  Chooser chooser_;
  Trace trace_;
  Findings findings_;
  const Catalogue catalogue_;
  Workload workload_;
  Oracles oracles_;
  DiskOracle disk_oracle_;
  ClientFigures client_figures_;
  uint64_t now_us_ = 0;
  EventQueue queue_;
  std::unique_ptr<SimNode> node_;
  std::unique_ptr<FaultInjector> faults_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  std::vector<uint64_t> last_reply_us_;  // answers of one connection keep their order
  Pool<std::string> replies_;
  Phase phase_ = Phase::kSetup;
  uint64_t phase_since_us_ = 0;
  uint64_t last_call_ = 0;
  uint64_t highest_lease_ms_ = 0;  // the node's hybrid clock was never above this at a start
  uint64_t last_boot_us_ = 0;
  uint32_t failed_boots_ = 0;
  bool buffered_ = false;
  bool node_lost_ = false;
};

}  // namespace vordb::sim
