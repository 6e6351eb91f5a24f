// The door to observation in production: events are counted in plain arrays, lines for operators go
// to the log.
//
// One a shard, called by its thread only; a copy of the counts made on that thread is what metrics
// show.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "core/env/telemetry.h"

namespace spdlog {
class logger;
}

namespace vordb::io {

struct TelemetryCounts {
  static constexpr int kTags = 32;

  std::array<std::array<uint64_t, kTags>, kActorKinds> received{};
  std::array<std::array<uint64_t, kTags>, kActorKinds> sent{};
  uint64_t violated = 0;
};

class LogTelemetry final : public Telemetry {
 public:
  LogTelemetry(uint16_t shard, std::shared_ptr<spdlog::logger> logger);

  void received(ActorKind actor, uint8_t tag) override { count(counts_.received, actor, tag); }
  void sent(ActorKind actor, uint8_t tag) override { count(counts_.sent, actor, tag); }
  // Only drivers that compare states see transitions; production does not.
  void transition(ActorKind, uint8_t) override {}
  void violated(std::string_view constraint) override;
  void log(LogLevel level, std::string_view text) override;

  const TelemetryCounts& counts() const { return counts_; }

 private:
  using Table = std::array<std::array<uint64_t, TelemetryCounts::kTags>, kActorKinds>;
  static void count(Table& table, ActorKind actor, uint8_t tag) {
    ++table[size_t(actor)][tag % TelemetryCounts::kTags];
  }

  uint16_t shard_;
  std::shared_ptr<spdlog::logger> logger_;
  TelemetryCounts counts_;
};

}  // namespace vordb::io
