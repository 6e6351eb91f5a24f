// The lock of the data directory, and that clearing it deletes the store and nothing else.
#include "io/data_dir.h"

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

#include "io/testing/files.h"

namespace vordb::io {
namespace {

TEST_CASE("a data directory is made when absent and held by one at a time") {
  TempDir temp;
  const std::string path = temp.path() + "/a/b";
  {
    const absl::StatusOr<DataDir> first = DataDir::open(path);
    REQUIRE(first.ok());
    const absl::StatusOr<DataDir> second = DataDir::open(path);
    CHECK(absl::IsFailedPrecondition(second.status()));
    const std::string message(second.status().message());
    CHECK(message.find(path) != std::string::npos);
    CHECK(message.find(std::to_string(getpid())) != std::string::npos);
  }
  CHECK(DataDir::open(path).ok());
}

TEST_CASE("the lock of a data directory dies with a killed process") {
  TempDir temp;
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const absl::StatusOr<DataDir> held = DataDir::open(temp.path());
    const char ok = held.ok() ? '1' : '0';
    if (write(ready[1], &ok, 1) != 1) _exit(1);
    for (;;) pause();
  }
  char ok = 0;
  REQUIRE(read(ready[0], &ok, 1) == 1);
  REQUIRE(ok == '1');
  CHECK_FALSE(DataDir::open(temp.path()).ok());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  CHECK(DataDir::open(temp.path()).ok());
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("clearing a data directory deletes the store only") {
  TempDir temp;
  absl::StatusOr<DataDir> dir = DataDir::open(temp.path());
  REQUIRE(dir.ok());
  const absl::StatusOr<bool> nothing = dir->clear();
  REQUIRE(nothing.ok());
  CHECK_FALSE(*nothing);
  std::filesystem::create_directories(dir->store_path() + "/sub");
  std::ofstream(dir->store_path() + "/sub/file") << "x";
  std::ofstream(temp.path() + "/precious") << "x";
  const absl::StatusOr<bool> cleared = dir->clear();
  REQUIRE(cleared.ok());
  CHECK(*cleared);
  CHECK_FALSE(std::filesystem::exists(dir->store_path()));
  CHECK(std::filesystem::exists(temp.path() + "/precious"));
  CHECK_FALSE(DataDir::open(temp.path()).ok());
}

TEST_CASE("a data directory that cannot be made is named") {
  TempDir temp;
  std::ofstream(temp.path() + "/file") << "x";
  const absl::StatusOr<DataDir> dir = DataDir::open(temp.path() + "/file/below");
  REQUIRE_FALSE(dir.ok());
  CHECK(std::string(dir.status().message()).find(temp.path() + "/file/below") != std::string::npos);
}

}  // namespace
}  // namespace vordb::io
