// The buckets, keys, elements and values that a workload uses, by index. Names sort as their
// indices do; a value tells which call wrote it, and every byte of it follows from that call, so
// that no damage goes unseen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/client_api.h"

namespace vordb::sim {

struct BucketPlan {
  BucketConfig config;
  uint32_t keys = 1;
  uint32_t elements = 1;         // of a set: how many different ones are used
  uint32_t value_bytes_max = 0;  // of a register, above the value's own head
  bool is_default = false;       // one of the three that every node has
  bool churns = false;           // deleted and created anew during the run
  bool huge = false;             // a set that is read in pages
  VORDB_FIELDS(BucketPlan, config, keys, elements, value_bytes_max, is_default, churns, huge)
};

class Catalogue {
 public:
  explicit Catalogue(std::vector<BucketPlan> buckets) : buckets_(std::move(buckets)) {}

  const std::vector<BucketPlan>& buckets() const { return buckets_; }
  const BucketPlan& bucket(uint32_t index) const { return buckets_[index]; }

  static std::string key_name(uint32_t key);
  static std::string element_name(uint32_t element);

  // The index, or nothing when it is no name of ours.
  static std::optional<uint32_t> key_index(std::string_view name);
  static std::optional<uint32_t> element_index(std::string_view name);

  // The value that call `id` puts under this key, and the call that wrote `value` if it is such a
  // value, unharmed.
  std::string value_of(uint32_t bucket, uint32_t key, uint64_t id) const;
  std::optional<uint64_t> writer_of(uint32_t bucket, uint32_t key, std::string_view value) const;

 private:
  std::vector<BucketPlan> buckets_;
};

}  // namespace vordb::sim
