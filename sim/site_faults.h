// Which of the places of core/env/buggify.h do what is rare in a run, and how often it has come to
// that.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/env/buggify.h"
#include "sim/chooser.h"
#include "sim/fault_kinds.h"

namespace vordb::sim {

const char* to_string(Site site);
std::optional<Site> site_named(std::string_view name);

struct SiteFigures {
  struct Count {
    bool on = false;
    uint64_t passed = 0;  // while it was on and faults were
    uint64_t struck = 0;
  };
  std::array<Count, kSites> sites{};

  const Count& operator[](Site site) const { return sites[size_t(site)]; }
};

class SiteFaults {
 public:
  SiteFaults(const FaultPlan& plan, Chooser& chooser);

  // A node passes by.
  bool strikes(Site site, Chooser& chooser);
  const SiteFigures& figures() const { return figures_; }

 private:
  SiteFigures figures_;
  std::array<uint32_t, kSites> per_million_{};
};

}  // namespace vordb::sim
