// Runs that are recorded, and runs that follow a record. The same code follows it byte for byte;
// other code is told where it has come to differ: at which decision, or else between which events.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sim/record.h"
#include "sim/scenario.h"
#include "sim/world.h"

namespace vordb::sim {

// Runs to the end or to the first violation, and writes the record.
RunResult record_run(const Scenario& scenario, uint64_t seed, Trace::Sink sink,
                     RecordWriter::Out out);

class Replay {
 public:
  // `scenario` is that of the record; both outlive the replay. `sink`, if any, hears of the
  // decisions: what follows an edited record is a run of its own. `listener`, if any, hears of the
  // run from its beginning. Both outlive the replay.
  Replay(const Record& record, const Scenario& scenario, DecisionSink* sink = nullptr,
         TraceListener* listener = nullptr);

  // Handles one event. False: the run is over.
  bool advance();
  World& world() { return *world_; }
  RunResult result();

  struct Verdict {
    bool same = false;  // as recorded, as far as the record goes
    std::string text;   // and where not
  };
  // Of what has been run so far; after result(), of the whole run.
  Verdict verdict() const;

 private:
  const Record& record_;
  std::unique_ptr<World> world_;
  size_t marks_ = 0;  // that were compared
  // The events between which the hash has come to differ.
  std::optional<std::pair<uint64_t, uint64_t>> differs_;
  bool over_ = false;
};

}  // namespace vordb::sim
