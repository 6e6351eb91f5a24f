// What the HTTP server asks the node as a whole: its status, members, ring, metrics, and the
// operator's commands.
//
// Each call comes from some shard's thread, must return at once, and is answered by calling `done`
// once, from any thread, maybe before the call returns. A call whose `done` is never called leaves
// its client waiting until it goes away.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace vordb::io {

template <typename T>
using Answer = std::function<void(T)>;

struct NodeStatus {
  std::string state = "running";  // "starting", "joining", "running", "leaving", "left"
  bool serving = true;            // data operations are answered; what /readyz says
  std::string node_id;
  uint32_t num_vnodes = 0;
  uint64_t ring_version = 0;
};

struct MemberInfo {
  std::string node_id;
  std::string address;  // host:port of its cluster port
  std::string zone;
  std::string status;  // "joining", "up", "leaving", "left", "removed", ...
  uint32_t node = 0;
  uint64_t incarnation = 0;
};

struct RingInfo {
  uint64_t version = 0;
  uint32_t partitions_owned = 0;                 // by this node
  std::vector<std::vector<std::string>> owners;  // node ids, by partition
};

// Whom to join through: "host:port" or "name@host[:port]".
struct SeedNode {
  std::string expected_node_id;  // empty: any
  std::string host;
  uint16_t port = 0;
};

// How a command ended. 200 is success; else `error` is the word that clients see, such as
// "unavailable" or "not_empty".
struct AdminOutcome {
  int http_status = 200;
  std::string error;
  std::string hint;
  bool unknown = false;  // of an error: it may have taken effect, or may yet
};

class NodeAdmin {
 public:
  virtual ~NodeAdmin() = default;

  virtual void status(Answer<NodeStatus> done) = 0;
  virtual void members(Answer<std::vector<MemberInfo>> done) = 0;
  virtual void ring(Answer<RingInfo> done) = 0;
  virtual void join(SeedNode seed, Answer<AdminOutcome> done) = 0;
  virtual void leave(Answer<AdminOutcome> done) = 0;
  virtual void full_sync(Answer<AdminOutcome> done) = 0;

  // The text of /metrics (MetricsCollector::scrape).
  virtual void metrics(Answer<std::string> done) = 0;
};

}  // namespace vordb::io
