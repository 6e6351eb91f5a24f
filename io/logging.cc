#include "io/logging.h"

#include <poll.h>
#include <spdlog/async.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "io/steady_time.h"

namespace vordb::io {
namespace {

constexpr size_t kQueuedLines = 8192;
// What the last lines may take.
constexpr uint64_t kLastLinesUs = 500'000;
constexpr auto kStuck = std::chrono::milliseconds(1000);
constexpr int kPollMs = 50;

// From when on nobody waits for standard error any more.
std::atomic<uint64_t> give_up_us{UINT64_MAX};

// A pipe that nobody reads or a stopped terminal blocks whoever writes to it. The flags of the open
// file belong to other processes too, so it stays as it is, and is only written to while it takes
// something; what a pipe takes then is PIPE_BUF bytes.
void write_while_taken(std::string_view text) {
  while (!text.empty()) {
    pollfd standard_error{STDERR_FILENO, POLLOUT, 0};
    if (poll(&standard_error, 1, kPollMs) <= 0) {
      if (steady_us() >= give_up_us) return;
      continue;
    }
    const ssize_t written =
        write(STDERR_FILENO, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
    if (written >= 0) {
      text.remove_prefix(size_t(written));
    } else if (errno == EAGAIN) {
      // It is not blocking, and others were faster.
      poll(nullptr, 0, kPollMs);
      if (steady_us() >= give_up_us) return;
    } else if (errno != EINTR) {
      return;
    }
  }
}

// Only the log's own thread writes.
class StandardErrorSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    write_while_taken({line.data(), line.size()});
  }
  void flush_() override {}
};

// A message as a JSON string: spdlog's patterns do not escape.
class JsonMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const nlohmann::json text = std::string(message.payload.data(), message.payload.size());
    const std::string escaped = text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out.append(escaped.data(), escaped.data() + escaped.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessage>();
  }
};

}  // namespace

std::shared_ptr<spdlog::logger> make_logger(const std::string& level, bool json) {
  spdlog::init_thread_pool(kQueuedLines, 1);
  auto sink = std::make_shared<StandardErrorSink>();
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<JsonMessage>('*');
  formatter->set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%*})"
                              : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v");
  sink->set_formatter(std::move(formatter));
  auto logger =
      std::make_shared<spdlog::async_logger>("vordb", std::move(sink), spdlog::thread_pool(),
                                             spdlog::async_overflow_policy::overrun_oldest);
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::info);
  return logger;
}

bool finish_logging() {
  give_up_us = steady_us() + kLastLinesUs;
  std::promise<void> done;
  std::future<void> finished = done.get_future();
  std::thread(
      [](std::promise<void> when_done) {
        spdlog::shutdown();
        when_done.set_value();
      },
      std::move(done))
      .detach();
  // Somebody else may fill a pipe between the look and the write.
  return finished.wait_for(kStuck) == std::future_status::ready;
}

void write_to_standard_error(std::string_view text) {
  give_up_us = steady_us() + kLastLinesUs;
  write_while_taken(text);
  give_up_us = UINT64_MAX;
}

}  // namespace vordb::io
