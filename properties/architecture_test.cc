// The rules that keep this code base what DESIGN.md section 1 says it is: who may include whom,
// what keeps core and sim deterministic, and how files look. Each rule first meets a bad sample, so
// that it is known to go red, and then the source tree. The linked objects are asked too: an
// include may hide, a symbol may not.

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "properties/architecture_rules.h"

namespace vordb::properties {
namespace {

namespace fs = std::filesystem;

std::string output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> buffer;
  for (size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), n);
  }
  REQUIRE_MESSAGE(pclose(pipe) == 0, command << " failed");
  return output;
}

const std::vector<std::string> kFolders = {"proto", "core", "io", "sim", "server", "properties"};

SourceFile read_source(const fs::path& path) {
  SourceFile file{fs::relative(path, VORDB_SOURCE_DIR).generic_string(), {}};
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);) file.lines.push_back(line);
  return file;
}

bool is_source(const fs::path& path) {
  return path.extension() == ".h" || path.extension() == ".cc" || path.extension() == ".proto";
}

// All sources below one folder. None at all is a mistake in here, not a clean bill.
std::vector<SourceFile> sources_below(const std::string& folder) {
  std::vector<SourceFile> files;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(VORDB_SOURCE_DIR) / folder)) {
    if (entry.is_regular_file() && is_source(entry.path())) {
      files.push_back(read_source(entry.path()));
    }
  }
  REQUIRE_MESSAGE(!files.empty(), "found no sources in " << folder);
  return files;
}

void check_tree(const std::function<Complaints(const SourceFile&)>& rule) {
  for (const std::string& folder : kFolders) {
    for (const SourceFile& file : sources_below(folder)) {
      for (const std::string& text : rule(file)) FAIL_CHECK(text);
    }
  }
}

// How many complaints a rule has about a file of the given name and lines.
size_t complaints_about(Complaints (*rule)(const SourceFile&), const std::string& path,
                        std::vector<std::string> lines) {
  return rule(SourceFile{path, std::move(lines)}).size();
}

}  // namespace

TEST_CASE("architecture: the include rules see what they forbid") {
  const auto about = [](const std::string& path, const std::string& line) {
    return complaints_about(include_complaints, path, {line});
  };
  CHECK(about("core/a.h", "#include <thread>") == 1);
  CHECK(about("core/a.h", "#  include\t<boost/asio.hpp>") == 1);
  CHECK(about("core/x/a.cc", "#include \"sim/world.h\"") == 1);
  CHECK(about("core/a_test.cc", "#include \"io/disk.h\"") == 1);
  CHECK(about("core/a.cc", "#include \"../io/disk.h\"") == 1);
  CHECK(about("proto/a.proto", "import \"core/a.proto\";") == 1);
  CHECK(about("sim/world.cc", "#include <fstream>") == 1);
  CHECK(about("sim/world.cc", "#include \"io/disk.h\"") == 1);
  CHECK(about("io/disk.cc", "#include \"sim/world.h\"") == 1);
  CHECK(about("server/sim/run.cc", "#include \"io/disk.h\"") == 1);
  CHECK(about("server/vordb_sim_main.cc", "#include \"io/disk.h\"") == 1);
  CHECK(about("server/node.cc", "#include \"sim/world.h\"") == 1);
  CHECK(about("properties/helper.h", "#include <random>") == 1);

  CHECK(about("core/a.cc", "#include \"core/b.h\"") == 0);
  CHECK(about("core/a.cc", "// #include <thread>") == 0);
  CHECK(about("core/a.cc", "#include <google/protobuf/io/coded_stream.h>") == 0);
  CHECK(about("core/a_test.cc", "#include <fstream>") == 0);
  CHECK(about("sim/trace_writer.cc", "#include <fstream>") == 0);
  CHECK(about("sim/trace_writer.cc", "#include <thread>") == 1);
  CHECK(about("io/disk.cc", "#include <thread>") == 0);
  CHECK(about("server/server_test.cc", "#include \"sim/world.h\"") == 0);
  CHECK(about("coreish/a.cc", "#include <thread>") == 0);
}

TEST_CASE("architecture: dependencies point one way and core is pure") {
  check_tree(include_complaints);
}

TEST_CASE("architecture: the name rules see what they forbid") {
  const auto about = [](const std::string& path, const std::string& line) {
    return complaints_about(name_complaints, path, {line});
  };
  CHECK(about("core/a.cc", "  return ::rand() % 6;") == 1);
  CHECK(about("core/a.cc", "std::hash<std::string> h;") == 1);
  CHECK(about("sim/a.cc", "std::uniform_int_distribution<int> d(1, 6);") == 1);
  CHECK(about("sim/a.cc", "std::random_device r;") == 1);
  CHECK(about("sim/a.cc", "const double share = 0.5;") == 1);
  CHECK(about("core/a.h", "absl::flat_hash_map<int, int> m_;") == 1);

  CHECK(about("core/a.cc", "operand(1);  // unlike rand() and double") == 0);
  CHECK(about("core/a.cc", "log(\"a \\\" double\");") == 0);
  CHECK(about("core/a.cc", "const auto big = 1'000'000 + rand();") == 1);
  CHECK(about("core/vnode/key_cache.h", "absl::flat_hash_map<int, int> m_;") == 0);
  CHECK(about("io/a.cc", "double seconds = 1;") == 0);
}

TEST_CASE("architecture: nothing in core or sim depends on library, address or chance") {
  check_tree(name_complaints);
}

TEST_CASE("architecture: the rules on looks see what they forbid") {
  CHECK(complaints_about(line_complaints, "a.cc", {std::string(101, 'x')}) == 1);
  CHECK(complaints_about(line_complaints, "a.cc", {std::string(100, 'x')}) == 0);
  CHECK(complaints_about(line_complaints, "a.cc", {std::string(99, 'x') + "ä"}) == 0);
  for (const std::string& mark : unfinished_marks()) {
    CHECK(complaints_about(line_complaints, "a.cc", {"// " + mark + ": later"}) == 1);
    CHECK(complaints_about(line_complaints, "a.cc", {"// " + mark + "(me) later"}) == 1);
    CHECK(complaints_about(line_complaints, "a.cc", {"mkstemp(" + mark + mark + ")"}) == 0);
  }
  CHECK(complaints_about(length_complaints, "a.cc", std::vector<std::string>(451)) == 1);
  CHECK(complaints_about(length_complaints, "a.cc", std::vector<std::string>(450)) == 0);
  CHECK(complaints_about(header_complaints, "a.h", {"#pragma once"}) == 1);
  CHECK(complaints_about(header_complaints, "a.h", {"// A thing."}) == 1);
  CHECK(complaints_about(header_complaints, "a.h", {}) == 2);
  CHECK(complaints_about(header_complaints, "a.h", {"// A thing.", "#pragma once"}) == 0);
  CHECK(complaints_about(header_complaints, "a.cc", {"int x;"}) == 0);
}

TEST_CASE("architecture: lines fit, files are short, headers introduce themselves") {
  check_tree(line_complaints);
  check_tree(length_complaints);
  check_tree(header_complaints);
  for (const auto& [path, lines] : long_files()) {
    CHECK_MESSAGE(fs::exists(fs::path(VORDB_SOURCE_DIR) / path), path << " left long_files()?");
  }
}

TEST_CASE("architecture: the symbol rule sees what it forbids") {
  std::istringstream bad(
      "a.cc.o:\n"
      "                 U rocksdb::DB::Open(rocksdb::Options const&)\n"
      "0000000000000000 W boost::asio::io_context::run()\n"
      "                 U std::thread::_M_start_thread()\n"
      "                 U pthread_create\n"
      "                 U clock_gettime\n");
  CHECK(symbol_complaints("core", bad).size() == 5);
  std::istringstream good(
      "a.cc.o:\n\n"
      "0000000000000000 T vordb::open(int)\n"
      "0000000000000000 T vordb::time\n"
      "                 U memcpy\n");
  CHECK(symbol_complaints("core", good).empty());
}

// Slim LTO objects carry no symbols of their own; the other builds ask the same sources.
#ifndef VORDB_LTO
TEST_CASE("architecture: libvordb_core.a has no door but env.h") {
  std::istringstream symbols(output_of("nm -C '" VORDB_LIB_DIR "/libvordb_core.a' 2>/dev/null"));
  REQUIRE_MESSAGE(contains(symbols.str(), " T vordb::"), "nm showed none of our functions");
  for (const std::string& text : symbol_complaints("libvordb_core.a", symbols)) FAIL_CHECK(text);
}
#endif

TEST_CASE("architecture: vordb-sim links the simulated world only") {
  const std::string needed = output_of("readelf -d '" VORDB_BIN_DIR "/vordb-sim' 2>/dev/null");
  REQUIRE(contains(needed, "libprotobuf"));  // or readelf prints something else than we think
  for (const std::string_view library : {"librocksdb", "libspdlog", "libssl", "libprometheus"}) {
    CHECK_MESSAGE(!contains(needed, library), "vordb-sim needs " << library);
  }
}

}  // namespace vordb::properties
