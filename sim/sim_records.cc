#include "sim/sim_records.h"

#include "core/assert.h"
#include "core/fingerprint.h"

namespace vordb::sim {

namespace {

// limit_bytes counts what a record carries: its key and its value.
uint64_t bytes_of(const Record& record) { return record.key.size() + record.value.size(); }

ReadResult damaged(Family family) {
  ReadResult result;
  result.status = absl::DataLossError("family " + std::to_string(family) + ": checksum mismatch");
  return result;
}

}  // namespace

SimRecords::SimRecords(uint16_t families) {
  VORDB_ASSERT(families >= 1, "the meta family is always there");
  for (uint16_t i = 0; i < families; ++i) families_.push_back(std::make_shared<Family>());
}

void SimRecords::apply(const Batch::Write& write, std::vector<Undo>* undo) {
  Family& family = own(write.family);
  switch (write.kind) {
    case Batch::Kind::kPut:
      put(write.family, write.key, SimRecord{std::string(write.value)}, undo);
      return;
    case Batch::Kind::kDelete:
      if (auto at = family.find(write.key); at != family.end()) erase(write.family, at, undo);
      return;
    case Batch::Kind::kDeleteRange:
      if (write.key >= write.value) return;
      for (auto at = family.lower_bound(write.key);
           at != family.end() && std::string_view(at->first) < write.value;
           at = family.lower_bound(write.key)) {
        erase(write.family, at, undo);
      }
      return;
  }
}

void SimRecords::undo(const std::vector<Undo>& undo) {
  for (auto step = undo.rbegin(); step != undo.rend(); ++step) {
    Family& family = own(step->family);
    if (step->before) {
      put(step->family, step->key, *step->before, nullptr);
    } else if (auto at = family.find(step->key); at != family.end()) {
      erase(step->family, at, nullptr);
    }
  }
}

ReadResult SimRecords::read(const ReadRequest& request) const {
  const Family& records = family(request.family);
  ReadResult result;
  if (request.is_point()) {
    const auto at = records.find(request.begin);
    if (at == records.end()) return result;
    if (at->second.rot == Rot::kDamaged) return damaged(request.family);
    result.records.push_back(Record{at->first, at->second.value});
    return result;
  }
  uint64_t bytes = 0;
  for (auto at = records.lower_bound(request.begin); at != records.end() && at->first < request.end;
       ++at) {
    if (result.records.size() >= request.limit_records || bytes >= request.limit_bytes) {
      result.more = true;
      break;
    }
    if (at->second.rot == Rot::kDamaged) return damaged(request.family);
    result.records.push_back(Record{at->first, at->second.value});
    bytes += bytes_of(result.records.back());
  }
  return result;
}

const SimRecord* SimRecords::find(vordb::Family family, std::string_view key) const {
  const Family& records = this->family(family);
  const auto at = records.find(key);
  return at == records.end() ? nullptr : &at->second;
}

void SimRecords::set(vordb::Family family, std::string_view key, SimRecord record) {
  own(family);
  put(family, key, std::move(record), nullptr);
}

const SimRecords::Family& SimRecords::family(vordb::Family family) const {
  VORDB_ASSERT(family < families_.size(), "the family exists");
  return *families_[family];
}

uint64_t SimRecords::size() const {
  uint64_t size = 0;
  for (const auto& family : families_) size += family->size();
  return size;
}

// The family to write to: copied first when someone else looks at it too.
SimRecords::Family& SimRecords::own(vordb::Family family) {
  VORDB_ASSERT(family < families_.size(), "the family exists");
  std::shared_ptr<Family>& records = families_[family];
  if (records.use_count() > 1) records = std::make_shared<Family>(*records);
  return *records;
}

void SimRecords::count(vordb::Family family, std::string_view key, const SimRecord& record,
                       uint64_t times) {
  Fingerprint fingerprint;
  fingerprint.add(family);
  fingerprint.add(key);
  fingerprint.add(record.value);
  fingerprint.add(uint8_t(record.rot));
  digest_.first += fingerprint.digest().first * times;
  digest_.second += fingerprint.digest().second * times;
}

void SimRecords::put(vordb::Family family, std::string_view key, SimRecord record,
                     std::vector<Undo>* undo) {
  Family& records = *families_[family];
  auto at = records.lower_bound(key);
  const bool found = at != records.end() && at->first == key;
  if (undo) {
    undo->push_back(
        {family, std::string(key), found ? std::optional<SimRecord>(at->second) : std::nullopt});
  }
  if (found) count(family, key, at->second, uint64_t(-1));
  count(family, key, record, 1);
  if (found) {
    at->second = std::move(record);
  } else {
    records.emplace_hint(at, std::string(key), std::move(record));
  }
}

void SimRecords::erase(vordb::Family family, Family::iterator at, std::vector<Undo>* undo) {
  count(family, at->first, at->second, uint64_t(-1));
  if (undo) undo->push_back({family, at->first, std::move(at->second)});
  families_[family]->erase(at);
}

}  // namespace vordb::sim
