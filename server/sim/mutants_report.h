// What `vordb-sim mutants` has found: a row a bug, and which bugs each property killed. As text for
// people, and as one JSON document.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/sim/known_bug.h"
#include "server/sim/mutants_hunt.h"

namespace vordb::server {

struct MutantsReport {
  // All bugs together may ask for so much; a few that were chosen say nothing about the median.
  static constexpr double kMedianSeedsMax = 100;

  struct Row {
    KnownBug bug;
    Found found;
  };

  uint64_t first_seed = 0;
  double seconds_max = 0;  // that one may take
  bool all = false;        // no names were given
  uint64_t unit_test_only = 0;
  std::vector<Row> rows;

  double median_seeds() const;
  double worst_seconds() const;
  // Of every property in the order of the catalogue, then of assertions: the bugs that it found.
  std::vector<std::pair<std::string, std::vector<std::string>>> matrix() const;
  std::vector<std::string> complaints() const;  // none: all is as it should be
};

std::string text_of(const MutantsReport& report);
std::string json_of(const MutantsReport& report);

}  // namespace vordb::server
