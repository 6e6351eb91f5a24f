#include "server/sim/progress.h"

#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_cat.h"

namespace vordb::server {

namespace {
constexpr uint64_t kWidth = 20;
constexpr uint64_t kOverwriteMs = 100;
constexpr uint64_t kLineMs = 5000;
}  // namespace

std::string bar_of(const ProgressFigures& figures) {
  const double share = figures.asked == 0 ? 1 : double(figures.runs) / double(figures.asked);
  const size_t full = size_t(share * double(kWidth));
  std::string text = absl::StrCat("[", std::string(full, '#'), std::string(kWidth - full, '.'),
                                  "] ", figures.runs, " of ", figures.asked, " runs");
  if (figures.failed > 0) absl::StrAppend(&text, ", ", figures.failed, " failed");
  if (figures.made == 0 || figures.runs >= figures.asked) return text;
  const double each_ms = double(figures.ms) / double(figures.made);
  absl::StrAppend(&text, ", ", uint64_t(each_ms * double(figures.asked - figures.runs) / 1000) + 1,
                  " s left");
  return text;
}

Progress::Progress(bool wanted) : wanted_(wanted), terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::tell(const ProgressFigures& figures) {
  if (!wanted_) return;
  if (terminal_) {
    if (figures.ms < next_ms_) return;
    next_ms_ = figures.ms + kOverwriteMs;
    return tell(bar_of(figures));
  }
  if (figures.ms < next_ms_ + kLineMs) return;
  next_ms_ = figures.ms;
  std::fprintf(stderr, "%llu of %llu runs\n", static_cast<unsigned long long>(figures.runs),
               static_cast<unsigned long long>(figures.asked));
}

void Progress::tell(const std::string& text) {
  if (!wanted_ || !terminal_) return;
  std::fprintf(stderr, "\r\033[K%s", text.c_str());
  std::fflush(stderr);
  shown_ = true;
}

void Progress::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace vordb::server
