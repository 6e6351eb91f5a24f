#include "server/sim/mutants_build.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/common/read_bytes.h"
#include "server/sim/process.h"

namespace vordb::server {

namespace {

namespace fs = std::filesystem;

constexpr size_t kFileBytesMax = 64 << 20;

std::string text_of(const std::string& file) {
  std::string text;
  return read_bytes(file, kFileBytesMax, &text) == 0 ? text : "";
}

// The first line that tells of an error; else the last one.
std::string reason_in(const std::string& log) {
  std::string last;
  std::istringstream lines(text_of(log));
  for (std::string line; std::getline(lines, line); last = line) {
    if (line.find("error") != std::string::npos || line.find("FAILED") != std::string::npos)
      return line;
  }
  return last;
}

absl::Status done(const std::vector<std::string>& words, const std::string& log) {
  const CommandEnd end = execute({words, log, log});
  if (end.code == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(end.code < 0 ? end.why : reason_in(log), " (", log, ")"));
}

// Of a source that no git knows: all but what the build and the programs leave there.
std::set<std::string> files_below(const std::string& source) {
  std::set<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(source, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const std::string path = fs::path(entry->path()).lexically_relative(source).string();
    if (path == "build" || path == "data" || path == ".git" || path == ".cache") {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file(error)) {
      files.insert(path);
    }
  }
  return files;
}

std::set<std::string> files_of(const std::string& source, const std::string& folder) {
  const std::string list = folder + "/files";
  const std::vector<std::string> words = {"git", "-C",       source,     "ls-files",
                                          "-z",  "--cached", "--others", "--exclude-standard"};
  if (execute({words, list, folder + "/git.log"}).code != 0) return files_below(source);
  std::set<std::string> files;
  std::istringstream names(text_of(list));
  for (std::string file; std::getline(names, file, '\0');) {
    if (fs::is_regular_file(source + "/" + file)) files.insert(file);
  }
  return files;
}

}  // namespace

MutantBuild::MutantBuild(std::string source, uint32_t jobs)
    : source_(std::move(source)),
      folder_(source_ + "/build/known-bugs"),
      copy_(folder_ + "/source"),
      jobs_(jobs) {}

MutantBuild::~MutantBuild() {
  if (lock_ >= 0) close(lock_);
}

std::string MutantBuild::scenario(const std::string& name) const {
  return absl::StrCat(copy_, "/scenarios/", name, ".json");
}

// Files that are as they were keep their times, so that little is built; those that a bug had
// changed do not, so that they are.
absl::Status MutantBuild::copy() const {
  std::error_code error;
  const std::set<std::string> files = files_of(source_, folder_);
  for (const std::string& file : files) {
    const fs::path to = copy_ + "/" + file;
    if (fs::exists(to) && text_of(to) == text_of(source_ + "/" + file)) continue;
    fs::create_directories(to.parent_path(), error);
    fs::copy_file(source_ + "/" + file, to, fs::copy_options::overwrite_existing, error);
    if (error) return absl::InternalError(absl::StrCat(to.string(), ": ", error.message()));
  }
  for (const std::string& file : files_below(copy_)) {
    if (!files.contains(file)) fs::remove(copy_ + "/" + file, error);
  }
  return absl::OkStatus();
}

absl::Status MutantBuild::prepare() {
  std::error_code error;
  fs::create_directories(copy_, error);
  if (error) return absl::InternalError(absl::StrCat(copy_, ": ", error.message()));
  lock_ = open((folder_ + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0 || flock(lock_, LOCK_EX | LOCK_NB) != 0)
    return absl::FailedPreconditionError(folder_ + " is in use by another `mutants`");
  if (const absl::Status status = copy(); !status.ok()) return status;
  const absl::Status configured =
      done({"cmake", "-S", copy_, "-B", copy_ + "/build/release", "-G", "Ninja",
            "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_COMPILER=g++", "--log-level=WARNING"},
           folder_ + "/configure.log");
  if (!configured.ok()) return configured;
  if (const absl::Status status = build(); !status.ok()) return status;
  fs::copy_file(mutant(), whole(), fs::copy_options::overwrite_existing, error);
  if (error) return absl::InternalError(absl::StrCat(whole(), ": ", error.message()));
  return absl::OkStatus();
}

absl::Status MutantBuild::apply(const std::string& patch) {
  const std::vector<std::string> words = {
      "patch", "-d", copy_, "-p1", "--batch", "--silent", "--no-backup-if-mismatch",
      "-r",    "-",  "-i",  patch};
  std::vector<std::string> dry = words;
  dry.emplace_back("--dry-run");
  for (const auto& way : {dry, words}) {
    if (const absl::Status status = done(way, folder_ + "/patch.log"); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status MutantBuild::build() {
  return done({"cmake", "--build", copy_ + "/build/release", "-j", absl::StrCat(jobs_), "--target",
               "vordb-sim"},
              folder_ + "/build.log");
}

absl::Status MutantBuild::revert() { return copy(); }

}  // namespace vordb::server
