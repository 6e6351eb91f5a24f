// What the clients of a random history do, and what is written down of it.
#include <algorithm>

#include "sim/vnode_history.h"

namespace vordb::sim {

namespace {

constexpr size_t kLooksMax = 6;

}  // namespace

void VnodeHistory::mutate(NodeNumber at) {
  switch (HistoryProfile::pick(profile_.subjects, choose_)) {
    case HistorySubject::kRegister:
      put(at, "q", kDefaultLww);
      break;
    case HistorySubject::kErasedRegister: {
      const std::optional<std::string> shown = lab_.value(at, "r");
      if (choose_.below(2) == 0) {
        put(at, "r", kDefaultLww);
      } else {
        record_.erase({kDefaultLww, "r"}, record_.now());
        const OpId op = lab_.erase(at, "r", kDefaultLww);
        if (shown) record_.overwrites({kDefaultLww, "r"}, op, *shown);
      }
      break;
    }
    case HistorySubject::kSet:
      if (choose_.below(3) < 2) {
        add_new(at, "s", kDefaultSet);
      } else {
        remove_shown(at, "s", kDefaultSet);
      }
      break;
    case HistorySubject::kBusySet:
      change_busy_set(at, "w", kDefaultSet);
      break;
    case HistorySubject::kCounter: {
      const int64_t by = int64_t(choose_.below(9)) - 4;
      if (by != 0) record_.count({kDefaultCounter, "c"}, by, lab_.count(at, "c", by));
      break;
    }
    case HistorySubject::kResetCounter:
      if (choose_.below(3) == 0) {
        erase_collection(at, "d", kDefaultCounter);
      } else {
        const int64_t by = 1 + int64_t(choose_.below(3));
        record_.count({kDefaultCounter, "d"}, by, lab_.count(at, "d", by));
      }
      break;
    case HistorySubject::kTtlRegister:
      if (choose_.below(4) == 0) {
        lab_.erase(at, "k", VnodeLab::kTtlRegister);
      } else {
        lab_.put(at, "k", "v" + std::to_string(++serial_), VnodeLab::kTtlRegister);
      }
      break;
    case HistorySubject::kTtlSet:
      change_busy_set(at, "t", VnodeLab::kTtlSet);
      break;
    case HistorySubject::kRenewedSet:
      renew(at);
      break;
    case HistorySubject::kTtlCounter:
      if (choose_.below(5) == 0) {
        lab_.erase(at, "m", VnodeLab::kTtlCounter);
      } else {
        lab_.count(at, "m", 1 + int64_t(choose_.below(3)), VnodeLab::kTtlCounter);
      }
      break;
    case HistorySubject::kOwnBucket: {
      // Also to one that was dropped: not everybody has heard of it.
      const auto& from = dropped_.empty() || choose_.below(3) > 0 ? buckets_ : dropped_;
      if (from.empty()) break;
      const BucketId bucket = from[choose_.below(from.size())];
      if (choose_.below(4) > 0) {
        add_new(at, "b", bucket);
      } else {
        change_busy_set(at, "b", bucket);
      }
    }
  }
}

void VnodeHistory::put(NodeNumber at, const std::string& key, BucketId bucket) {
  const std::optional<std::string> shown = lab_.value(at, key, bucket);
  const std::string value = "v" + std::to_string(++serial_);
  const OpId op = lab_.put(at, key, value, bucket);
  record_.put({bucket, key}, value, op);
  if (shown) record_.overwrites({bucket, key}, op, *shown);
}

void VnodeHistory::add_new(NodeNumber at, const std::string& key, BucketId bucket) {
  std::vector<std::string> elements;
  for (uint64_t left = 1 + choose_.below(3); left > 0; --left) {
    elements.push_back("e" + std::to_string(++serial_));
  }
  figures_.additions += elements.size();
  const OpId op = lab_.add(at, key, elements, bucket);
  for (const std::string& element : elements) record_.add({bucket, key}, element, op);
}

void VnodeHistory::change_busy_set(NodeNumber at, const std::string& key, BucketId bucket) {
  const uint64_t what = choose_.below(10);
  if (what < 6) {
    std::vector<std::string> elements{"w" + std::to_string(choose_.below(4))};
    if (choose_.below(2) == 0) elements.push_back("w4");
    figures_.additions += elements.size();
    const OpId op = lab_.add(at, key, elements, bucket);
    for (const std::string& element : elements) record_.add({bucket, key}, element, op);
  } else if (what < 9) {
    remove_shown(at, key, bucket);
  } else {
    erase_collection(at, key, bucket);
  }
}

void VnodeHistory::look(NodeNumber at, const std::string& key, BucketId bucket) {
  VnodeLab::Seen seen = lab_.seen(at, key, bucket);
  if (!seen) return;
  if (looks_.size() == kLooksMax) looks_.erase(looks_.begin());
  looks_.push_back({key, bucket, std::move(seen), record_.now()});
}

// Now and then by what a client was shown a while ago, at this owner or another.
void VnodeHistory::remove_shown(NodeNumber at, const std::string& key, BucketId bucket) {
  const std::vector<std::string> shown = lab_.members(at, key, bucket);
  if (choose_.below(3) == 0) look(at, key, bucket);
  if (shown.empty()) return;
  std::vector<std::string> victims{shown[choose_.below(shown.size())]};
  if (choose_.below(3) == 0) victims.push_back(shown[choose_.below(shown.size())]);
  VnodeLab::Seen seen;
  uint64_t time = record_.now();
  const auto by = std::find_if(looks_.begin(), looks_.end(),
                               [&](const Look& l) { return l.key == key && l.bucket == bucket; });
  if (by != looks_.end() && choose_.below(2) == 0) {
    seen = by->seen;
    time = by->time;
  }
  for (const std::string& victim : victims) record_.remove({bucket, key}, victim, time);
  lab_.remove(at, key, victims, bucket, std::move(seen));
}

void VnodeHistory::erase_collection(NodeNumber at, const std::string& key, BucketId bucket) {
  const bool looks = choose_.below(3) == 0;
  VnodeLab::Seen seen = looks ? lab_.seen(at, key, bucket) : nullptr;
  record_.erase({bucket, key}, record_.now());
  lab_.erase(at, key, bucket, std::move(seen));
}

// A set whose elements are added once: what it held when it had expired is gone for good wherever
// the addition that renewed it is there.
void VnodeHistory::renew(NodeNumber at) {
  lab_.disk(at).fail_reads = 0;
  lab_.settle(at);
  const BucketId bucket = VnodeLab::kTtlSet;
  const std::string element = "e" + std::to_string(++serial_);
  std::set<std::string> purged = purged_[at];
  if (lab_.expired(at, "u", bucket)) {
    for (const std::string& gone : lab_.live_elements(at, "u", bucket)) purged.insert(gone);
  }
  const OpId op = lab_.add(at, "u", {element}, bucket);
  lab_.settle(at);
  if (purged.empty() || !lab_.acknowledged(op)) return;
  purged_[at] = purged;
  ++figures_.renewals;
  record_.renewed(element, {purged.begin(), purged.end()});
}

// Whatever was live and is not any more, this owner has purged itself.
void VnodeHistory::purge(NodeNumber at) {
  lab_.settle(at);
  const BucketId bucket = VnodeLab::kTtlSet;
  const bool expired = lab_.expired(at, "u", bucket);
  const std::vector<std::string> before = lab_.live_elements(at, "u", bucket);
  lab_.sweep(at);
  lab_.settle(at);
  if (!expired) return;
  const std::vector<std::string> after = lab_.live_elements(at, "u", bucket);
  const std::set<std::string> left(after.begin(), after.end());
  for (const std::string& element : before) {
    if (!left.contains(element)) purged_[at].insert(element);
  }
}

}  // namespace vordb::sim
