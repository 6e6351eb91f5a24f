// The hunt for one known bug: fresh seeds of its scenario until the property that its patch names
// is violated first in a run, and the story of that run made as short as can be.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/sim/known_bug.h"

namespace vordb::server {

struct Hunt {
  std::string program;   // a vordb-sim with the bug
  std::string whole;     // one without it
  std::string scenario;  // the file
  std::string folder;    // for files that are made on the way; a full path
  uint64_t first_seed = 1;
  uint32_t jobs = 1;
  double seconds = 300;  // for finding it
  double shrink_seconds = 60;
};

struct Found {
  enum class Outcome : uint8_t {
    kFound,
    kOtherwise,  // only by properties that the patch does not name
    kNotFound,
    kFalsely,  // what finds it fails without the bug too
    kNotBuilt
  };

  Outcome outcome = Outcome::kNotFound;
  std::string why;        // in words, where it is not kFound
  std::string property;   // of the first failure that is named by the patch, else of
                          // the first one
  std::string violation;  // its text
  std::map<std::string, uint64_t> failed;  // seeds by their first violation's property
  uint64_t seed = 0;
  uint64_t seeds = 0;    // until that one, in order
  double seconds = 0;    // of finding it, without what the build took
  std::string no_story;  // why it has none
  uint64_t events_before = 0;
  uint64_t events = 0;  // of the story
  uint64_t faults = 0;
  uint64_t calls = 0;
  bool minimal = false;
};

const char* to_string(Found::Outcome outcome);

// What a run that failed is filed under: a property's name or kAssertion; `why` as in the "seeds"
// of a swarm's JSON. Empty: it shows nothing.
std::string property_of(std::string_view why);

Found hunt(const KnownBug& bug, const Hunt& where);

// Whether one seed of the scenario passes in the program without bugs; else why not.
std::string objection_to_whole(const KnownBug& bug, const Hunt& where, uint64_t seed);

}  // namespace vordb::server
