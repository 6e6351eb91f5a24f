#include "server/sim/record_file.h"

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/common/read_bytes.h"

namespace vordb::server {

namespace {
constexpr size_t kRecordBytesMax = size_t{1} << 30;
}

absl::StatusOr<RecordFile> load_record(const std::string& file) {
  const auto wrong = [&file](const auto&... why) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": ", why...));
  };
  std::string bytes;
  const int failure = read_bytes(file, kRecordBytesMax, &bytes);
  if (failure == EISDIR) return wrong("is a folder, not the record of a run");
  if (failure == EFBIG)
    return wrong("is longer than the ", kRecordBytesMax, " bytes that a record may have");
  if (failure != 0) return wrong("cannot be read");
  absl::StatusOr<sim::Record> record = sim::read_record(bytes);
  if (!record.ok()) return wrong(record.status().message());
  absl::StatusOr<sim::Scenario> scenario = sim::parse_scenario(record->run.scenario);
  if (!scenario.ok())
    return wrong("its scenario cannot be run any more: ", scenario.status().message());
  return RecordFile{*std::move(record), *std::move(scenario)};
}

}  // namespace vordb::server
