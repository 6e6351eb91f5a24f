#include "core/vnode/answers.h"

#include "core/codec.h"
#include "proto/peer.pb.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace vordb {

std::string fingerprint_of(const KeyMutation& m) {
  std::string bytes(1, char(m.operation));
  const auto add = [&](std::string_view part) {
    const uint64_t size = part.size();
    bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
    bytes.append(part);
  };
  add(m.key);
  add(m.value);
  for (const std::string& element : m.elements) add(element);
  bytes.append(reinterpret_cast<const char*>(&m.amount), sizeof m.amount);
  bytes.append(reinterpret_cast<const char*>(&m.bucket), sizeof m.bucket);
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  return std::string(reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest);
}

void to_pb(const Answer& from, pb::AnsweredRequest* to) {
  to_pb(from.dot, to->mutable_dot());
  to->set_hlc(from.hlc.word);
  to->set_fingerprint(from.fingerprint);
}

void to_pb(const TokenAnswer& from, pb::TokenAnswer* to) {
  to->set_token(from.first);
  to_pb(from.second, to->mutable_answer());
}

Answer from_pb(const pb::AnsweredRequest& from) {
  return Answer{from_pb(from.dot()), Hlc{from.hlc()}, from.fingerprint()};
}

}  // namespace vordb
