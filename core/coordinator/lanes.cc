#include "core/coordinator/lanes.h"

#include <algorithm>
#include <utility>

#include "core/cluster/ring.h"
#include "core/coordinator/coordinator.h"
#include "core/fingerprint.h"

namespace vordb::coordinator {

namespace {

constexpr uint8_t kAllModes = 0xf;

constexpr unsigned index_of(LaneMode mode) { return unsigned(mode) % 4; }
constexpr uint8_t bit_of(LaneMode mode) { return uint8_t(1u << index_of(mode)); }

// The modes of the same lane that a request in `mode` does not go along with.
constexpr uint8_t conflicts(LaneMode mode) {
  using enum LaneMode;
  switch (mode) {
    case kRead:
      return bit_of(kMutation) | bit_of(kMutationInOrder);
    case kMutation:
      return kAllModes;
    case kMutationInOrder:
      return bit_of(kRead) | bit_of(kMutation);
    case kKeyRead:
      return bit_of(kWholeBucket);
    case kKeyMutation:
      return bit_of(kListing) | bit_of(kWholeBucket);
    case kListing:
      return bit_of(kKeyMutation) | bit_of(kWholeBucket);
    case kWholeBucket:
      return kAllModes;
    case kTableChange:
      return bit_of(kTableList);
    case kTableList:
      return bit_of(kTableChange);
  }
  return 0;
}

// Lanes of different kinds never have the same name, and none is 0.
enum Kind : uint64_t { kTable = 1, kBucket, kKey };

uint64_t lane_name(uint64_t parent, Kind kind, std::string_view name) {
  return (cluster::ring_hash(parent, name) & ~uint64_t{3}) | kind;
}

}  // namespace

LaneUse places_of(const ClientRequest& request, std::string_view bucket, bool in_order) {
  using enum LaneMode;
  const uint64_t connection = request.connection;
  if (connection == 0 || request.operation == Operation::kPing) return {};
  if (request.operation == Operation::kListBuckets) {
    return {{{{lane_name(connection, kTable, {}), kTableList}, {}}}};
  }
  const uint64_t of_bucket = lane_name(connection, kBucket, bucket);
  switch (request.operation) {
    case Operation::kGetBucket:
      return {{{{of_bucket, kWholeBucket}, {}}}};
    case Operation::kCreateBucket:
    case Operation::kDeleteBucket:
      return {{{{of_bucket, kWholeBucket}, {lane_name(connection, kTable, {}), kTableChange}}}};
    case Operation::kListKeys:
      return {{{{of_bucket, kListing}, {}}}};
    default:
      break;
  }
  const uint64_t of_key = lane_name(of_bucket, kKey, request.key);
  if (!mutates(request.operation)) return {{{{of_bucket, kKeyRead}, {of_key, kRead}}}};
  return {{{{of_bucket, kKeyMutation}, {of_key, in_order ? kMutationInOrder : kMutation}}}};
}

uint8_t Lanes::granted(const Lane& lane) {
  uint8_t modes = 0;
  for (unsigned i = 0; i < lane.granted.size(); ++i) {
    if (lane.granted[i] != 0) modes |= uint8_t(1u << i);
  }
  return modes;
}

bool Lanes::must_wait(const LaneUse::Place& place) const {
  const auto at = lanes_.find(place.lane);
  if (at == lanes_.end()) return false;
  return ((granted(at->second) | at->second.wanted) & conflicts(place.mode)) != 0;
}

bool Lanes::enter(Admitted& request) {
  std::array<LaneUse::Place, 2>& places = request.use.places;
  if (must_wait(places[0]) || must_wait(places[1])) return keep(request);
  for (const LaneUse::Place& place : places) {
    if (place.lane != 0) ++lanes_[place.lane].granted[index_of(place.mode)];
  }
  return true;
}

bool Lanes::keep(Admitted& request) {
  std::array<LaneUse::Place, 2>& own = request.use.places;
  for (LaneUse::Place& place : own) {
    if (place.mode == LaneMode::kMutationInOrder) place.mode = LaneMode::kMutation;
  }
  const std::array<LaneUse::Place, 2> places = own;
  const OpId kept = waiting_.insert({std::move(request), 0});
  for (const LaneUse::Place& place : places) {
    if (place.lane == 0) continue;
    const bool waits = must_wait(place);
    Lane& lane = lanes_[place.lane];
    if (!waits) {
      ++lane.granted[index_of(place.mode)];
      continue;
    }
    ++waiting_.find(kept)->lacking;
    lane.wanted |= bit_of(place.mode);
    lane.waiters.push_back({kept, place.mode});
  }
  return false;
}

void Lanes::leave(const LaneUse& use, std::vector<Admitted>& ready) {
  for (const LaneUse::Place& place : use.places) {
    if (place.lane == 0) continue;
    const auto at = lanes_.find(place.lane);
    Lane& lane = at->second;
    if (--lane.granted[index_of(place.mode)] != 0) continue;
    if (!lane.waiters.empty()) grant(lane, ready);
    if (lane.waiters.empty() && granted(lane) == 0) lanes_.erase(at);
  }
}

// Whoever conflicts neither with those that were granted nor with one that has waited longer.
void Lanes::grant(Lane& lane, std::vector<Admitted>& ready) {
  std::vector<Waiter>& waiters = lane.waiters;
  uint8_t in = granted(lane);
  uint8_t blocked = 0;  // modes that conflict with one that goes on waiting
  uint8_t wanted = 0;
  size_t kept = lane.first;
  size_t at = lane.first;
  for (; at < waiters.size() && blocked != kAllModes; ++at) {
    const Waiter waiter = waiters[at];
    const uint8_t bit = bit_of(waiter.mode);
    if ((in & conflicts(waiter.mode)) != 0 || (blocked & bit) != 0) {
      wanted |= bit;
      blocked |= conflicts(waiter.mode);
      waiters[kept++] = waiter;
      continue;
    }
    ++lane.granted[index_of(waiter.mode)];
    in |= bit;
    if (--waiting_.find(waiter.request)->lacking == 0) {
      ready.push_back(waiting_.take(waiter.request).request);
    }
  }
  // Of those that were not looked at the modes are not known anew; nobody comes past them.
  lane.wanted = at == waiters.size() ? wanted : uint8_t(lane.wanted | wanted);
  const auto looked_at = waiters.begin() + ptrdiff_t(at);
  const size_t still = kept - lane.first;
  std::move_backward(waiters.begin() + ptrdiff_t(lane.first), waiters.begin() + ptrdiff_t(kept),
                     looked_at);
  lane.first = at - still;
  if (lane.first * 2 < waiters.size()) return;
  waiters.erase(waiters.begin(), waiters.begin() + ptrdiff_t(lane.first));
  lane.first = 0;
}

}  // namespace vordb::coordinator
