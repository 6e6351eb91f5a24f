// How a random history ends: every fault is over, time passes, all owners meet. Then nothing may
// differ, be left over, be lost or have come back.
#include <set>

#include "sim/vnode_history.h"

namespace vordb::sim {

namespace {

constexpr int kRounds = 12;

}  // namespace

std::string VnodeHistory::heal() {
  for (NodeNumber node = 1; node <= kOwners; ++node) {
    lab_.disk(node).reads_wait = false;
    lab_.disk(node).fail_reads = 0;
    lab_.learn_configuration(node);
    lab_.settle(node);
  }
  lab_.align_clocks();
  lab_.advance(2 * VnodeLab::kTtlMs + 200'000);
  std::string wrong;
  for (int again = 0; again < (kept_.empty() ? 1 : 2); ++again) {
    deliver_all_kept();
    for (int round = 0; round < kRounds; ++round) {
      lab_.quiesce(3);
      lab_.sweep_all();
      wrong = ended_well();
      if (wrong.empty()) break;
    }
    if (!wrong.empty()) return wrong;
  }
  // And so it stays.
  lab_.quiesce(1);
  lab_.sweep_all();
  return ended_well();
}

// Also what was said before it all came to rest. What that is answered with is lost: the rounds
// that follow bring it all again.
void VnodeHistory::deliver_all_kept() {
  for (const VnodeLab::Packet& packet : kept_) lab_.packets.push_back(packet);
  for (size_t left = lab_.packets.size(); left > 0; --left) {
    const NodeNumber to = lab_.packets[0].to;
    lab_.deliver(0);
    if (choose_.below(3) == 0) lab_.settle(to);
  }
  lab_.lose_all();
  for (NodeNumber node = 1; node <= kOwners; ++node) lab_.settle(node);
}

std::string VnodeHistory::ended_well() {
  std::string wrong = lab_.difference();
  for (NodeNumber node = 1; node <= kOwners && !wrong.empty(); ++node) {
    const size_t left = lab_.vnode(node).left_overs();
    if (left != 0) {
      wrong += "; node " + std::to_string(node) + " has " + std::to_string(left) +
               " entries with a context left over";
    }
    if (!lab_.vnode(node).synced()) wrong += "; node " + std::to_string(node) + " is not synced";
  }
  if (wrong.empty()) wrong = left_behind();
  if (!wrong.empty()) return wrong;
  const bool kept = !profile_.loses_disks();
  const auto acknowledged = [&](OpId op) { return lab_.acknowledged(op); };
  for (const char* key : {"q", "r"}) {
    const std::optional<std::string> value = lab_.value(1, key);
    wrong = record_.wrong_value({kDefaultLww, key}, value ? &*value : nullptr, kept, acknowledged);
    if (!wrong.empty()) return wrong;
  }
  std::vector<HistoryRecord::Key> sets{{kDefaultSet, "s"}, {kDefaultSet, "w"}};
  for (const BucketId bucket : buckets_) sets.emplace_back(bucket, "b");
  for (const HistoryRecord::Key& set : sets) {
    const std::vector<std::string> members = lab_.members(1, set.second, set.first);
    wrong = record_.wrong_members(set, {members.begin(), members.end()}, kept, acknowledged);
    if (!wrong.empty()) return wrong;
  }
  for (const char* key : {"c", "d"}) {
    if (!kept) break;
    wrong = record_.wrong_total({kDefaultCounter, key}, lab_.total(1, key), acknowledged);
    if (!wrong.empty()) return wrong;
  }
  return {};
}

// What is not forgotten though it could be.
std::string VnodeHistory::left_behind() {
  for (NodeNumber node = 1; node <= kOwners; ++node) {
    const std::string who = "node " + std::to_string(node) + ": ";
    if (!lab_.vnode(node).fenced()) return who + "not fenced";
    if (!lab_.vnode(node).synced()) return who + "not synced";
    if (lab_.vnode(node).left_overs() != 0) return who + "left-over contexts";
    if (lab_.logged_dots(node) != 0) return who + "a dot log that is not empty";
    for (const BucketId bucket :
         {VnodeLab::kTtlRegister, VnodeLab::kTtlSet, VnodeLab::kTtlCounter}) {
      if (lab_.entries_of(node, bucket) != 0)
        return who + "expired entries in bucket " + std::to_string(bucket);
    }
    for (const BucketId bucket : dropped_) {
      if (lab_.entries_of(node, bucket) != 0) return who + "entries of a dropped bucket";
    }
    size_t values = 0;
    for (const char* key : {"q", "r"}) values += lab_.value(node, key).has_value();
    if (lab_.entries_of(node, kDefaultLww) != values) return who + "tombstones";
    size_t elements = 0;
    for (const char* key : {"s", "w"}) elements += lab_.members(node, key).size();
    if (lab_.entries_of(node, kDefaultSet) != elements) return who + "entries without an element";
  }
  return {};
}

}  // namespace vordb::sim
