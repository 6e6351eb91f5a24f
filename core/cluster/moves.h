// What a configuration entry does to the owners of partitions: begin a move, end it, give it
// another end, call it off (CLUSTER.md rules 17-20). The entry's epoch names the moves that it
// begins.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/cluster/configuration.h"
#include "core/cluster/ring.h"

namespace vordb::cluster {

// The members that may own partitions.
std::vector<RingMember> ring_members(const Configuration& configuration);

// Owners a partition has when there are members enough: the largest replication in use.
size_t replication_in_use(const Configuration& configuration);

// Who owns each partition, or will when its move is over.
OwnerLists owners_to_come(const Configuration& configuration);

// Lets every partition go to where the ring function puts it among the present members. Moves that
// lead there already go on; where no placement changes hands, no move is needed.
void move_to_members(Configuration& next);

// After a bucket with more replicas than the `before` of any before it was created: longer lists.
// The new places hold no data, so nothing moves. Lists that were shorter than they could be stay so
// until their move is over: their last places would not be new.
void lengthen_owners(Configuration& next, size_t before);

// The owners to be are the owners; those before them that are none any more drain.
void cut_over(Configuration& next, uint16_t partition);

// What is known of this member's disk is that it is lost: nobody waits for what it would hand over.
void stop_draining(Configuration& next, NodeNumber node);

// Some partition names it: as owner, owner to be, or for what it still holds.
bool has_part_in_ring(const Configuration& configuration, NodeNumber node);

}  // namespace vordb::cluster
