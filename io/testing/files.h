// Files of tests: a folder of a test's own, what a file holds, and damage to it.
#pragma once

#include <stdlib.h>

#include <doctest/doctest.h>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace vordb::io {

// Gone with the object.
class TempDir {
 public:
  TempDir() {
    char name[] = "/tmp/vordb-test-XXXXXX";
    REQUIRE(::mkdtemp(name));
    path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// All bytes of the file; none when there is no such file.
inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Flips bit `bit` of the byte at `at`.
inline void flip_bit(const std::string& path, uint64_t at, uint32_t bit) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(std::streamoff(at));
  const char byte = char(uint8_t(file.get()) ^ uint8_t(1u << bit));
  file.seekp(std::streamoff(at));
  file.put(byte);
  REQUIRE(file.good());
}

}  // namespace vordb::io
