// The log of a process: lines on standard error, written by a thread of their own, so that a reader
// of the log that falls behind delays no request (it loses the oldest lines instead).
#pragma once

#include <memory>
#include <string>

namespace spdlog {
class logger;
}

namespace vordb::io {

// `level`: debug, info, warn or error. `json`: one JSON object a line with time, level and message;
// else text.
std::shared_ptr<spdlog::logger> make_logger(const std::string& level, bool json);

// Writes what is still queued. The loggers are of no use afterwards.
void finish_logging();

}  // namespace vordb::io
