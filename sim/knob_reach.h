// The numbers that a simulated node is tuned by (core/env/knobs.h): what each may be instead of
// what it is in production, and those that a process starts with.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/env/knobs.h"
#include "sim/chooser.h"

namespace vordb::sim {

struct KnobRow {
  const char* name;
  uint64_t Knobs::*value;
  std::array<uint64_t, 2> odd;  // far from the usual value, and right all the same
};

// One for each knob.
const std::vector<KnobRow>& knob_rows();
const KnobRow* find_knob(std::string_view name);

// Up to `odd_max` of them are not what they are in production.
Knobs draw_knobs(const Choices& choices, uint32_t odd_max);

// Such as "part_records=1"; empty: all are as in production.
std::string text_of(const Knobs& knobs);

}  // namespace vordb::sim
