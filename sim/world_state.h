// All that a simulated world is, by value. What one part needs of another it is bound to (bound.h),
// so a copy is bound anew by the world that it becomes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/box.h"
#include "sim/chooser.h"
#include "sim/client.h"
#include "sim/configuration_oracle.h"
#include "sim/disk_oracle.h"
#include "sim/event_queue.h"
#include "sim/faults.h"
#include "sim/findings.h"
#include "sim/links.h"
#include "sim/node.h"
#include "sim/operators.h"
#include "sim/oracle.h"
#include "sim/scenario.h"
#include "sim/site_faults.h"
#include "sim/trace.h"
#include "sim/workload.h"

namespace vordb::sim {

struct WorldState {
  enum class Phase : uint8_t { kForm, kSetup, kLoad, kSettle, kAudit, kDone };

  struct Machine {
    Box<SimNode> node;
    uint64_t last_boot_us = 0;
    uint64_t last_crash_us = 0;
    uint32_t failed_boots = 0;
    std::pair<uint64_t, uint64_t> looked_at{0, 0};  // digest of the disk when it was last looked at
  };
  struct UnderWay {
    uint32_t from = 0;
    uint32_t life = 0;  // of the sender
    uint32_t connection = 0;
    PeerBytes message;
  };

  // `scenario` outlives the state and its copies.
  WorldState(const Scenario& scenario, Chooser chooser, Trace::Sink sink);

  const Scenario& scenario_;
  Chooser chooser_;
  Trace trace_;
  Findings findings_;
  std::shared_ptr<const Catalogue> catalogue_;  // never changed: copies share it
  Workload workload_;
  DiskOracle disk_oracle_;
  ConfigurationOracle configuration_oracle_;
  const bool canary_dies_;
  ClientFigures client_figures_;
  uint64_t now_us_ = 0;
  EventQueue queue_;
  Event last_event_;
  std::vector<Machine> machines_;
  Box<Links> links_;
  Box<Operators> operators_;
  Box<FaultInjector> faults_;
  SiteFaults sites_;
  const bool odd_knobs_;
  Box<Oracles> oracles_;
  std::vector<SimClient> clients_;
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
  uint64_t form_faults_until_us_ = 0;  // while the cluster forms
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
