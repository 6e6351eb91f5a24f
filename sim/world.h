// A simulated world: virtual time, one queue of events, the machines that run nodes, the links
// between them, clients, operators, faults and oracles. One seed, one run: nothing here depends on
// anything but the scenario and the Chooser.
//
// A run has six parts: the cluster forms; the buckets are made; load and faults; faults end, and
// the cluster must come to rest and converge; every key is read once more through every node.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
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
#include "sim/world_state.h"

namespace vordb::sim {

class World : public ClientHost,
              public NodeHost,
              public FaultHost,
              public OperatorHost,
              private WorldState {
 public:
  // `scenario` outlives the world.
  World(const Scenario& scenario, uint64_t seed, Trace::Sink sink = nullptr);
  // The run of the chooser's seed; it may record or follow a record.
  World(const Scenario& scenario, Chooser chooser, Trace::Sink sink = nullptr);
  // A copy goes on as the original would, event for event, and neither sees what the other does. It
  // writes no trace until it is given a sink.
  World(const World& other);
  World& operator=(const World&) = delete;
  ~World() override;

  // Runs to the end or to the first violation.
  RunResult run();
  // The same in steps: start(), then advance() until it returns false, then result(). Each
  // advance() handles one event.
  void start();
  bool advance();
  RunResult result();

  void set_sink(Trace::Sink sink) { trace_.set_sink(std::move(sink)); }
  // It outlives the world, or is taken back. A copy has none.
  void set_listener(TraceListener* listener) { trace_.set_listener(listener); }
  // What is drawn from now on, after the decisions of `first`, is drawn from this seed: another
  // future of the same past.
  void reseed(uint64_t seed, std::shared_ptr<const Script> first = nullptr) {
    chooser_.reseed(seed, std::move(first));
  }

  // ---- For whoever looks on. What was handled last; before the first event nothing has a meaning.
  const uint64_t& now_us() const override { return now_us_; }
  uint32_t nodes() const override { return uint32_t(machines_.size()); }
  const char* phase() const;
  const Event& last_event() const { return last_event_; }
  const Event* next_event() const { return queue_.next(); }
  // What is planned, in order, and what one of it carries, as far as it has a name.
  std::vector<Event> planned() const { return queue_.planned(); }
  std::string carries(const Event& planned) const;
  const SimNode& node(uint32_t index) const { return *machines_[index].node; }
  const std::vector<Violation>& violations() const { return findings_.violations(); }

  // ---- The record of decisions (sim/chooser.h).
  const Chooser& decisions() const { return chooser_; }
  void decide(Decision decision, uint64_t value) { chooser_.decide(decision, value); }
  void record_to(DecisionSink* sink) { chooser_.record_to(sink); }

  // Where the run is: the part of it, what that waits for, and who is up.
  std::string where() const;
  // For whoever must report a broken assertion.
  uint64_t events() const { return trace_.events(); }
  TraceHash trace_hash() const { return trace_.hash(); }
  // Over the shards and disks of all machines, whatever has led there.
  std::pair<uint64_t, uint64_t> fingerprint() const;

 protected:
  // Of NodeHost; a test that meddles with what nodes send comes between.
  std::optional<PeerBytes> take_peer_message(const Event& event) override;

 private:
  // ---- ClientHost
  bool send_request(uint32_t client, uint32_t node, std::string bytes) override;
  void think_later(uint32_t client, uint64_t delay_us) override;
  uint64_t next_call_id() override { return ++last_call_; }
  Step step() const override { return trace_.events(); }
  NowBounds now_bounds() const override;
  uint32_t clock_steps() const override;
  ErrorCauses causes(uint32_t node, uint64_t since_us) const override;
  uint64_t carried_out_before_us() const override;
  void note(uint32_t client, const std::string& text) override;
  bool is_heard() const override { return trace_.heard(); }
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
  void operator_answered(uint32_t node, ClusterChangeReply reply) override;
  void moment(uint32_t node, Moment moment) override { faults_->moment(node, moment); }
  void configuration_used(uint32_t node, uint64_t before,
                          const Configuration& configuration) override {
    configuration_oracle_.used(node, before, configuration);
  }
  Knobs knobs_at_start(uint32_t node) override;
  bool strikes(Site site) override { return faults_->running() && sites_.strikes(site, chooser_); }
  void died(uint32_t node) override;

  // ---- FaultHost, OperatorHost
  std::vector<uint32_t> in_service() const override { return operators_->in_service(); }
  SimNode& machine(uint32_t index) override { return *machines_[index].node; }
  Links& links() override { return *links_; }
  void plan_fault(FaultKind kind, uint32_t machine, uint64_t in_us, bool ends) override;
  void crash(uint32_t machine, SimDiskImage::Crash kind, const char* why) override;
  void upgrade(uint32_t machine) override;
  bool change_membership(FaultKind kind) override { return operators_->begin(kind); }
  void note_fault(FaultKind kind, const std::string& what, uint64_t lasts_us) override;
  bool at_rest() const override { return why_not_at_rest().empty(); }
  void plan_boot(uint32_t machine, uint64_t in_us) override;
  void change_disk(uint32_t machine, const SimRecords* older, bool counts) override;
  void note_operator(const std::string& text) override;

  void attach();
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
  void look_for_two_clusters();
  bool clients_done() const;
  void update_horizon();
  std::vector<const SimNode*> serving() const;
  void look_at_scrubs();
  void look_at_canary();
};

}  // namespace vordb::sim
