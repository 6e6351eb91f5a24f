// What befalls the network of a simulated world: cuts of several shapes, clogs, links that lose,
// double and reorder. At most one fault of a kind at a time; several kinds may overlap, and a link
// is whole when none cuts it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/bound.h"
#include "sim/fault_kinds.h"
#include "sim/links.h"

namespace vordb::sim {

class NetworkFaults {
 public:
  NetworkFaults(Links& links, Chooser& chooser) : links_(links), chooser_(chooser) {}

  // For a copy that shall live in another world.
  void attach(Links& links, Chooser& chooser) {
    links_.bind(links);
    chooser_.bind(chooser);
  }

  // Begins a fault among the machines in `present`, until end(kind); says which. Empty: there are
  // too few machines for it, and nothing has begun.
  std::string begin(FaultKind kind, std::vector<uint32_t> present, uint64_t until_us);
  void end(FaultKind kind);

 private:
  struct Cut {
    uint32_t cause = 0;
    uint64_t held_until_us = 0;  // 0: messages are dropped
  };
  void cut_both(const Cut& cut, uint32_t one, uint32_t other);
  void cut_halves(const Cut& cut, const std::vector<uint32_t>& first,
                  const std::vector<uint32_t>& second);
  Choices choices_of(FaultKind kind) {
    return chooser_->stream(StreamKind::kStrike, uint32_t(kind));
  }
  std::string weather(FaultKind kind, const std::vector<uint32_t>& present);

  Bound<Links> links_;
  Bound<Chooser> chooser_;
};

}  // namespace vordb::sim
