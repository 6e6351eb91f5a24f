#include "core/vnode/overlay.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/codec.h"
#include "core/fingerprint.h"
#include "core/vnode/record_keys.h"

namespace vordb::vnode {

Group* Overlay::newest() {
  if (open_.has_work()) return &open_;
  return flights_.empty() ? nullptr : &flights_.back();
}

void Overlay::write(const std::string& name, SharedEntry entry) {
  entries_[name] = Entry{std::move(entry), opened_};
}

const SharedEntry* Overlay::find(const std::string& name) const {
  const auto at = entries_.find(name);
  return at == entries_.end() ? nullptr : &at->second.entry;
}

std::vector<KeyEntry> Overlay::of_key(BucketId bucket, std::string_view key) const {
  std::vector<KeyEntry> found;
  if (entries_.empty()) return found;
  const std::string end = key_end(bucket, key);
  for (auto at = entries_.lower_bound(key_begin(bucket, key));
       at != entries_.end() && at->first < end; ++at) {
    EntryName name;
    VORDB_ASSERT(parse_entry_name(at->first, &name), "our own entry names parse");
    found.push_back(KeyEntry{std::string(name.subkey), at->second.entry});
  }
  return found;
}

void Overlay::erase(const std::string& begin, const std::string& end) {
  entries_.erase(entries_.lower_bound(begin), entries_.lower_bound(end));
}

void Overlay::remember(const TokenAnswer& answer) {
  answers_[answer.first] = answer.second;
  open_.answers.push_back(answer);
}

const Answer* Overlay::answer(const std::string& token) const {
  const auto at = answers_.find(token);
  return at == answers_.end() ? nullptr : &at->second;
}

Group& Overlay::close(OpId op) {
  open_.op = op;
  flights_.push_back(std::move(open_));
  open_ = Group{};
  ++opened_;
  return flights_.back();
}

Group Overlay::take_durable(OpId op) {
  VORDB_ASSERT(!flights_.empty() && flights_.front().op == op, "batches become durable in order");
  const uint64_t number = opened_ - flights_.size();
  Group group = std::move(flights_.front());
  flights_.pop_front();
  for (const Change& change : group.changes) {
    const auto at = entries_.find(entry_name(change.bucket, change.key, change.subkey));
    if (at != entries_.end() && at->second.group == number) entries_.erase(at);
  }
  for (const auto& [token, answer] : group.answers) {
    const auto at = answers_.find(token);
    if (at != answers_.end() && at->second == answer) answers_.erase(at);
  }
  return group;
}

Hlc Overlay::lowest_hlc() const {
  Hlc lowest = open_.lowest_hlc;
  for (const Group& flight : flights_) lowest = std::min(lowest, flight.lowest_hlc);
  return lowest;
}

void Overlay::add_to(Fingerprint& fingerprint, OpId next) const {
  for (const Group& flight : flights_) {
    fingerprint.add(next - flight.op);
    for_each_field(
        [&](std::string_view name, const auto& field) {
          if (name != "op") add_fields(field, fingerprint);
        },
        flight);
  }
  add_fields(open_, fingerprint);
  fingerprint.add(entries_.size());
  for (const auto& [name, changed] : entries_) {
    fingerprint.add(name);
    fingerprint.add(opened_ - changed.group);
    add_fields(changed.entry, fingerprint);
  }
  add_fields(answers_, fingerprint);
}

}  // namespace vordb::vnode
