#include "sim/knob_reach.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace vordb;
using namespace vordb::sim;

TEST_CASE("knobs: each has a name, and other values than in production") {
  // The struct holds nothing else.
  CHECK(knob_rows().size() == sizeof(Knobs) / sizeof(uint64_t));
  std::set<std::string> names;
  Knobs counted;
  uint64_t number = 0;
  for (const KnobRow& row : knob_rows()) {
    CHECK(names.insert(row.name).second);
    CHECK(find_knob(row.name) == &row);
    for (const uint64_t odd : row.odd) CHECK_MESSAGE(odd != kDefaultKnobs.*row.value, row.name);
    CHECK(row.odd[0] != row.odd[1]);
    counted.*row.value = 1'000'000'000'000 + number++;
  }
  std::set<uint64_t> values;
  for (const KnobRow& row : knob_rows()) values.insert(counted.*row.value);
  CHECK(values.size() == knob_rows().size());  // no two rows are of one knob
  CHECK(find_knob("part_record") == nullptr);
}

TEST_CASE("knobs: as many as asked for are odd, and a run that asks for none draws nothing") {
  Chooser chooser(7);
  const Choices choices = chooser.stream(StreamKind::kKnobs);
  CHECK(draw_knobs(choices, 0) == kDefaultKnobs);
  CHECK(chooser.draws() == 0);
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) {
    const Knobs knobs = draw_knobs(choices, 3);
    size_t odd = 0;
    for (const KnobRow& row : knob_rows()) {
      if (knobs.*row.value == kDefaultKnobs.*row.value) continue;
      ++odd;
      seen.insert(std::string(row.name) + "=" + std::to_string(knobs.*row.value));
    }
    CHECK(odd <= 3);
    CHECK((odd == 0) == text_of(knobs).empty());
  }
  CHECK(seen.size() == 2 * knob_rows().size());  // every value of every knob
}
