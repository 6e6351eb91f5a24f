#include "sim/configuration_oracle.h"

#include <string>

namespace vordb::sim {

void ConfigurationOracle::used(uint32_t machine, uint64_t before,
                               const Configuration& configuration) {
  if (configuration.epoch == 0) return;
  const std::string who = "n" + std::to_string(machine) + " uses a configuration of epoch " +
                          std::to_string(configuration.epoch);
  const First own{checksum(configuration), machine};
  const auto [at, first] =
      first_.try_emplace({configuration.cluster_hash(), configuration.epoch}, own);
  findings_->evaluated(Property::kOneConfiguration, at->second.machine != machine);
  if (at->second.checksum != own.checksum)
    findings_->violated(Property::kOneConfiguration, who + " that is another than that of n" +
                                                         std::to_string(at->second.machine));
  if (configuration.epoch < before)
    findings_->violated(Property::kOneConfiguration,
                        who + " after one of epoch " + std::to_string(before));
}

}  // namespace vordb::sim
