#include "server/sim/shrinking.h"

#include <chrono>
#include <utility>

#include "server/sim/apart.h"
#include "server/sim/write_file.h"
#include "sim/replay.h"

namespace vordb::server {

sim::Shrunk shrink_within(sim::Attempt first, uint64_t seconds, const ShrinkHeard& heard) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  const sim::Property property = first.result.findings.violations()[0].property;
  sim::ShrinkOptions options;
  options.fails = [property](const sim::RunResult& result) {
    return !result.findings.clean() && result.findings.violations()[0].property == property;
  };
  options.go_on = [end] { return std::chrono::steady_clock::now() < end; };
  options.apart = judge_apart;
  if (heard) options.progress = heard;
  return sim::shrink(std::move(first), options);
}

std::string write_shrunk(const sim::Shrunk& shrunk, const std::string& path) {
  const std::string bytes = write_record(shrunk.attempt.record);
  const absl::StatusOr<sim::Record> record = sim::read_record(bytes);
  if (!record.ok()) return std::string(record.status().message());
  sim::Replay replay(*record, shrunk.attempt.scenario);
  while (replay.advance()) {
  }
  replay.result();
  if (const auto verdict = replay.verdict(); !verdict.same)
    return "the shrunk run is not the same run again: " + verdict.text;
  return write_whole(path, bytes);
}

}  // namespace vordb::server
