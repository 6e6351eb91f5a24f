// The lives of the machines of a simulated world: they start, die, crash, and get other disks.
#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "sim/convergence.h"
#include "sim/knob_reach.h"
#include "sim/world.h"

namespace vordb::sim {

void World::plan_boot(uint32_t machine, uint64_t in_us) {
  Event event;
  event.kind = EventKind::kBoot;
  event.actor = machine;
  event.time_us = now_us_ + in_us;
  queue_.push(event);
}

void World::boot(uint32_t index) {
  Machine& machine = machines_[index];
  SimNode& node = *machine.node;
  const Duty duty = operators_->duty(index);
  if (node.up() || duty == Duty::kSpare || duty == Duty::kDead) return;
  // A process begins at the time that its disk says.
  note_lead(int64_t(highest_ceiling_ms(node.disk())) - int64_t(NodeTime::true_ms(now_us_)));
  machine.last_boot_us = now_us_;
  const uint32_t failed = machine.failed_boots;
  node.boot();
  if (node.up()) {
    machine.failed_boots = 0;
    trace_.comment(now_us_, {Voice::Kind::kNode, index, kStarts}, "is up");
    findings_.evaluated(Property::kRestarts, node.boots() > 1);
  } else if (machine.failed_boots == failed) {
    ++machine.failed_boots;
  }
}

Knobs World::knobs_at_start(uint32_t index) {
  // Once faults are over, all is as usual.
  if (!odd_knobs_ || phase_ >= Phase::kSettle) return kDefaultKnobs;
  const Knobs knobs =
      draw_knobs(chooser_.stream(StreamKind::kKnobs, index + 1), scenario_.faults.odd_knobs_max);
  const std::string odd = text_of(knobs);
  if (!odd.empty()) trace_.comment(now_us_, Voice::node(index), "has odd knobs: " + odd);
  return knobs;
}

void World::died(uint32_t index) {
  Machine& machine = machines_[index];
  if (machine.node->up()) return crash(index, SimDiskImage::Crash::kKill, "died");
  // It did not start.
  ++machine.failed_boots;
  machine.node->crash(SimDiskImage::Crash::kKill);
  if (faults_->damaged(index)) {
    node_lost_ = true;
  } else if (faults_->no_space(index)) {
    plan_boot(index, 200'000);
  } else {
    findings_.violated(Property::kRestarts,
                       "the node did not start again, and nothing is wrong with its disk");
  }
}

void World::crash(uint32_t index, SimDiskImage::Crash kind, const char* why) {
  Machine& machine = machines_[index];
  if (!machine.node->up()) return;
  trace_.note(now_us_, {Voice::Kind::kNode, index, kStops}, why);
  note_lead(machine.node->time().highest_lead_ms());
  machine.node->crash(kind);
  machine.last_crash_us = unwell_us_ = now_us_;
  disk_oracle_.look(index, machine.node->disk());
  oracles_->crashed(step());
  operators_->crashed(index);
  for (uint32_t client = 0; client < clients_.size(); ++client) {
    clients_[client].node_crashed(index);
    if (alone()) clients_[client].settled();
    Event event;
    event.kind = EventKind::kDisconnect;
    event.actor = client;
    event.time_us =
        now_us_ + 1 +
        chooser_.stream(StreamKind::kConnection, client).below(Decision::kDisconnectDelay, 2'000);
    queue_.push(event);
  }
  // Mostly soon, sometimes after what has a time to live is gone.
  const Choices choices = chooser_.stream(StreamKind::kMachine, index);
  const uint64_t wait_us_max =
      choices.chance(Decision::kRestartIsLate, 150'000) ? 2'500'000 : 200'000;
  plan_boot(index, 1'000 + choices.below(Decision::kRestartWait, wait_us_max));
}

void World::upgrade(uint32_t machine) {
  machines_[machine].node->upgrade();
  crash(machine, SimDiskImage::Crash::kKill, "is upgraded");
}

void World::change_disk(uint32_t machine, const SimRecords* older, bool counts) {
  SimNode& node = *machines_[machine].node;
  VORDB_ASSERT(!node.up(), "a disk is changed while its machine is off");
  if (older != nullptr) {
    node.disk().restore(*older);
  } else {
    node.disk().wipe();
  }
  disk_oracle_.disk_changed(machine);
  faults_->disk_replaced(machine);
  disk_changed_us_ = now_us_;
  if (counts) oracles_->disks_lost(step(), 1);
}

}  // namespace vordb::sim
