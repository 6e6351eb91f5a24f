#include "server/sim/keep_failure.h"

#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/common/read_bytes.h"
#include "server/sim/apart.h"
#include "server/sim/arguments.h"
#include "server/sim/process.h"
#include "server/sim/shrinking.h"
#include "server/sim/write_file.h"
#include "sim/replay.h"
#include "sim/report/plain_story.h"
#include "sim/shrink_run.h"

namespace vordb::server {

namespace {

constexpr size_t kStoryLinesMax = 24;
constexpr size_t kStoryBytesMax = 1 << 20;

struct Files {
  std::string record, small, story;
};

std::string counted(uint64_t count, const char* what) {
  return absl::StrCat(count, " ", what, count == 1 ? "" : "s");
}

std::string story_of(const sim::Record& record, const sim::Scenario& scenario,
                     const std::string& head, const std::string& file) {
  const sim::PlainStory story = plain_story(tell_story(record, scenario), kStoryLinesMax);
  std::string text = head + "\n";
  for (const std::string& line : story.lines) text += line + "\n";
  if (story.left_out > 0)
    absl::StrAppend(&text, "... ", story.left_out, " more lines: vordb-sim report ",
                    shell_word(file), " --text\n");
  return text;
}

// False: its story could not be made.
bool keep(const sim::Scenario& scenario, uint64_t seed, uint64_t shrink_seconds,
          const Files& files) {
  std::ofstream out(files.record, std::ios::binary);
  std::string bytes;
  // Whole frames: what a run that aborts leaves can be read.
  sim::record_run(scenario, seed, nullptr, [&](std::string_view frame) {
    out.write(frame.data(), std::streamsize(frame.size())).flush();
    bytes += frame;
  });
  if (!out.flush()) return false;
  const absl::StatusOr<sim::Record> record = sim::read_record(bytes);
  if (!record.ok()) return false;
  std::string file = files.record, head = "the whole run:";
  sim::Record told = *record;
  sim::Scenario of = scenario;
  sim::Attempt first = sim::run_candidate({scenario, record->script}, seed, UINT64_MAX);
  // What is not the same run again is not shrunk.
  if (shrink_seconds > 0 && first.record.end == record->end && !first.result.findings.clean()) {
    const sim::Shrunk shrunk = shrink_within(std::move(first), shrink_seconds, nullptr);
    if (write_shrunk(shrunk, files.small).empty()) {
      const sim::ShrinkSize size = size_of(shrunk.attempt);
      file = files.small;
      head = absl::StrCat(shrunk.minimal ? "minimal: " : "shrunk until the time was over: ",
                          counted(size.events, "event"), ", ", counted(size.faults, "fault"), ", ",
                          counted(size.operations, "call"));
      told = shrunk.attempt.record;
      of = shrunk.attempt.scenario;
    }
  }
  return write_whole(files.story, story_of(told, of, head, file)).empty();
}

// Only letters that no file system and no shell minds.
std::string plain_name(std::string name) {
  for (char& c : name) {
    const bool plain = ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') ||
                       c == '-' || c == '_';
    if (!plain) c = '-';
  }
  return name;
}

}  // namespace

std::string keep_failure(const sim::Scenario& scenario, const std::string& folder,
                         uint64_t shrink_seconds, Failure& failure) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::StrCat(folder, ": cannot be made: ", error.message());
  const std::string base =
      absl::StrCat(folder, "/", plain_name(scenario.name), "-", failure.signature);
  const Files files = {base + ".rec", base + ".small.rec", base + ".txt"};
  // What an earlier swarm left of this failure would be told as that of this one.
  for (const std::string& file : {files.record, files.small, files.story}) {
    std::filesystem::remove(file, error);
    if (error) return absl::StrCat(file, ": cannot be replaced: ", error.message());
  }
  // What it says on standard error was said when the swarm ran.
  const pid_t process =
      ask_apart([&] { return keep(scenario, failure.seed, shrink_seconds, files); });
  if (process < 0) return "no process could be started";
  wait_for(process);
  if (std::filesystem::exists(files.record, error)) failure.record = files.record;
  if (std::filesystem::exists(files.small, error)) failure.small = files.small;
  if (read_bytes(files.story, kStoryBytesMax, &failure.story) == 0) return "";
  failure.story.clear();
  if (failure.record.empty()) return files.record + ": cannot be written";
  return failure.aborted ? "" : files.story + ": could not be made";
}

}  // namespace vordb::server
