#include "io/log_telemetry.h"

#include <spdlog/spdlog.h>

namespace vordb::io {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

LogTelemetry::LogTelemetry(uint16_t shard, std::shared_ptr<spdlog::logger> logger)
    : shard_(shard), logger_(std::move(logger)) {}

void LogTelemetry::violated(std::string_view constraint) {
  ++counts_.violated;
  logger_->debug("shard {}: a request broke {}", shard_, constraint);
}

void LogTelemetry::log(LogLevel level, std::string_view text) {
  logger_->log(to_spdlog(level), "shard {}: {}", shard_, text);
}

}  // namespace vordb::io
