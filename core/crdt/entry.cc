#include "core/crdt/entry.h"

#include <algorithm>

#include "core/assert.h"
#include "core/big_endian.h"

namespace vordb::crdt {

namespace {

// The first byte of a subkey. A register's is empty; meta sorts first so that a scan meets the
// deadline before the data.
constexpr char kMetaTag = 0;
constexpr char kElementTag = 1;
constexpr char kCounterTag = 2;
constexpr size_t kReplicaBytes = 4 + 8 + 8;

}  // namespace

const LiveDot* Entry::find(const Dot& dot) const {
  const auto at = std::lower_bound(live.begin(), live.end(), dot,
                                   [](const LiveDot& l, const Dot& d) { return l.dot < d; });
  return at != live.end() && at->dot == dot ? &*at : nullptr;
}

VersionVector Entry::observed() const {
  VersionVector seen;
  for (const LiveDot& l : live) seen.raise(l.dot);
  return seen;
}

Hlc Entry::highest_hlc() const {
  Hlc highest = baseline.reset_hlc;
  for (const LiveDot& l : live) highest = std::max(highest, l.payload.hlc);
  return highest;
}

std::string meta_subkey() { return std::string(1, kMetaTag); }

std::string element_subkey(std::string_view element) {
  std::string subkey;
  subkey.reserve(1 + element.size());
  subkey.push_back(kElementTag);
  subkey.append(element);
  return subkey;
}

std::string counter_subkey(const ReplicaId& replica) {
  std::string subkey(1, kCounterTag);
  append_big_endian(subkey, replica.node);
  append_big_endian(subkey, replica.incarnation);
  append_big_endian(subkey, replica.life);
  return subkey;
}

bool parse_kind(std::string_view subkey, EntryKind* kind) {
  if (subkey.empty()) {
    *kind = EntryKind::kRegister;
    return true;
  }
  switch (subkey[0]) {
    case kMetaTag:
      *kind = EntryKind::kMeta;
      return subkey.size() == 1;
    case kElementTag:
      *kind = EntryKind::kElement;
      return true;
    case kCounterTag:
      *kind = EntryKind::kCounter;
      return subkey.size() == 1 + kReplicaBytes;
    default:
      return false;
  }
}

std::string_view element_of(std::string_view subkey) {
  VORDB_ASSERT(!subkey.empty() && subkey[0] == kElementTag, "the subkey of an element");
  return subkey.substr(1);
}

ReplicaId replica_of(std::string_view subkey) {
  VORDB_ASSERT(subkey.size() == 1 + kReplicaBytes, "the subkey of a counter entry");
  return ReplicaId{read_big_endian<uint32_t>(subkey.substr(1)),
                   read_big_endian<uint64_t>(subkey.substr(5)),
                   read_big_endian<uint64_t>(subkey.substr(13))};
}

}  // namespace vordb::crdt
