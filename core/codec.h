// Between core's values and the protobuf messages that go to disk and to peers. Encoding is
// canonical: equal values give equal bytes. Decoding refuses what is not well formed and never
// asserts.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "core/crdt/entry.h"
#include "core/crdt/vnode_clock.h"
#include "proto/storage.pb.h"

namespace vordb {

void to_pb(const crdt::ReplicaId& from, pb::ReplicaId* to);
crdt::ReplicaId from_pb(const pb::ReplicaId& from);
void to_pb(const crdt::Dot& from, pb::Dot* to);
crdt::Dot from_pb(const pb::Dot& from);

using ReplicaClocks = google::protobuf::RepeatedPtrField<pb::ReplicaClock>;
void to_pb(const crdt::VnodeClock& from, ReplicaClocks* to);
void to_pb(const crdt::VersionVector& from, ReplicaClocks* to);
crdt::VnodeClock clock_from_pb(const ReplicaClocks& from);
crdt::VersionVector vector_from_pb(const ReplicaClocks& from);

void to_pb(const crdt::Entry& from, pb::Entry* to);
// InvalidArgument when live dots are not sorted, doubled or have counter 0.
absl::Status from_pb(const pb::Entry& from, crdt::Entry* to);

// ---- records: a message and an 8-byte checksum over the record's key and the message ----
// The checksum travels end to end: it catches what the storage engine's own block checksums cannot,
// such as a record that answers for another key.

std::string seal_record(std::string_view key, const google::protobuf::MessageLite& message);
// DataLoss when the checksum is wrong or the message does not parse.
absl::Status open_record(std::string_view key, std::string_view value,
                         google::protobuf::MessageLite* message);

std::string encode_entry(std::string_view record_key, const crdt::Entry& entry);
absl::Status decode_entry(std::string_view record_key, std::string_view value, crdt::Entry* entry);

}  // namespace vordb
