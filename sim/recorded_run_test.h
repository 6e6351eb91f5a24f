// A run and its record, for tests of what is done with records.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

#include "sim/replay.h"

namespace vordb::sim {

struct RecordedResult {
  RunResult result;
  Record record;
};

inline RecordedResult run_and_record(const Scenario& scenario, uint64_t seed) {
  std::string bytes;
  RunResult result =
      record_run(scenario, seed, nullptr, [&bytes](std::string_view frame) { bytes += frame; });
  auto record = read_record(bytes);
  REQUIRE_MESSAGE(record.ok(), record.status().ToString());
  return {std::move(result), *std::move(record)};
}

}  // namespace vordb::sim
