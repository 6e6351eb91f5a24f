// `vordb-sim settings`: the settings of a scenario, for people or for editors.

#include <memory>
#include <string>

#include "server/sim/commands.h"
#include "server/sim/output.h"
#include "sim/scenario_schema.h"

namespace vordb::server {

void add_settings(CLI::App& app, Chosen& chosen) {
  const auto schema = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("settings", "The settings that a scenario may have");
  command->add_flag("--schema", *schema, "Prints the JSON Schema instead of the page");
  command->callback([schema, &chosen] {
    chosen = [schema] {
      return print(*schema ? std::string(sim::schema_text()) : sim::settings_page(), kExitPass);
    };
  });
}

}  // namespace vordb::server
