// Several real nodes that form a cluster, and clients that keep count of what was acknowledged.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "server/process_harness.h"

namespace vordb::server {

class Cluster {
 public:
  // Starts node1 to node<count> and joins all of them to the first.
  explicit Cluster(size_t count, std::vector<std::string> flags = {});

  NodeProcess& node(size_t number) { return *nodes_[number - 1]; }  // from 1
  size_t size() const { return nodes_.size(); }

  // One more, not started, of the next number.
  NodeProcess& add_node();
  // Starts it with the flags of the cluster and its own name.
  void start(size_t number);
  // POST /admin/join through another member; fails the test case when it is refused.
  void join(size_t number, size_t seed);
  void wipe(size_t number);

  // Until these nodes, and nobody else, are up in the eyes of each of them and no partition moves.
  void settle(const std::vector<size_t>& numbers);
  bool settled(const std::vector<size_t>& numbers);

  const std::string& folder() const { return dir_.path(); }

 private:
  TempDir dir_;
  std::vector<std::string> flags_;
  std::vector<std::unique_ptr<NodeProcess>> nodes_;
};

// What was asked of the keys of one run, and what is known of it.
struct Ledger {
  std::map<std::string, std::string> registers;  // acknowledged, each key written once
  std::map<std::string, std::set<std::string>> added, perhaps_added;  // by set
  std::map<std::string, uint64_t> increments, perhaps_increments;     // by counter
  uint64_t acknowledged = 0;
  uint64_t unknown = 0;
  uint64_t rejected = 0;

  // What a node serves that this does not allow; empty: nothing.
  std::string contradiction(NodeProcess& node) const;
};

// A thread that writes through these nodes in turn, with W = 1 and 2 in turn, until it is stopped.
class Load {
 public:
  // `name` keeps its keys apart from other loads'.
  Load(Cluster& cluster, std::vector<size_t> through, std::string name);
  ~Load() { stop(); }

  void stop();
  // Operations that were acknowledged so far.
  uint64_t acknowledged() const { return acknowledged_; }
  // After stop().
  const Ledger& ledger() const { return ledger_; }

 private:
  void run();
  void one(size_t number, uint64_t op);

  Cluster& cluster_;
  std::vector<size_t> through_;
  std::string name_;
  std::map<size_t, std::optional<io::FrameClient>> clients_;
  Ledger ledger_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> acknowledged_{0};
  std::thread thread_;
};

// Fails the test case unless all these nodes serve what the ledger demands within 30 s.
void check_ledger(Cluster& cluster, const std::vector<size_t>& numbers, const Ledger& ledger);

bool has(const std::string& text, const std::string& part);

}  // namespace vordb::server
