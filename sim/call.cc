#include "sim/call.h"

namespace vordb::sim {

bool Call::is_mutation() const {
  switch (operation) {
    case Operation::kPut:
    case Operation::kDelete:
    case Operation::kSetAdd:
    case Operation::kSetRemove:
    case Operation::kCounterIncrement:
    case Operation::kCounterDecrement:
    case Operation::kCreateBucket:
    case Operation::kDeleteBucket:
      return true;
    default:
      return false;
  }
}

}  // namespace vordb::sim
