// The only doors out of core. Node logic sees time, the network, the disk, chance and observers
// through these five interfaces and through nothing else, which is why the same code runs in the
// simulator and in production. With them come the numbers by which it is tuned.
#pragma once

#include "core/env/buggify.h"
#include "core/env/clock.h"
#include "core/env/disk.h"
#include "core/env/knobs.h"
#include "core/env/network.h"
#include "core/env/random.h"
#include "core/env/telemetry.h"

namespace vordb {

struct Env {
  Clock& clock;
  Network& network;
  Disk& disk;
  Random& random;
  Telemetry& telemetry;
  const Knobs& knobs = kDefaultKnobs;
  Buggify* sites = nullptr;  // none in production

  bool buggify(Site site) const { return sites != nullptr && sites->strikes(site); }
};

}  // namespace vordb
