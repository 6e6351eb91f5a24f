// The names under which metrics and traces show the events of core/shard.cc: first what drivers
// bring (the tags there), then the messages between actors in the order of Message.
#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <variant>

#include "core/messages.h"

namespace vordb {

inline constexpr size_t kDriverTags = 5;
inline constexpr std::array<const char*, kDriverTags + std::variant_size_v<Message>> kTagNames = {
    "request",
    "committed",
    "read",
    "peer",
    "tick",
    "key_mutation",
    "key_mutation_reply",
    "key_read",
    "key_read_reply",
    "key_list",
    "key_list_reply",
    "key_push",
    "key_ack",
    "bucket_change",
    "bucket_change_reply",
    "configuration_chosen",
    "configuration_in_use",
    "peers_suspected",
    "clock_judged",
    "node_reborn",
    "serving_paused",
    "shard_report"};
static_assert(kTagNames.back() != nullptr, "every message has a name");

inline constexpr const char* kActorNames[] = {"membership", "coordinator", "vnode"};
static_assert(std::size(kActorNames) == kActorKinds);

}  // namespace vordb
