// The log of a process: lines on standard error, written by a thread of their own, so that a reader
// of the log that falls behind delays no request (it loses the oldest lines instead), and one that
// reads nothing delays the end of the process by a second at most.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace vordb::io {

// `level`: debug, info, warn or error. `json`: one JSON object a line with time, level and message;
// else text.
std::shared_ptr<spdlog::logger> make_logger(const std::string& level, bool json);

// Writes what is still queued, as far as standard error takes it. The loggers are of no use
// afterwards. False: a write is stuck, and the process must end by _exit().
bool finish_logging();

// Text on standard error before there is a log, as far as it is taken.
void write_to_standard_error(std::string_view text);

}  // namespace vordb::io
