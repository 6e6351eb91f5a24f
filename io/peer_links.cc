#include "io/peer_links.h"

namespace vordb::io {

PeerLink* PeerLinks::link(const std::string& address) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (loops_.empty()) return nullptr;
  std::shared_ptr<PeerLink>& link = links_[address];
  if (!link) {
    boost::asio::io_context& loop = *loops_[links_.size() % loops_.size()];
    link = std::make_shared<PeerLink>(loop, address, shared_);
  }
  return link.get();
}

LinkFigures PeerLinks::figures(const std::string& address) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = links_.find(address);
  if (found == links_.end()) return {};
  const PeerLink& link = *found->second;
  return {link.connected(), link.queued_bytes(), link.shed()};
}

void PeerLinks::stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [address, link] : links_) link->stop();
  links_.clear();
  loops_.clear();
}

}  // namespace vordb::io
