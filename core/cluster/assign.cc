// The ring function: fill what is vacant, move what is over someone's share, swap places inside a
// list where one is first too often. Each step changes as little as it can.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/assert.h"
#include "core/cluster/ring.h"
#include "core/cluster/shares.h"

namespace vordb::cluster {

namespace {

constexpr size_t kNobody = SIZE_MAX;

// Members by index; lists of indices, each of the full length, with kNobody where one is missing.
class Assignment {
 public:
  Assignment(const OwnerLists& previous, const std::vector<RingMember>& members,
             size_t replication);

  void fill();
  void even_out_loads();
  void even_out_places();
  OwnerLists lists() const;

 private:
  using List = std::vector<size_t>;

  List kept(const std::vector<NodeNumber>& before) const;
  // Nobody twice, and the first `apart_` in distinct zones.
  bool legal(const List& list) const;
  bool may_replace(const List& list, size_t place, size_t member) const;
  void put(size_t partition, size_t place, size_t member);
  void fill(size_t partition, size_t place);
  bool take(size_t from, size_t to);
  bool take_over_others(size_t from);
  bool even_out_place(size_t place);
  int64_t excess(size_t member) const {
    return int64_t(load_[member]) * kShareUnit - int64_t(shares_[member]);
  }
  int64_t place_excess(size_t member, size_t place) const {
    return int64_t(place_load_[member][place] * width_) - int64_t(load_[member]);
  }
  bool over(size_t member) const { return excess(member) >= int64_t(kShareUnit); }
  bool under(size_t member) const { return -excess(member) >= int64_t(kShareUnit); }
  bool outside(size_t member) const {
    return !within_share(load_[member], shares_[member], kShareUnit);
  }

  const std::vector<RingMember>& members_;
  std::vector<size_t> zones_;  // by member
  size_t width_;               // owners of each partition
  size_t apart_;               // the first so many are in distinct zones
  std::vector<List> owners_;
  std::vector<uint64_t> shares_;
  std::vector<size_t> load_;
  std::vector<std::vector<size_t>> place_load_;
};

Assignment::Assignment(const OwnerLists& previous, const std::vector<RingMember>& members,
                       size_t replication)
    : members_(members), width_(std::min(replication, members.size())) {
  std::map<std::string, size_t> zone_index;
  for (const RingMember& m : members) {
    zones_.push_back(zone_index.try_emplace(m.zone, zone_index.size()).first->second);
  }
  apart_ = std::min(width_, zone_index.size());
  shares_ = fair_shares(zones_, zone_index.size(), width_, previous.size());
  load_.resize(members.size());
  place_load_.assign(members.size(), std::vector<size_t>(width_));
  owners_.assign(previous.size(), List(width_, kNobody));
  for (size_t p = 0; p < previous.size(); ++p) {
    const List list = kept(previous[p]);
    for (size_t place = 0; place < width_; ++place) put(p, place, list[place]);
  }
}

// Members keep their places, but where two are in one zone the later one goes behind those that
// must be apart, if there is room.
Assignment::List Assignment::kept(const std::vector<NodeNumber>& before) const {
  List list(width_, kNobody);
  List displaced;
  for (size_t place = 0; place < before.size(); ++place) {
    const auto at =
        std::lower_bound(members_.begin(), members_.end(), before[place],
                         [](const RingMember& m, NodeNumber node) { return m.node < node; });
    if (at == members_.end() || at->node != before[place]) continue;
    const size_t member = size_t(at - members_.begin());
    if (place < width_ && may_replace(list, place, member)) {
      list[place] = member;
    } else {
      displaced.push_back(member);
    }
  }
  for (const size_t member : displaced) {
    for (size_t place = 0; place < width_; ++place) {
      if (list[place] != kNobody || !may_replace(list, place, member)) continue;
      list[place] = member;
      break;
    }
  }
  return list;
}

bool Assignment::may_replace(const List& list, size_t place, size_t member) const {
  for (size_t other = 0; other < width_; ++other) {
    if (other == place || list[other] == kNobody) continue;
    if (list[other] == member) return false;
    const bool both_apart = place < apart_ && other < apart_;
    if (both_apart && zones_[list[other]] == zones_[member]) return false;
  }
  return true;
}

bool Assignment::legal(const List& list) const {
  for (size_t place = 0; place < width_; ++place) {
    if (list[place] != kNobody && !may_replace(list, place, list[place])) return false;
  }
  return true;
}

void Assignment::put(size_t partition, size_t place, size_t member) {
  size_t& owner = owners_[partition][place];
  if (owner != kNobody) {
    --load_[owner];
    --place_load_[owner][place];
  }
  owner = member;
  if (owner == kNobody) return;
  ++load_[owner];
  ++place_load_[owner][place];
}

void Assignment::fill() {
  for (size_t place = 0; place < width_; ++place) {
    for (size_t p = 0; p < owners_.size(); ++p) {
      if (owners_[p][place] == kNobody) fill(p, place);
    }
  }
}

// A place that must be apart goes to an owner from further back, if one fits: that moves nothing.
// Else to the member that lacks most of its share.
void Assignment::fill(size_t partition, size_t place) {
  const List& list = owners_[partition];
  for (size_t behind = apart_; place < apart_ && behind < width_; ++behind) {
    const size_t member = list[behind];
    if (member == kNobody) continue;
    put(partition, behind, kNobody);
    if (may_replace(list, place, member)) return put(partition, place, member);
    put(partition, behind, member);
  }
  size_t best = kNobody;
  for (size_t member = 0; member < members_.size(); ++member) {
    if (!may_replace(list, place, member)) continue;
    if (best == kNobody || excess(member) < excess(best) ||
        (excess(member) == excess(best) && place_load_[member][place] < place_load_[best][place])) {
      best = member;
    }
  }
  VORDB_ASSERT(best != kNobody, "there are members enough, in zones enough");
  put(partition, place, best);
}

// One partition goes from one member to another, at the place where that evens out places most.
bool Assignment::take(size_t from, size_t to) {
  std::optional<std::pair<size_t, size_t>> best;
  int64_t best_gain = 0;
  for (size_t p = 0; p < owners_.size(); ++p) {
    for (size_t place = 0; place < width_; ++place) {
      if (owners_[p][place] != from || !may_replace(owners_[p], place, to)) continue;
      const int64_t gain = int64_t(place_load_[from][place]) - int64_t(place_load_[to][place]);
      if (best && gain <= best_gain) continue;
      best = {p, place};
      best_gain = gain;
    }
  }
  if (!best) return false;
  put(best->first, best->second, to);
  return true;
}

// Where zones keep the member that has too much from giving to the one that has too little, others
// pass it on along the shortest chain. That moves more than one copy for each that is too many, so
// it is done only where the bounds ask for it.
bool Assignment::take_over_others(size_t from) {
  std::vector<size_t> before(members_.size(), kNobody);
  std::vector<size_t> reached{from};
  before[from] = from;
  for (size_t i = 0; i < reached.size(); ++i) {
    const size_t at = reached[i];
    if (at != from && excess(at) < 0 && (outside(at) || outside(from))) {
      size_t to = at;
      while (to != from) {
        if (!take(before[to], to)) return false;
        to = before[to];
      }
      return true;
    }
    for (const List& list : owners_) {
      const auto held = std::find(list.begin(), list.end(), at);
      if (held == list.end()) continue;
      for (size_t to = 0; to < members_.size(); ++to) {
        if (before[to] != kNobody || !may_replace(list, size_t(held - list.begin()), to)) continue;
        before[to] = at;
        reached.push_back(to);
      }
    }
  }
  return false;
}

void Assignment::even_out_loads() {
  std::vector<size_t> by_excess(members_.size());
  for (size_t i = 0; i < by_excess.size(); ++i) by_excess[i] = i;
  const size_t moves_max = owners_.size() * width_ * 2;
  for (size_t moves = 0; moves < moves_max; ++moves) {
    std::stable_sort(by_excess.begin(), by_excess.end(),
                     [&](size_t a, size_t b) { return excess(a) > excess(b); });
    bool moved = false;
    for (size_t i = 0; i < by_excess.size() && !moved; ++i) {
      for (size_t j = by_excess.size(); j-- > i + 1 && !moved;) {
        const size_t from = by_excess[i];
        const size_t to = by_excess[j];
        const bool needed = (over(from) && excess(to) < 0) || (under(to) && excess(from) > 0);
        if (!needed) break;
        moved = take(from, to);
      }
    }
    for (size_t i = 0; i < by_excess.size() && !moved; ++i) {
      const size_t from = by_excess[i];
      if (excess(from) > 0) moved = take_over_others(from);
    }
    if (!moved) return;
  }
}

// Swaps two owners of one list where one is at this place too often and the other too seldom.
bool Assignment::even_out_place(size_t place) {
  size_t partition = 0;
  size_t other_place = 0;
  int64_t best_gain = 0;
  for (size_t p = 0; p < owners_.size(); ++p) {
    const size_t here = owners_[p][place];
    for (size_t behind = place + 1; behind < width_; ++behind) {
      const size_t there = owners_[p][behind];
      const bool asked = !within_share(place_load_[here][place], load_[here], width_) ||
                         !within_share(place_load_[there][place], load_[there], width_);
      const int64_t gain = place_excess(here, place) - place_excess(there, place);
      if (!asked || gain <= best_gain || gain < int64_t(2 * width_)) continue;
      List swapped = owners_[p];
      std::swap(swapped[place], swapped[behind]);
      if (!legal(swapped)) continue;
      partition = p;
      other_place = behind;
      best_gain = gain;
    }
  }
  if (best_gain == 0) return false;
  const size_t here = owners_[partition][place];
  const size_t there = owners_[partition][other_place];
  put(partition, place, there);
  put(partition, other_place, here);
  return true;
}

void Assignment::even_out_places() {
  for (size_t place = 0; place + 1 < width_; ++place) {
    while (even_out_place(place)) {
    }
  }
}

OwnerLists Assignment::lists() const {
  OwnerLists out;
  for (const List& list : owners_) {
    std::vector<NodeNumber>& nodes = out.emplace_back();
    for (const size_t member : list) nodes.push_back(members_[member].node);
  }
  return out;
}

}  // namespace

OwnerLists assign_owners(OwnerLists previous, const std::vector<RingMember>& members,
                         size_t replication) {
  if (members.empty() || replication == 0) return previous;
  Assignment assignment(previous, members, replication);
  assignment.fill();
  assignment.even_out_loads();
  assignment.even_out_places();
  return assignment.lists();
}

}  // namespace vordb::cluster
