// The twin of metrics and logs: counts what the dispatch layer reports and keeps log lines in the
// run's trace.
#pragma once

#include <array>
#include <string_view>

#include "core/env/telemetry.h"
#include "sim/bound.h"
#include "sim/trace.h"

namespace vordb::sim {

struct TelemetryFigures {
  static constexpr size_t kTags = 64;
  std::array<std::array<uint64_t, kTags>, kActorKinds> received{};
  std::array<std::array<uint64_t, kTags>, kActorKinds> sent{};
  uint64_t transitions = 0;
  uint64_t violated = 0;
  std::array<uint64_t, 4> logged{};  // by level
};

class SimTelemetry : public Telemetry {
 public:
  SimTelemetry(Trace& trace, TelemetryFigures& figures, const uint64_t& now_us, uint32_t node)
      : trace_(trace), figures_(figures), now_us_(now_us), node_(Voice::node(node)) {}

  // For a copy that shall live in another world.
  void attach(Trace& trace, TelemetryFigures& figures, const uint64_t& now_us) {
    trace_.bind(trace);
    figures_.bind(figures);
    now_us_.bind(now_us);
  }

  void received(ActorKind actor, uint8_t tag) override {
    ++figures_->received[size_t(actor)][tag % TelemetryFigures::kTags];
  }
  void sent(ActorKind actor, uint8_t tag) override {
    ++figures_->sent[size_t(actor)][tag % TelemetryFigures::kTags];
  }
  void transition(ActorKind, uint8_t) override { ++figures_->transitions; }
  void violated(std::string_view constraint) override {
    ++figures_->violated;
    trace_->note(now_us_, node_, constraint);
  }
  void log(LogLevel level, std::string_view text) override {
    ++figures_->logged[size_t(level)];
    trace_->note(now_us_, node_, text);
  }

 private:
  Bound<Trace> trace_;
  Bound<TelemetryFigures> figures_;
  Bound<const uint64_t> now_us_;
  Voice node_;
};

}  // namespace vordb::sim
