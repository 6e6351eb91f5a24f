#include "properties/disk_model.h"

#include "core/assert.h"

namespace vordb::properties {

namespace {

std::string random_key(sim::Chooser& chooser, const std::string& prefix) {
  std::string key = prefix;
  const uint64_t length = chooser.below(3);
  // Bytes at both ends of the order: they are compared without sign.
  for (uint64_t i = 0; i < length; ++i)
    key +=
        "\x01"
        "7\x80\xfe"[chooser.below(4)];
  return key;
}

std::string random_value(sim::Chooser& chooser) {
  const uint64_t length = chooser.below(40);
  return std::string(length, char('a' + chooser.below(26)));
}

}  // namespace

void DiskModel::apply(const Batch& batch) {
  batch.for_each([this](const Batch::Write& write) {
    std::map<std::string, std::string>& family = families_.at(write.family);
    switch (write.kind) {
      case Batch::Kind::kPut:
        family[std::string(write.key)] = std::string(write.value);
        break;
      case Batch::Kind::kDelete:
        family.erase(std::string(write.key));
        break;
      case Batch::Kind::kDeleteRange:
        for (auto at = family.begin(); at != family.end();) {
          const bool inside = at->first >= write.key && at->first < write.value;
          at = inside ? family.erase(at) : std::next(at);
        }
        break;
    }
  });
}

ReadResult DiskModel::read(const ReadRequest& request) const {
  ReadResult result;
  uint64_t bytes = 0;
  for (const auto& [key, value] : families_.at(request.family)) {
    const bool inside =
        request.is_point() ? key == request.begin : key >= request.begin && key < request.end;
    if (!inside) continue;
    const bool full =
        result.records.size() >= request.limit_records || bytes >= request.limit_bytes;
    if (full && !request.is_point()) {
      result.more = true;
      break;
    }
    result.records.push_back({key, value});
    bytes += key.size() + value.size();
  }
  return result;
}

std::vector<Record> DiskModel::all(Family family) const {
  std::vector<Record> records;
  for (const auto& [key, value] : families_.at(family)) records.push_back({key, value});
  return records;
}

bool equal(const ReadResult& one, const ReadResult& other) {
  return one.status == other.status && one.records == other.records && one.more == other.more;
}

Batch random_batch(sim::Chooser& chooser, uint16_t families, const std::string& prefix) {
  Batch batch;
  const uint64_t writes = chooser.between(1, 6);
  for (uint64_t i = 0; i < writes; ++i) {
    const Family family = Family(chooser.below(families));
    const std::string key = random_key(chooser, prefix);
    switch (chooser.below(8)) {
      case 0:
        batch.erase(family, key);
        break;
      case 1:
        batch.erase_range(family, key, random_key(chooser, prefix));
        break;
      default:
        batch.put(family, key, random_value(chooser));
    }
  }
  return batch;
}

ReadRequest random_read(sim::Chooser& chooser, uint16_t families, const std::string& prefix) {
  ReadRequest request;
  request.family = Family(chooser.below(families));
  request.begin = random_key(chooser, prefix);
  if (chooser.below(3) == 0) return request;
  request.end = random_key(chooser, prefix) + "\xff";
  request.limit_records = chooser.below(2) == 0 ? UINT32_MAX : uint32_t(chooser.below(6));
  if (chooser.below(3) == 0) request.limit_bytes = chooser.below(120);
  return request;
}

Batch numbered_batch(uint64_t seed, uint64_t n, uint16_t families) {
  sim::Chooser chooser(seed * 1'000'003 + n);
  Batch batch = random_batch(chooser, families, "k");
  batch.put(kMetaFamily, "n", std::to_string(n));
  // A key that no near neighbour writes, so that a batch missing in the middle shows.
  batch.put(1, "u" + std::to_string(n % 1000), std::to_string(n));
  batch.append(random_batch(chooser, families, "k"));
  return batch;
}

uint64_t number_in(const std::vector<Record>& records) {
  for (const Record& record : records) {
    if (record.key == "n") return std::stoull(record.value);
  }
  return 0;
}

DiskModel after_numbered(uint64_t seed, uint64_t count, uint16_t families) {
  DiskModel model(families);
  for (uint64_t n = 1; n <= count; ++n) model.apply(numbered_batch(seed, n, families));
  return model;
}

}  // namespace vordb::properties
