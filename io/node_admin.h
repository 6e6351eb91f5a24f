// What the HTTP server asks the node as a whole: its status, members, ring, metrics, and the
// operator's commands.
//
// Each call comes from some shard's thread, must return at once, and is answered by calling `done`
// once, from any thread, maybe before the call returns. A call whose `done` is never called leaves
// its client waiting until it goes away.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/client_api.h"
#include "core/messages.h"

namespace vordb::io {

template <typename T>
using Answer = std::function<void(T)>;

struct NodeStatus {
  std::string state = "running";  // "founding", "joining", "running", "leaving", "left"
  bool serving = true;            // data operations are answered; what /readyz says
  std::string node_id;
  uint32_t num_vnodes = 0;
  uint64_t ring_version = 0;
};

struct MemberInfo {
  std::string node_id;
  std::string address;  // host:port of its cluster port
  std::string zone;
  std::string status;  // "joining", "up", "leaving", "down"
  uint32_t node = 0;
  uint64_t incarnation = 0;
  uint32_t partitions = 0;            // that it owns
  bool connected = false;             // from this node, or is this node
  std::vector<std::string> features;  // of its program
};

struct RingInfo {
  struct Partition {
    uint64_t version = 0;
    std::vector<std::string> owners;  // node ids in the order of the ring
    std::vector<std::string> next;    // owners to be; empty unless it moves
  };
  uint64_t version = 0;
  uint32_t partitions_owned = 0;      // by this node
  std::vector<std::string> features;  // that are switched on
  std::vector<Partition> partitions;
};

// How far the moves of partitions have come.
struct HandoffInfo {
  struct Move {
    uint32_t partition = 0;
    uint64_t begun = 0;  // the epoch of the entry that began it
    std::vector<std::string> from;
    std::vector<std::string> to;
  };
  uint64_t version = 0;
  std::vector<Move> moves;  // under way
  // Partitions whose earlier owners still hand over, and how many wait for this node.
  uint32_t draining = 0;
  uint32_t draining_here = 0;
  // Of this node: its name and what it counts.
  std::vector<std::pair<std::string, uint64_t>> figures;
};

// A change of the members that is only thought of.
struct PlanQuestion {
  ClusterChange::Kind change = ClusterChange::Kind::kJoin;  // or kLeave, kRemove, kReplace
  std::string node_id;
  std::string zone;  // of a joiner
};

// What it would do.
struct PlanInfo {
  std::optional<ClientError> error;
  std::string change = "join";
  std::string node_id;
  uint32_t partitions_moved = 0;  // whose owners would change
  uint32_t replicas_moved = 0;    // copies of partitions that some node would have to take over
  struct Load {
    std::string node_id;
    uint32_t before = 0;  // partitions owned
    uint32_t after = 0;
  };
  std::vector<Load> loads;
};

// Counts by name, in the order in which they are shown.
struct RepairInfo {
  std::vector<std::pair<std::string, uint64_t>> figures;
};

// How a command ended.
struct AdminOutcome {
  std::optional<ClientError> error;
};

class NodeAdmin {
 public:
  virtual ~NodeAdmin() = default;

  virtual void status(Answer<NodeStatus> done) = 0;
  virtual void members(Answer<std::vector<MemberInfo>> done) = 0;
  virtual void ring(Answer<RingInfo> done) = 0;
  virtual void handoff(Answer<HandoffInfo> done) = 0;
  virtual void repair(Answer<RepairInfo> done) = 0;
  virtual void plan(PlanQuestion question, Answer<PlanInfo> done) = 0;
  // Answered when it has been done or refused, which may take long.
  virtual void change(ClusterChange change, Answer<AdminOutcome> done) = 0;
  virtual void full_sync(Answer<AdminOutcome> done) = 0;

  // The text of /metrics (MetricsCollector::scrape).
  virtual void metrics(Answer<std::string> done) = 0;
};

}  // namespace vordb::io
