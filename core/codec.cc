#include "core/codec.h"

#include <google/protobuf/arena.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/assert.h"
#include "core/big_endian.h"
#include "core/crdt/counter.h"

namespace vordb {

using crdt::Dot;
using crdt::Entry;
using crdt::LiveDot;
using crdt::ReplicaId;
using crdt::VersionVector;
using crdt::VnodeClock;

namespace {

constexpr size_t kChecksumBytes = 8;
constexpr size_t kArenaBytes = 1024;

// Protobuf messages of one record live on an arena whose first block is on the stack: no allocation
// for small records.
class StackArena {
 public:
  StackArena() : arena_(block_, sizeof block_) {}
  template <typename M>
  M* make() {
    return google::protobuf::Arena::CreateMessage<M>(&arena_);
  }

 private:
  alignas(16) char block_[kArenaBytes];
  google::protobuf::Arena arena_;
};

uint64_t checksum(std::string_view key, std::string_view bytes) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), XXH3_64bits(key.data(), key.size()));
}

// Of a payload or a baseline.
template <typename From, typename To>
void set_totals(const From& from, To* to) {
  VORDB_ASSERT(from.p <= crdt::kCounterTotalMax && from.n <= crdt::kCounterTotalMax,
               "a counter's totals stay within their bound");
  to->set_p(uint64_t(from.p));
  to->set_n(uint64_t(from.n));
  to->set_p_high(uint32_t(from.p >> 64));
  to->set_n_high(uint32_t(from.n >> 64));
}

template <typename From, typename To>
void take_totals(const From& from, To* to) {
  to->p = crdt::CounterTotal{from.p_high()} << 64 | from.p();
  to->n = crdt::CounterTotal{from.n_high()} << 64 | from.n();
}

}  // namespace

void to_pb(const ReplicaId& from, pb::ReplicaId* to) {
  to->set_node(from.node);
  to->set_incarnation(from.incarnation);
  to->set_life(from.life);
}

ReplicaId from_pb(const pb::ReplicaId& from) {
  return ReplicaId{from.node(), from.incarnation(), from.life()};
}

void to_pb(const Dot& from, pb::Dot* to) {
  to_pb(from.replica, to->mutable_replica());
  to->set_counter(from.counter);
}

Dot from_pb(const pb::Dot& from) { return Dot{from_pb(from.replica()), from.counter()}; }

void to_pb(const VnodeClock& from, ReplicaClocks* to) {
  for (const VnodeClock::Replica& r : from.replicas()) {
    pb::ReplicaClock* out = to->Add();
    to_pb(r.id, out->mutable_replica());
    out->set_base(r.base);
    for (const uint64_t counter : r.above) out->add_above(counter);
  }
}

void to_pb(const VersionVector& from, ReplicaClocks* to) {
  for (const VersionVector::Component& c : from.components()) {
    pb::ReplicaClock* out = to->Add();
    to_pb(c.replica, out->mutable_replica());
    out->set_base(c.counter);
  }
}

VnodeClock clock_from_pb(const ReplicaClocks& from) {
  VnodeClock clock;
  for (const pb::ReplicaClock& r : from) {
    const ReplicaId id = from_pb(r.replica());
    // No replica ever counts so far: such a clock is garbage, and is read as if it said nothing.
    if (r.base() > crdt::kDotCounterMax) continue;
    clock.raise_base(id, r.base());
    for (const uint64_t counter : r.above()) {
      if (counter > 0 && counter <= crdt::kDotCounterMax) clock.add(Dot{id, counter});
    }
  }
  return clock;
}

VersionVector vector_from_pb(const ReplicaClocks& from) {
  VersionVector vector;
  for (const pb::ReplicaClock& r : from) vector.raise(from_pb(r.replica()), r.base());
  return vector;
}

void to_pb(const Entry& from, pb::Entry* to) {
  for (const LiveDot& l : from.live) {
    pb::LiveDot* out = to->add_live();
    to_pb(l.dot, out->mutable_dot());
    out->set_hlc(l.payload.hlc.word);
    out->set_value(l.payload.value);
    out->set_tombstone(l.payload.tombstone);
    out->set_expires_at_ms(l.payload.expires_at_ms);
    out->set_birth(l.payload.birth);
    set_totals(l.payload, out);
  }
  to_pb(from.context, to->mutable_context());
  if (from.baseline != crdt::Baseline{}) {
    pb::Baseline* out = to->mutable_baseline();
    out->set_birth(from.baseline.birth);
    set_totals(from.baseline, out);
    out->set_reset_hlc(from.baseline.reset_hlc.word);
  }
}

absl::Status from_pb(const pb::Entry& from, Entry* to) {
  *to = Entry{};
  for (const pb::LiveDot& l : from.live()) {
    LiveDot live;
    live.dot = from_pb(l.dot());
    if (live.dot.counter == 0) return absl::InvalidArgumentError("a live dot has counter 0");
    if (!to->live.empty() && !(to->live.back().dot < live.dot)) {
      return absl::InvalidArgumentError("live dots are not in ascending order");
    }
    live.payload.hlc = Hlc{l.hlc()};
    live.payload.value = l.value();
    live.payload.tombstone = l.tombstone();
    live.payload.expires_at_ms = l.expires_at_ms();
    live.payload.birth = l.birth();
    take_totals(l, &live.payload);
    to->live.push_back(std::move(live));
  }
  to->context = vector_from_pb(from.context());
  to->baseline.birth = from.baseline().birth();
  take_totals(from.baseline(), &to->baseline);
  to->baseline.reset_hlc = Hlc{from.baseline().reset_hlc()};
  return absl::OkStatus();
}

std::string seal_record(std::string_view key, const google::protobuf::MessageLite& message) {
  std::string bytes;
  const size_t size = message.ByteSizeLong();
  bytes.reserve(size + kChecksumBytes);
  bytes.resize(size);
  message.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(bytes.data()));
  append_big_endian(bytes, checksum(key, bytes));
  return bytes;
}

absl::Status open_record(std::string_view key, std::string_view value,
                         google::protobuf::MessageLite* message) {
  if (value.size() < kChecksumBytes)
    return absl::DataLossError("a record is shorter than its checksum");
  const std::string_view bytes = value.substr(0, value.size() - kChecksumBytes);
  if (read_big_endian<uint64_t>(value.substr(bytes.size())) != checksum(key, bytes)) {
    return absl::DataLossError("a record's checksum is wrong");
  }
  if (!message->ParseFromArray(bytes.data(), int(bytes.size()))) {
    return absl::DataLossError("a record's message does not parse");
  }
  return absl::OkStatus();
}

std::string encode_entry(std::string_view record_key, const Entry& entry) {
  StackArena arena;
  pb::Entry* message = arena.make<pb::Entry>();
  to_pb(entry, message);
  return seal_record(record_key, *message);
}

absl::Status decode_entry(std::string_view record_key, std::string_view value, Entry* entry) {
  StackArena arena;
  pb::Entry* message = arena.make<pb::Entry>();
  if (absl::Status status = open_record(record_key, value, message); !status.ok()) return status;
  absl::Status status = from_pb(*message, entry);
  return status.ok() ? status : absl::DataLossError(status.message());
}

}  // namespace vordb
