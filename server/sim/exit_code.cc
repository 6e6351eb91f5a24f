#include "server/sim/exit_code.h"

namespace vordb::server {

int exit_code(sim::RunOutcome outcome) {
  switch (outcome) {
    case sim::RunOutcome::kPass:
      return kExitPass;
    case sim::RunOutcome::kViolation:
      return kExitViolation;
    case sim::RunOutcome::kUnderTested:
      break;
  }
  return kExitUnderTested;
}

}  // namespace vordb::server
