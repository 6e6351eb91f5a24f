// The steps of a random history: time, network, disks, restarts, the configuration.
#include "sim/vnode_history.h"

#include <algorithm>

#include "core/codec.h"
#include "proto/peer.pb.h"

namespace vordb::sim {

namespace {

constexpr uint32_t kQuietSteps = 100;
constexpr size_t kPacketsMax = 80;  // the network loses what is above
constexpr size_t kKeptMax = 40;
constexpr size_t kCopiesMax = 3;
constexpr size_t kBucketsMax = 4;
constexpr int64_t kHourMs = 3'600'000;

}  // namespace

bool HistoryProfile::has(HistoryAct act) const {
  return std::any_of(acts.begin(), acts.end(), [&](const auto& row) { return row.first == act; });
}

bool HistoryProfile::loses_disks() const {
  return has(HistoryAct::kWipe) || has(HistoryAct::kWipeTwo) || has(HistoryAct::kRestoreDisk);
}

VnodeHistory::VnodeHistory(const HistoryProfile& profile, uint64_t seed)
    : profile_(profile),
      choose_(seed),
      // Without a cache every task reads the disk, which may be slow or fail.
      lab_(kOwners, choose_.below(2) == 0 ? 0 : VnodeLab::kCacheBytes) {
  mutations_ = std::make_unique<PeerMutations>(choose_.bits());
  lab_.quiesce(2);
}

VnodeHistory::~VnodeHistory() = default;

std::string VnodeHistory::run(uint32_t steps) {
  for (uint32_t i = 0; i < steps && wrong_.empty(); ++i) step(true);
  for (uint32_t i = 0; i < kQuietSteps && wrong_.empty(); ++i) step(false);
  if (wrong_.empty()) wrong_ = heal();
  for (NodeNumber node = 1; node <= kOwners; ++node) {
    figures_.snapshots += lab_.snapshots_received(node);
  }
  return wrong_;
}

void VnodeHistory::step(bool mutates) {
  const HistoryAct what = HistoryProfile::pick(profile_.acts, choose_);
  const NodeNumber at = any_node();
  if (what == HistoryAct::kMutate) {
    if (mutates) {
      mutate(at);
    } else {
      network();
    }
  } else {
    act(what, at);
  }
  while (lab_.packets.size() > kPacketsMax) {
    const size_t lost = choose_.below(lab_.packets.size());
    lab_.packets.erase(lab_.packets.begin() + std::ptrdiff_t(lost));
    ++figures_.lost_packets;
  }
  const bool checks =
      what == HistoryAct::kSettle || what == HistoryAct::kFlush || what == HistoryAct::kPurge;
  if (!checks || profile_.loses_disks()) return;
  // A delta or gossip of a renewed set brings what was removed before the renewal.
  const auto live = lab_.live_elements(at, "u", VnodeLab::kTtlSet);
  wrong_ = record_.expired_shown({live.begin(), live.end()});
}

void VnodeHistory::act(HistoryAct what, NodeNumber at) {
  switch (what) {
    case HistoryAct::kMutate:
      break;
    case HistoryAct::kSettle:
      lab_.settle(at);
      break;
    case HistoryAct::kFlush:
      lab_.flush(at);
      if (choose_.below(2) == 0) lab_.make_one_durable(at);
      break;
    case HistoryAct::kNetwork:
      network();
      break;
    case HistoryAct::kPass:
      lab_.advance(choose_.below(3000));
      lab_.pulse(at);
      lab_.tick(at);
      break;
    case HistoryAct::kPassTtl:
      lab_.advance(VnodeLab::kTtlMs + choose_.below(60'000));
      break;
    case HistoryAct::kStepClock:
      lab_.skew(at, int64_t(choose_.below(4000)) - 2000);
      break;
    case HistoryAct::kStepClockFar:
      lab_.skew(at, int64_t(choose_.below(2 * kHourMs)) - kHourMs);
      break;
    case HistoryAct::kRestart:
      restart(at);
      break;
    case HistoryAct::kRepair:
      repair(at);
      break;
    case HistoryAct::kSweep:
      lab_.sweep(at);
      break;
    case HistoryAct::kPurge:
      purge(at);
      break;
    case HistoryAct::kSlowReads:
      lab_.disk(at).reads_wait = choose_.below(2) == 0;
      break;
    case HistoryAct::kFailReads:
      lab_.disk(at).fail_reads = 1 + uint32_t(choose_.below(6));
      break;
    case HistoryAct::kWipe:
      if (others_whole(at)) wipe(at);
      break;
    case HistoryAct::kWipeTwo:
      if (!whole(at)) break;
      for (NodeNumber node = 1; node <= kOwners; ++node) {
        if (node == at) continue;
        wipe(node);
        for (uint64_t i = choose_.below(4); i > 0; --i) network();
      }
      break;
    case HistoryAct::kCopyDisk:
      if (copies_.size() < kCopiesMax) copies_.push_back({at, lab_.disk(at).records()});
      break;
    case HistoryAct::kRestoreDisk: {
      if (copies_.empty()) break;
      const size_t index = choose_.below(copies_.size());
      if (!others_whole(copies_[index].node)) break;
      ++figures_.disks;
      // Nothing of earlier lives is on its way: an old disk has forgotten who was retired since.
      lab_.lose_all();
      lab_.restore(copies_[index].node, copies_[index].records);
      copies_.erase(copies_.begin() + std::ptrdiff_t(index));
      break;
    }
    case HistoryAct::kCreateBucket:
      create_bucket();
      break;
    case HistoryAct::kDropBucket:
      drop_bucket();
      break;
    case HistoryAct::kLearn:
      lab_.learn_configuration(at);
      break;
    case HistoryAct::kKeep:
      if (lab_.packets.empty()) break;
      if (kept_.size() == kKeptMax) {
        kept_.erase(kept_.begin() + std::ptrdiff_t(choose_.below(kKeptMax)));
      }
      kept_.push_back(lab_.packets[choose_.below(lab_.packets.size())]);
      break;
    case HistoryAct::kDeliver:
      deliver_kept(false);
      break;
    case HistoryAct::kHostile:
      deliver_kept(true);
      break;
  }
}

void VnodeHistory::network() {
  if (lab_.packets.empty()) return;
  const size_t index = choose_.below(lab_.packets.size());
  const uint64_t fate = choose_.below(10);
  if (fate < 6) {
    lab_.deliver(index);
  } else if (fate < 8 && lab_.packets.size() < kPacketsMax) {
    lab_.deliver_copy(index);
  } else {
    ++figures_.lost_packets;
    lab_.packets.erase(lab_.packets.begin() + std::ptrdiff_t(index));
  }
}

void VnodeHistory::restart(NodeNumber node) {
  ++figures_.restarts;
  lab_.flush(node);
  for (uint64_t kept = choose_.below(3); kept > 0; --kept) lab_.make_one_durable(node);
  lab_.restart(node);
  purged_.erase(node);
}

// It holds what an owner must hold and knows who is retired: from it alone others can recover.
bool VnodeHistory::whole(NodeNumber node) {
  return lab_.vnode(node).fenced() && lab_.vnode(node).synced();
}

bool VnodeHistory::others_whole(NodeNumber node) {
  for (NodeNumber other = 1; other <= kOwners; ++other) {
    if (other != node && !whole(other)) return false;
  }
  return true;
}

void VnodeHistory::wipe(NodeNumber node) {
  ++figures_.disks;
  lab_.wipe(node);
}

void VnodeHistory::repair(NodeNumber from) {
  const NodeNumber to = any_node();
  if (to == from || !whole(from)) return;
  static const std::pair<const char*, BucketId> kKeys[] = {
      {"s", kDefaultSet},     {"w", kDefaultSet},           {"r", kDefaultLww},
      {"d", kDefaultCounter}, {"t", VnodeLab::kTtlSet},     {"u", VnodeLab::kTtlSet},
      {"q", kDefaultLww},     {"m", VnodeLab::kTtlCounter}, {"c", kDefaultCounter}};
  const auto& [key, bucket] = kKeys[choose_.below(std::size(kKeys))];
  lab_.repair(from, to, key, bucket);
}

void VnodeHistory::deliver_kept(bool hostile) {
  if (kept_.empty()) return;
  const size_t index = choose_.below(kept_.size());
  VnodeLab::Packet packet = kept_[index];
  if (hostile) {
    // A lie of an owner that is believed may do any harm; one of a retired id must do none.
    pb::PeerMessage message;
    if (!message.ParseFromString(packet.bytes)) return;
    const pb::ReplicaId from = message.from_replica();
    if (!lab_.knows_retired(packet.to, from_pb(from))) return;
    mutations_->learn(message);
    if (!mutations_->mutate(&message)) return;
    *message.mutable_from_replica() = from;
    message.set_from_node(NodeNumber(from.node()));
    packet.bytes = message.SerializeAsString();
    if (!message.ParseFromString(packet.bytes)) return;
    ++figures_.hostile;
  } else if (choose_.below(3) == 0) {
    kept_.erase(kept_.begin() + std::ptrdiff_t(index));
  }
  ++figures_.late;
  lab_.packets.push_back(std::move(packet));
  lab_.deliver(lab_.packets.size() - 1);
}

void VnodeHistory::create_bucket() {
  if (buckets_.size() >= kBucketsMax) return;
  buckets_.push_back(lab_.create_bucket(BucketType::kOrswot, 0));
}

void VnodeHistory::drop_bucket() {
  if (buckets_.empty()) return;
  const size_t index = choose_.below(buckets_.size());
  ++figures_.dropped_buckets;
  lab_.drop_bucket(buckets_[index]);
  dropped_.push_back(buckets_[index]);
  buckets_.erase(buckets_.begin() + std::ptrdiff_t(index));
}

std::string run_history(const HistoryProfile& profile, uint64_t seed, HistoryFigures* figures) {
  VnodeHistory whole(profile, seed);
  const std::string wrong = whole.run(kHistorySteps);
  *figures = whole.figures();
  if (wrong.empty()) return {};
  for (uint32_t steps = 0;; ++steps) {
    const std::string shorter = VnodeHistory(profile, seed).run(steps);
    if (shorter.empty() && steps < kHistorySteps) continue;
    return std::string(profile.name) + ", seed " + std::to_string(seed) + ", " +
           std::to_string(steps) + " steps: " + (shorter.empty() ? wrong : shorter);
  }
}

}  // namespace vordb::sim
