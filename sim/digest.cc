#include "sim/digest.h"

#include <string_view>
#include <type_traits>

#include "sim/trace.h"

namespace vordb::sim {

namespace {

class Mixer {
 public:
  void add(uint64_t word) { hash_ = (hash_ ^ word) * 0x9fb21c651e98df25u + (hash_ >> 29); }
  void add(std::string_view bytes) { add(sim::digest_of(bytes)); }
  uint64_t result() const { return hash_; }

 private:
  uint64_t hash_ = 0x243f6a8885a308d3u;
};

void add(Mixer& mixer, const KeyMutation& m) {
  mixer.add(m.op);
  mixer.add(m.bucket);
  mixer.add(uint64_t(m.operation));
  mixer.add(m.key);
  mixer.add(m.value);
  for (const std::string& element : m.elements) mixer.add(element);
  mixer.add(m.amount);
  mixer.add(m.request_token);
}

void add(Mixer& mixer, const KeyRead& m) {
  mixer.add(m.op);
  mixer.add(m.bucket);
  mixer.add(m.key);
  mixer.add(m.after.has_value());
  if (m.after) mixer.add(*m.after);
  mixer.add(m.limit);
}

void add(Mixer& mixer, const KeyList& m) {
  mixer.add(m.op);
  mixer.add(m.bucket);
  mixer.add(m.after);
  mixer.add(m.limit);
}

void add(Mixer& mixer, const KeyPush& m) {
  mixer.add(m.op);
  mixer.add(m.bucket);
  mixer.add(m.key);
  for (const std::string& subkey : m.subkeys) mixer.add(subkey);
  mixer.add(m.dot.counter);
  for (const NodeNumber target : m.targets) mixer.add(target);
}

void add(Mixer& mixer, const KeyAck& m) {
  mixer.add(m.op);
  mixer.add(uint64_t{m.node} << 32 | m.source);
  mixer.add(m.refused);
}

void add(Mixer& mixer, const BucketChange& m) {
  mixer.add(m.op);
  mixer.add(m.create);
  mixer.add(m.config.name);
}

void add(Mixer& mixer, const KeyMutationReply& m) {
  mixer.add(m.op);
  mixer.add(m.error.has_value() ? uint64_t(m.error->code) + 1 : 0);
  mixer.add(m.timestamp_ms);
  mixer.add(m.context);
  mixer.add(m.moved);
}

void add(Mixer& mixer, const KeyReadReply& m) {
  mixer.add(m.op);
  mixer.add(m.error.has_value() ? uint64_t(m.error->code) + 1 : 0);
  mixer.add(m.more);
  mixer.add(m.context);
}

void add(Mixer& mixer, const KeyListReply& m) {
  mixer.add(m.op);
  for (const std::string& key : m.keys) mixer.add(key);
  mixer.add(m.more);
}

void add(Mixer& mixer, const BucketChangeReply& m) {
  mixer.add(m.op);
  mixer.add(m.error.has_value() ? uint64_t(m.error->code) + 1 : 0);
}

void add(Mixer& mixer, const PeersSuspected& m) {
  for (const NodeNumber node : m.nodes) mixer.add(node);
}

void add(Mixer& mixer, const ClockJudged& m) { mixer.add(m.ahead); }
void add(Mixer& mixer, const NodeReborn& m) { mixer.add(m.node); }
void add(Mixer& mixer, const ServingPaused& m) { mixer.add(m.paused); }

void add(Mixer& mixer, const ShardReport& m) {
  mixer.add(m.shard);
  mixer.add(m.epoch);
  mixer.add(m.paused);
  for (const ShardReport::Counted& counted : m.counted)
    mixer.add(uint64_t{counted.placement.n} << 16 | counted.placement.partition);
  for (const uint16_t partition : m.drained) mixer.add(partition);
  mixer.add(m.has_data);
}

// A configuration's contents show in everything that follows from it; its arrival is what counts
// here.
void add(Mixer& mixer, const ConfigurationChosen&) { mixer.add(1); }

void add(Mixer& mixer, const ConfigurationInUse& m) {
  mixer.add(m.shard);
  mixer.add(m.epoch);
}

}  // namespace

uint64_t digest_of(const Message& message) {
  Mixer mixer;
  mixer.add(message.index());
  std::visit([&](const auto& alternative) { add(mixer, alternative); }, message);
  return mixer.result();
}

uint64_t digest_of(const DiskEvent& event) {
  Mixer mixer;
  mixer.add(uint64_t(event.kind));
  mixer.add(event.op);
  mixer.add(uint64_t(event.actor.kind) << 32 | uint64_t{event.actor.placement.n} << 16 |
            event.actor.placement.partition);
  mixer.add(uint64_t(event.result.status.code()));
  for (const Record& record : event.result.records) {
    mixer.add(record.key);
    mixer.add(record.value);
  }
  return mixer.result();
}

}  // namespace vordb::sim
