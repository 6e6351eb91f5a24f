// Bucket types, consistencies and operations: what each is called and what it is. One table each,
// for whatever depends on nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vordb {

enum class BucketType : uint8_t { kLww, kOrswot, kPnCounter };

enum class Operation : uint8_t {
  kPut,
  kGet,
  kDelete,
  kSetAdd,
  kSetRemove,
  kSetMembers,
  kSetContains,
  kCounterIncrement,
  kCounterDecrement,
  kCounterValue,
  kListKeys,
  kCreateBucket,
  kListBuckets,
  kGetBucket,
  kDeleteBucket,
  kPing,
};
inline constexpr int kOperations = 16;

struct BucketTypeRow {
  BucketType type;
  const char* name;            // as clients write it
  const char* default_bucket;  // the bucket of this type that every cluster has
  Operation read;              // what a GET of a whole key is
  Operation write;             // what a key of this type is mostly written with
};

inline constexpr BucketTypeRow kBucketTypes[] = {
    {BucketType::kLww, "lww", "__default_lww__", Operation::kGet, Operation::kPut},
    {BucketType::kOrswot, "orswot", "__default_set__", Operation::kSetMembers, Operation::kSetAdd},
    {BucketType::kPnCounter, "pn_counter", "__default_counter__", Operation::kCounterValue,
     Operation::kCounterIncrement},
};

struct OperationRow {
  Operation operation;
  const char* name;  // in metrics, errors and traces
  bool of_key;       // not of a bucket or the node
  bool mutates;
  BucketType type = BucketType::kLww;  // whose keys it is for; a delete is for all
};

inline constexpr OperationRow kOperationTable[kOperations] = {
    {Operation::kPut, "put", true, true},
    {Operation::kGet, "get", true, false},
    {Operation::kDelete, "delete", true, true},
    {Operation::kSetAdd, "set_add", true, true, BucketType::kOrswot},
    {Operation::kSetRemove, "set_remove", true, true, BucketType::kOrswot},
    {Operation::kSetMembers, "set_members", true, false, BucketType::kOrswot},
    {Operation::kSetContains, "set_contains", true, false, BucketType::kOrswot},
    {Operation::kCounterIncrement, "counter_increment", true, true, BucketType::kPnCounter},
    {Operation::kCounterDecrement, "counter_decrement", true, true, BucketType::kPnCounter},
    {Operation::kCounterValue, "counter_value", true, false, BucketType::kPnCounter},
    {Operation::kListKeys, "list_keys", false, false},
    {Operation::kCreateBucket, "create_bucket", false, true},
    {Operation::kListBuckets, "list_buckets", false, false},
    {Operation::kGetBucket, "get_bucket", false, false},
    {Operation::kDeleteBucket, "delete_bucket", false, true},
    {Operation::kPing, "ping", false, false},
};

// A name for two quorums.
struct Consistency {
  const char* name;
  uint8_t write_quorum, read_quorum;
};

inline constexpr Consistency kConsistencies[] = {
    {"eventual", 1, 1}, {"session", 2, 1}, {"consistent", 2, 2}, {"paranoid", 3, 3}};

constexpr const BucketTypeRow& row_of(BucketType type) { return kBucketTypes[size_t(type)]; }
constexpr const OperationRow& row_of(Operation operation) {
  return kOperationTable[size_t(operation)];
}

constexpr const char* to_string(BucketType type) { return row_of(type).name; }
constexpr const char* to_string(Operation operation) { return row_of(operation).name; }
constexpr bool mutates(Operation operation) { return row_of(operation).mutates; }

// The row of that name; nullptr: there is none.
const BucketTypeRow* find_bucket_type(std::string_view name);
const Consistency* find_consistency(std::string_view name);

std::vector<std::string> bucket_type_names();
std::vector<std::string> consistency_names();
// "must be a, b or c".
std::string must_be_one_of(const std::vector<std::string>& names);

}  // namespace vordb
