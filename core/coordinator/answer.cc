// From the entries of a key to what a client is told about it.
#include "core/coordinator/coordinator.h"
#include "core/crdt/counter.h"
#include "core/crdt/register.h"
#include "core/crdt/set.h"
#include "core/vnode/key_state.h"

namespace vordb::coordinator {

namespace {

using Kind = ClientReply::Kind;

ClientReply register_reply(const KeyState& state, uint64_t now_ms) {
  ClientReply reply;
  reply.kind = Kind::kNotFound;
  const crdt::Entry* entry = state.find(crdt::kRegisterSubkey);
  const crdt::Payload* payload = entry ? crdt::register_read(*entry, now_ms) : nullptr;
  if (!payload) return reply;
  reply.kind = Kind::kValue;
  reply.value = payload->value;
  reply.timestamp_ms = payload->hlc.ms();
  return reply;
}

ClientReply counter_reply(const KeyState& state, bool expired) {
  ClientReply reply;
  reply.kind = Kind::kNotFound;
  if (expired) return reply;
  crdt::CounterSum sum;
  for (const KeyEntry& e : state.entries) {
    crdt::EntryKind kind;
    if (!crdt::parse_kind(e.subkey, &kind) || kind != crdt::EntryKind::kCounter) continue;
    sum.add(*e.entry);
    if (crdt::counter_present(*e.entry)) reply.kind = Kind::kCounter;
  }
  reply.counter = sum.saturated();
  reply.saturated = !sum.fits();
  return reply;
}

// Members in byte order; a page that ends before the set does names its last entry: that at which
// the answer was cut, or the last subkey (`end`) that the owners read.
ClientReply members_reply(const KeyState& state, bool expired, uint32_t limit, bool more,
                          std::string_view end) {
  ClientReply reply;
  reply.kind = Kind::kNotFound;
  if (expired) return reply;
  std::string_view last;
  bool cut = false;
  for (const KeyEntry& e : state.entries) {
    crdt::EntryKind kind;
    if (!crdt::parse_kind(e.subkey, &kind) || kind != crdt::EntryKind::kElement) continue;
    if (limit != 0 && reply.items.size() == limit) {
      cut = true;
      break;
    }
    last = crdt::element_of(e.subkey);
    if (crdt::element_present(*e.entry)) reply.items.emplace_back(last);
  }
  crdt::EntryKind end_kind;
  if (!cut && crdt::parse_kind(end, &end_kind) && end_kind == crdt::EntryKind::kElement) {
    last = crdt::element_of(end);
  }
  if (cut || more) reply.next = last;
  if (!reply.items.empty() || cut || more) reply.kind = Kind::kMembers;
  return reply;
}

ClientReply contains_reply(const KeyState& state, bool expired) {
  ClientReply reply;
  reply.kind = Kind::kContains;
  for (const KeyEntry& e : state.entries) {
    crdt::EntryKind kind;
    if (!crdt::parse_kind(e.subkey, &kind) || kind != crdt::EntryKind::kElement) continue;
    reply.contains = reply.contains || (!expired && crdt::element_present(*e.entry));
  }
  return reply;
}

}  // namespace

ClientReply Coordinator::to_reply(const Pending& pending, const KeyState& state, bool more,
                                  std::string_view last) {
  const crdt::Entry* meta = state.find(crdt::meta_subkey());
  const bool expired = meta && crdt::meta_expired(*meta, pending.now_ms);
  switch (pending.operation) {
    case Operation::kSetMembers:
      return members_reply(state, expired, pending.limit, more, last);
    case Operation::kSetContains:
      return contains_reply(state, expired);
    case Operation::kCounterValue:
      return counter_reply(state, expired);
    default:
      return register_reply(state, pending.now_ms);
  }
}

}  // namespace vordb::coordinator
