// The door to observation. The dispatch layer calls it for every event; nothing here may change
// what a node does.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/ids.h"

namespace vordb {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };

class Telemetry {
 public:
  virtual ~Telemetry() = default;

  // An event of this tag (its index in the actor's message table) reached an actor.
  virtual void received(ActorKind actor, uint8_t tag) = 0;
  // An actor sent a message of this tag.
  virtual void sent(ActorKind actor, uint8_t tag) = 0;
  // A field of the actor's table changed. Only drivers that compare states report it.
  virtual void transition(ActorKind actor, uint8_t field) = 0;
  // An input broke a constraint of its schema: "Message.field rule".
  virtual void violated(std::string_view constraint) = 0;
  // Something an operator should know. `text` holds no user data.
  virtual void log(LogLevel level, std::string_view text) = 0;
};

}  // namespace vordb
