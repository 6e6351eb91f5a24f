// What a client asks and is answered, independent of the protocol that carries it. Both protocols
// decode into ClientRequest and encode from ClientReply; everything between is the same code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fields.h"
#include "core/ids.h"
#include "core/operations.h"

namespace vordb {

// In place of a time to live: the node's default is asked for.
inline constexpr uint64_t kDefaultTtl = UINT64_MAX;

// A bucket as its creator described it, with every default filled in.
struct BucketConfig {
  std::string name;
  BucketType type = BucketType::kLww;
  uint64_t ttl_seconds = 0;  // 0 = values never expire
  uint8_t replication_n = 3;
  uint8_t write_quorum = 1;
  uint8_t read_quorum = 1;
  bool operator==(const BucketConfig&) const = default;
  VORDB_FIELDS(BucketConfig, name, type, ttl_seconds, replication_n, write_quorum, read_quorum)
};

struct ClientRequest {
  ClientId client = 0;
  // Requests of one connection reach one coordinator, and are in order for each key (coordinator/
  // lanes.h). 0: of no other.
  uint64_t connection = 0;
  Operation operation = Operation::kPing;
  // GET over HTTP and `get` over TCP: answered by the bucket's own type, whatever it is.
  bool by_bucket_type = false;
  std::string bucket;  // empty: the default bucket of the operation's type
  std::string key;
  std::string value;                  // put
  std::vector<std::string> elements;  // set_add, set_remove; one for set_contains
  uint64_t amount = 1;                // increments and decrements, 1..2^63-1
  std::string context;                // causal token of an earlier answer, or empty
  std::string request_token;          // makes a retry of this mutation idempotent, or empty
  uint32_t w = 0;                     // 0: the bucket's own
  uint32_t r = 0;
  uint32_t limit = 0;                // a page of a set or of keys; 0: all (keys: 1,000)
  std::optional<std::string> after;  // where the page before ended; none: from the beginning
  BucketConfig config;  // create_bucket; replication_n and quorums of 0 ask for the node's defaults
  VORDB_FIELDS(ClientRequest, client, connection, operation, by_bucket_type, bucket, key, value,
               elements, amount, context, request_token, w, r, limit, after, config)
};

// What is known of a request's effect. `kRejected`: nothing was applied, now or later. `kUnknown`:
// it may have been applied, or may yet be.
enum class Outcome : uint8_t { kOk, kRejected, kUnknown };

enum class ErrorCode : uint8_t {
  kBadRequest,  // ill-formed or out of range
  kBucketNotFound,
  kBucketExists,
  kTypeMismatch,
  kOverflow,     // a counter would leave the range of int64
  kTooLarge,     // an answer or a request over a limit
  kTokenReused,  // a request token that stands for another request
  kUnavailable,  // too few replicas, or none in time
  kDiskFull,
  kCorrupt,      // the data is damaged here and is not served
  kPurging,      // an expired key is still being cleared
  kNotReady,     // this node is starting, joining, has left or is stopping
  kForbidden,    // a default bucket cannot be deleted
  kLeft,         // this node has left its cluster
  kNotEmpty,     // a node that holds data cannot join another cluster
  kConflict,     // a change of the cluster that its present state does not allow
  kUndecodable,  // the bytes are no request at all
};

// The code of an error over TCP ("BAD_REQUEST") and the word over HTTP ("bad_request").
const char* tcp_code(ErrorCode code);
const char* http_word(ErrorCode code);

struct ClientError {
  ErrorCode code = ErrorCode::kBadRequest;
  Outcome outcome = Outcome::kRejected;
  std::string message;        // what was wrong; holds no user data
  std::string hint;           // what would be right
  std::string expected = {};  // of a kTypeMismatch: the bucket's type
  VORDB_FIELDS(ClientError, code, outcome, message, hint, expected)
};

struct ClientReply {
  enum class Kind : uint8_t {
    kOk,
    kValue,
    kNotFound,
    kMembers,
    kContains,
    kCounter,
    kBuckets,
    kKeys,
    kError,
  };
  Kind kind = Kind::kOk;
  // What was asked, by the bucket's type where the request left it open.
  Operation operation = Operation::kPing;
  uint64_t timestamp_ms = 0;
  std::string value;
  std::vector<std::string> items;   // members or keys, in byte order
  std::optional<std::string> next;  // there is more: the `after` of the next page
  bool contains = false;
  int64_t counter = 0;
  bool saturated = false;  // the counter's true value lies beyond int64
  std::string context;     // the causal token to give back
  std::vector<BucketConfig> buckets;
  ClientError error;

  static ClientReply failed(ClientError error);
  VORDB_FIELDS(ClientReply, kind, operation, timestamp_ms, value, items, next, contains, counter,
               saturated, context, buckets, error)
};

}  // namespace vordb
