// The order of requests of one connection. A request takes its place in up to two lanes as it
// comes, and waits there for the earlier ones that it conflicts with, also for those that still
// wait themselves. Nobody waits for a later request, so lanes never lock one another up.
//
//   lane of         who is in it                  who waits for whom
//   a key           its reads, its mutations      reads overlap, and mutations that go straight to
//                                                 the one vnode there is; nothing else does
//   a bucket        what is done to its keys,     mutations and listings wait for each other, all
//                   listings, what is done to it  for what is done to the bucket, and it for all
//   the table       changes of buckets, its list  the list and the changes wait for each other
//
// A lane is named by a hash of connection, bucket and key: two that share a name wait for each
// other without need, which nobody can tell from a slow answer. It is there while someone is in it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/client_api.h"
#include "core/fields.h"
#include "core/op_table.h"

namespace vordb::coordinator {

// As what a request is in a lane: four of each kind of lane.
enum class LaneMode : uint8_t {
  kRead = 0,
  kMutation,
  kMutationInOrder,  // may overlap its like: one vnode takes them all in the order of arrival
  kKeyRead = 4,
  kKeyMutation,
  kListing,
  kWholeBucket,
  kTableChange = 8,
  kTableList,
};

// The places of one request; a lane of 0 is none.
struct LaneUse {
  struct Place {
    uint64_t lane = 0;
    LaneMode mode = LaneMode::kRead;
    VORDB_FIELDS(Place, lane, mode)
  };
  std::array<Place, 2> places;
  VORDB_FIELDS(LaneUse, places)
};

// The places of a request to `bucket`, which is a name that is not empty. No connection and a ping:
// none. `in_order`: a mutation that may go ahead now goes straight to the only vnode there is.
LaneUse places_of(const ClientRequest& request, std::string_view bucket, bool in_order);

// A request that may go ahead, and the places that it holds until it is answered.
struct Admitted : ClientRequest {
  Admitted() = default;
  Admitted(ClientRequest request, const LaneUse& lanes)
      : ClientRequest(std::move(request)), use(lanes) {}
  LaneUse use;
  VORDB_FIELDS_AND_BASE(Admitted, ClientRequest, use)
};

class Lanes {
 public:
  // Takes its places. True: it may go ahead. False: it was moved from and is kept until those that
  // it waits for have left. Who waits goes ahead under circumstances that nobody knows yet: its
  // mutation overlaps no other.
  bool enter(Admitted& request);
  // Gives the places back. Who may go ahead now is appended to `ready`, in the order of arrival for
  // each lane.
  void leave(const LaneUse& use, std::vector<Admitted>& ready);

  size_t waiting() const { return waiting_.size(); }
  size_t lanes() const { return lanes_.size(); }

 private:
  struct Waiter {
    OpId request = 0;
    LaneMode mode = LaneMode::kRead;
    VORDB_FIELDS(Waiter, request, mode)
  };
  struct Lane {
    std::array<uint32_t, 4> granted{};  // by mode; some of them wait in their other lane
    uint8_t wanted = 0;                 // modes of the waiters, a bit each
    std::vector<Waiter> waiters;        // from `first` on, in order of arrival
    size_t first = 0;
    VORDB_FIELDS(Lane, granted, wanted, waiters, first)
  };
  struct Waiting {
    Admitted request;
    uint8_t lacking = 0;  // places
    VORDB_FIELDS(Waiting, request, lacking)
  };

  static uint8_t granted(const Lane& lane);
  bool must_wait(const LaneUse::Place& place) const;
  bool keep(Admitted& request);
  void grant(Lane& lane, std::vector<Admitted>& ready);

  absl::flat_hash_map<uint64_t, Lane> lanes_;  // never iterated: its order is no order
  OpTable<Waiting> waiting_;
  VORDB_FIELDS(Lanes, lanes_, waiting_)
};

}  // namespace vordb::coordinator
