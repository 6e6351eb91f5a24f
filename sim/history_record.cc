#include "sim/history_record.h"

#include <algorithm>

namespace vordb::sim {

void HistoryRecord::put(const Key& key, const std::string& value, OpId op) {
  registers_[key].puts[value] = op;
}

void HistoryRecord::overwrites(const Key& key, OpId op, const std::string& shown) {
  registers_[key].overwritten.emplace_back(op, shown);
}

void HistoryRecord::add(const Key& key, const std::string& element, OpId op) {
  sets_[key].added[element].push_back({op, now(), 0});
}

void HistoryRecord::remove(const Key& key, const std::string& element, uint64_t seen_at) {
  uint64_t& newest = sets_[key].removed[element];
  newest = std::max(newest, seen_at);
}

void HistoryRecord::erase(const Key& key, uint64_t seen_at) {
  registers_[key].erased = true;
  sets_[key].erased = std::max(sets_[key].erased, seen_at);
  counters_[key].erased = std::max(counters_[key].erased, seen_at);
}

void HistoryRecord::count(const Key& key, int64_t by, OpId op) {
  counters_[key].counts.push_back({op, now(), by});
}

void HistoryRecord::renewed(const std::string& element, std::vector<std::string> expired) {
  renewals_.push_back({element, std::move(expired)});
}

std::string HistoryRecord::expired_shown(const std::set<std::string>& live) const {
  for (const Renewal& renewal : renewals_) {
    if (!live.contains(renewal.element)) continue;
    for (const std::string& element : renewal.expired) {
      if (live.contains(element))
        return element + " had expired before " + renewal.element + " came, and is there with it";
    }
  }
  return {};
}

std::string HistoryRecord::wrong_value(const Key& key, const std::string* value, bool kept,
                                       const Acknowledged& acknowledged) const {
  const auto at = registers_.find(key);
  static const Register kNone;
  const Register& history = at == registers_.end() ? kNone : at->second;
  if (value && !history.puts.contains(*value)) return key.second + " has a value nobody put";
  if (!kept) return {};
  const auto acked = [&](const auto& put) { return acknowledged(put.second); };
  const bool some = std::any_of(history.puts.begin(), history.puts.end(), acked);
  if (!value && some && !history.erased) return key.second + " lost its value";
  for (const auto& [op, shown] : history.overwritten) {
    if (value && *value == shown && acknowledged(op))
      return key.second + " has " + shown + ", which was overwritten";
  }
  return {};
}

std::string HistoryRecord::wrong_members(const Key& key, const std::set<std::string>& shown,
                                         bool kept, const Acknowledged& acknowledged) const {
  const auto at = sets_.find(key);
  static const Set kNone;
  const Set& history = at == sets_.end() ? kNone : at->second;
  for (const std::string& element : shown) {
    if (!history.added.contains(element)) return key.second + " has " + element + ", never added";
  }
  if (!kept) return {};
  for (const auto& [element, additions] : history.added) {
    const auto removal = history.removed.find(element);
    uint64_t gone = history.erased;
    if (removal != history.removed.end()) gone = std::max(gone, removal->second);
    const bool stays = std::any_of(additions.begin(), additions.end(), [&](const Write& addition) {
      return addition.time > gone && acknowledged(addition.op);
    });
    if (stays && !shown.contains(element)) return key.second + " lost " + element;
  }
  return {};
}

std::string HistoryRecord::wrong_total(const Key& key, int64_t total,
                                       const Acknowledged& acknowledged) const {
  const auto at = counters_.find(key);
  static const Counter kNone;
  const Counter& history = at == counters_.end() ? kNone : at->second;
  int64_t low = 0;
  int64_t high = 0;
  for (const Write& count : history.counts) {
    // One before a reset may have been taken away, one that failed may be there.
    const bool sure = count.time > history.erased && acknowledged(count.op);
    low += sure || count.by < 0 ? count.by : 0;
    high += sure || count.by > 0 ? count.by : 0;
  }
  if (low <= total && total <= high) return {};
  return key.second + " is " + std::to_string(total) + ", not from " + std::to_string(low) +
         " to " + std::to_string(high);
}

}  // namespace vordb::sim
