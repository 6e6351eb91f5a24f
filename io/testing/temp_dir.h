// A folder of a test's own, gone with the object.
#pragma once

#include <stdlib.h>

#include <doctest/doctest.h>
#include <filesystem>
#include <string>

namespace vordb::io {

class TempDir {
 public:
  TempDir() {
    char name[] = "/tmp/vordb-io-XXXXXX";
    REQUIRE(::mkdtemp(name));
    path_ = name;
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace vordb::io
