// Decides before a store is opened whether its logs hold all that they promised. RocksDB drops what
// follows the first bad byte and says nothing: right for a last write that was torn, wrong for
// damage at rest.
//
// Refused: damage in what is known to be synced (io/rocks_log_mark.h), or a log of that missing;
// whole records behind damage. The latter is allowed when the records were `buffered` and the
// kernel has started anew since: then the device may have got a later page and not an earlier one.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "io/rocks_store.h"

namespace vordb::io {

// The number from which on logs are not yet in table files as a whole. Opens the store to read;
// nobody else has it. DataLoss: its manifest is damaged, or a log that it lists as closed is
// missing or too short.
absl::StatusOr<uint64_t> oldest_needed_log(const RocksStoreOptions& options);

// What RocksDB will cut from the logs in `directory` that are numbered `oldest` or higher; empty:
// nothing. DataLoss names the file, the place and what is lost.
absl::StatusOr<std::string> check_logs(const std::string& directory, uint64_t oldest,
                                       bool buffered);

}  // namespace vordb::io
