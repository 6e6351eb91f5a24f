// The settings as text for people: --print-config and the table of docs/configuration.md.
#include <fmt/format.h>

#include "server/config.h"

namespace vordb::server {

std::string print_config(const Config& config) {
  std::string text;
  std::string_view group;
  for (const Setting& setting : settings_table()) {
    if (group != setting.group) {
      group = setting.group;
      text += fmt::format("{}{}\n", text.empty() ? "# " : "\n# ", group);
    }
    const auto origin = config.origins.find(setting.name);
    text += fmt::format("{} = {}  # {}\n", setting.name, toml_value(config.settings, setting),
                        origin == config.origins.end() ? "default" : origin->second);
  }
  return text;
}

std::string config_docs() {
  std::string text;
  std::string_view group;
  for (const Setting& setting : settings_table()) {
    if (group != setting.group) {
      group = setting.group;
      text +=
          fmt::format("{}### {}\n\n| setting | default | allowed | meaning |\n|---|---|---|---|\n",
                      text.empty() ? "" : "\n", group);
    }
    const std::string value = setting.default_text ? std::string(setting.default_text)
                                                   : fmt::format("`{}`", default_text(setting));
    text += fmt::format("| `{}` | {} | {} | {} |\n", setting.name, value, range_text(setting),
                        setting.meaning);
  }
  return text;
}

}  // namespace vordb::server
