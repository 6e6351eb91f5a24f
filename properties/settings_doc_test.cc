// docs/scenario_settings.md is what the program prints.

#include <doctest/doctest.h>

#include <string>

#include "io/testing/files.h"
#include "sim/scenario_schema.h"

namespace vordb::properties {

TEST_CASE("docs/scenario_settings.md is the page that is made of the schema") {
  CHECK_MESSAGE(io::read_file(std::string(VORDB_SOURCE_DIR) + "/docs/scenario_settings.md") ==
                    sim::settings_page(),
                "run `vordb-sim settings > docs/scenario_settings.md`");
}

}  // namespace vordb::properties
