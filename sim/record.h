// The record of a run: which scenario and seed it was, every decision that was made, and what came
// of it. A run that follows it is the same run byte for byte, as long as the code is the same; an
// edited one is another future. docs/simulation.md tells what is done with it.
//
// The bytes are a head that names the format, then frames, each packed by zstd under a checksum:
// the run, blocks of decisions, the end. A run that was broken off has no end; a record that was
// cut or damaged is refused, and the error names the place.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/chooser.h"
#include "sim/run_result.h"
#include "sim/trace.h"

namespace vordb::sim {

// The hash of the run is kept every so many events.
inline constexpr uint64_t kMarkEvery = 1000;

struct RecordedRun {
  std::string scenario;  // its whole JSON
  uint64_t seed = 0;
};

struct RecordedMark {
  uint64_t event = 0;
  TraceHash hash;
  bool operator==(const RecordedMark&) const = default;
};

struct RecordedEnd {
  uint64_t events = 0;
  uint64_t draws = 0;
  TraceHash hash;
  RunOutcome outcome = RunOutcome::kPass;
  bool operator==(const RecordedEnd&) const = default;
};

struct Record {
  RecordedRun run;
  std::shared_ptr<Script> script = std::make_shared<Script>();
  std::vector<RecordedMark> marks;
  std::optional<RecordedEnd> end;  // nothing: the run was broken off
};

// Writes the record of a run while it goes on. `out` gets whole frames, in order.
class RecordWriter : public DecisionSink {
 public:
  using Out = std::function<void(std::string_view)>;

  RecordWriter(const RecordedRun& run, Out out);

  void drawn(const Drawn& drawn) override;
  void mark(const RecordedMark& mark) { marks_.push_back(mark); }
  // Writes what there is so far.
  void flush();
  void finish(const RecordedEnd& end);

 private:
  // The stream's number in this record; a new one is appended to `added`.
  uint64_t slot_of(Stream stream, std::vector<Stream>& added);

  Out out_;
  std::array<std::vector<uint32_t>, kStreamKinds> slots_;  // by index, from 1; 0: none yet
  uint32_t streams_ = 0;
  std::vector<Drawn> drawn_;  // since the last block
  std::vector<RecordedMark> marks_;
};

// InvalidArgument: it is no record, or of another format. DataLoss: it is damaged or cut off.
absl::StatusOr<Record> read_record(std::string_view bytes);
// The bytes of a record that was edited.
std::string write_record(const Record& record);

}  // namespace vordb::sim
