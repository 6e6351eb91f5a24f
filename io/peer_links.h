// The connections from this node to its peers, by address. A link is made when somebody first sends
// there, and stays.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/peer_link.h"

namespace vordb::io {

// What a link counts. All 0 where nobody has sent anything yet.
struct LinkFigures {
  bool connected = false;
  uint64_t queued_bytes = 0;
  uint64_t shed = 0;  // messages that found its queue full, since the start
};

class PeerLinks {
 public:
  explicit PeerLinks(std::shared_ptr<PeerShared> shared) : shared_(std::move(shared)) {}
  // The loops do not run any more.
  ~PeerLinks() { stop(); }
  PeerLinks(const PeerLinks&) = delete;
  PeerLinks& operator=(const PeerLinks&) = delete;

  // Before anything is sent: the links are spread over these.
  void attach(std::vector<boost::asio::io_context*> loops) { loops_ = std::move(loops); }

  // From any thread; valid as long as this object. Null before attach() and after stop().
  PeerLink* link(const std::string& address);
  bool is_connected(const std::string& address) const { return figures(address).connected; }
  LinkFigures figures(const std::string& address) const;
  void stop();

  PeerShared& shared() { return *shared_; }

 private:
  const std::shared_ptr<PeerShared> shared_;
  std::vector<boost::asio::io_context*> loops_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<PeerLink>> links_;
};

}  // namespace vordb::io
