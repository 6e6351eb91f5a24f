#include "io/peer_shared.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "io/peer_frames.h"
#include "proto/peer.pb.h"

namespace vordb::io {
namespace {

constexpr size_t kNameBytesMax = 64;

}  // namespace

void PeerShared::say_hello(pb::PeerHello* hello) const {
  const PeerIdentity self = identity();
  hello->set_version_min(kPeerVersionMin);
  hello->set_version_max(kPeerVersionMax);
  hello->set_cluster(self.cluster);
  hello->set_epoch(self.epoch);
  hello->set_node(self.node);
  hello->set_node_id(self.node_id);
  hello->set_incarnation(self.incarnation);
  hello->mutable_features()->Assign(options.features.begin(), options.features.end());
}

std::string peer_name(const pb::PeerHello& hello) {
  std::string name = hello.node_id().substr(0, kNameBytesMax);
  for (char& c : name) {
    if (uint8_t(c) < 0x20 || uint8_t(c) > 0x7e) c = '?';
  }
  return absl::StrCat(name, " (member ", hello.node(), ")");
}

uint32_t common_version(const pb::PeerHello& hello) {
  const uint32_t highest = std::min(kPeerVersionMax, hello.version_max());
  const uint32_t lowest = std::max(kPeerVersionMin, hello.version_min());
  return highest >= lowest ? highest : 0;
}

}  // namespace vordb::io
