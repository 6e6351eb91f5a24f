#include "properties/architecture_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace vordb::properties {

const std::map<std::string, size_t>& long_files() {
  static const std::map<std::string, size_t> kLongFiles = {};
  return kLongFiles;
}

const std::vector<std::string>& unfinished_marks() {
  // Spelled in halves, so that this file may be checked too.
  static const std::vector<std::string> kMarks = {
      std::string("TO") + "DO", std::string("FIX") + "ME", std::string("XX") + "X"};
  return kMarks;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

namespace {

std::string file_name(const SourceFile& file) { return file.path.substr(file.path.rfind('/') + 1); }

bool is_test(const SourceFile& file) { return file.path.ends_with("_test.cc"); }

bool below(const SourceFile& file, std::string_view folder) {
  return file.path.starts_with(folder) && file.path.size() > folder.size() &&
         file.path[folder.size()] == '/';
}

// "core/x.h:12: what is wrong", the form that editors jump to.
std::string complaint(const SourceFile& file, size_t line_index, const std::string& what) {
  return file.path + ":" + std::to_string(line_index + 1) + ": " + what;
}

// A line without its // comment and without the contents of its string literals, so that rules
// about code do not trip over words in prose. Raw strings and /* */ are not understood.
std::string code_of(std::string_view line) {
  std::string code;
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quote != 0) {
      if (line[i] == '\\') {
        ++i;
      } else if (line[i] == quote) {
        quote = 0;
        code += line[i];
      }
      continue;
    }
    if (line.substr(i).starts_with("//")) break;
    const bool digit_separator = line[i] == '\'' && i > 0 && std::isxdigit(line[i - 1]) != 0;
    if (line[i] == '"' || (line[i] == '\'' && !digit_separator)) quote = line[i];
    code += line[i];
  }
  return code;
}

// The possibly qualified names in a line of code: "std::hash", "rand", "x".
std::vector<std::string> names_in(std::string_view code) {
  std::vector<std::string> names;
  std::string name;
  for (const char c : std::string(code) + ' ') {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == ':') {
      name += c;
    } else if (!name.empty()) {
      while (name.starts_with(':')) name.erase(0, 1);
      while (name.ends_with(':')) name.pop_back();
      names.push_back(std::exchange(name, ""));
    }
  }
  return names;
}

// What an #include or a .proto import names: "core/x.h", "thread"; empty for other lines.
std::string included_by(std::string_view line) {
  std::string text(line);
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t'; }),
             text.end());
  for (const std::string_view keyword : {"#include", "importpublic", "import"}) {
    if (!text.starts_with(keyword)) continue;
    const size_t open = text.find_first_of("<\"");
    const size_t close = text.find_first_of(">\"", open + 1);
    if (open != keyword.size() || close == std::string::npos) return "";
    return text.substr(open + 1, close - open - 1);
  }
  return "";
}

// ---------------------------------------------------------------------------------------------
// Includes

// Threads, clocks, files, chance, and containers whose order is nobody's promise: what would let a
// run depend on anything but its seed. Names that end in '/' forbid a whole folder.
constexpr std::array kImpure = {"boost/",
                                "rocksdb/",
                                "spdlog/",
                                "openssl/",
                                "prometheus/",
                                "sys/",
                                "absl/synchronization/",
                                "absl/time/clock.h",
                                "absl/random/",
                                "thread",
                                "mutex",
                                "shared_mutex",
                                "atomic",
                                "condition_variable",
                                "future",
                                "semaphore",
                                "filesystem",
                                "fstream",
                                "random",
                                "chrono",
                                "unordered_map",
                                "unordered_set",
                                "ctime",
                                "time.h",
                                "iostream",
                                "pthread.h",
                                "unistd.h"};

bool matches(std::string_view included, std::string_view rule) {
  return rule.ends_with('/') ? included.starts_with(rule) : included == rule;
}

// Scenarios and traces are files, and the simulator's library reads and writes them; its source
// files with one of these words in their names may, nothing else in it may.
bool is_file_code(const SourceFile& file) {
  const std::string name = file_name(file);
  return below(file, "sim") && (contains(name, "trace") || contains(name, "scenario"));
}

bool must_be_pure(const SourceFile& file) {
  if (is_test(file)) return false;
  return below(file, "core") || below(file, "sim") || below(file, "properties");
}

// The folders that a file must not look into, by where it is (CMake: cmake/targets.cmake).
std::vector<std::string> closed_folders(const SourceFile& file) {
  const std::string name = file_name(file);
  if (below(file, "proto")) return {"core/", "io/", "sim/", "server/", "properties/"};
  if (below(file, "core")) return {"io/", "sim/", "server/", "properties/"};
  if (below(file, "io")) return {"sim/", "server/", "properties/"};
  if (below(file, "sim")) return {"io/", "server/", "properties/"};
  if (below(file, "server/common")) return {"io/", "sim/", "properties/"};
  if (below(file, "server/sim") || name == "vordb_sim_main.cc")
    return {"io/", "rocksdb/", "boost/", "properties/"};
  if (below(file, "server") && !is_test(file)) return {"sim/", "properties/"};
  return {};
}

}  // namespace

Complaints include_complaints(const SourceFile& file) {
  Complaints found;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    const std::string included = included_by(file.lines[i]);
    if (included.empty()) continue;
    if (contains(included, "..")) {
      found.push_back(complaint(file, i, "include from the top of the checkout, not " + included));
    }
    for (const std::string& folder : closed_folders(file)) {
      if (matches(included, folder)) {
        found.push_back(complaint(file, i, "must not look into " + folder + ": " + included));
      }
    }
    for (const std::string_view rule : kImpure) {
      if (!must_be_pure(file) || !matches(included, rule)) continue;
      if (is_file_code(file) && (rule == "fstream" || rule == "filesystem")) continue;
      found.push_back(complaint(file, i, "breaks determinism: " + included));
    }
  }
  return found;
}

// ---------------------------------------------------------------------------------------------
// Names in core and sim

namespace {

// Hash containers of Abseil are seeded by where the program was loaded: their order differs from
// run to run. A file may have one that it looks up in and never walks over; it is listed here.
const std::vector<std::string> kLooksUpOnly = {"core/vnode/key_cache.h",
                                               "core/dispatch/constraints.cc",
                                               "core/coordinator/lanes.h"};

std::string objection_to(const std::string& path, const std::string& name) {
  constexpr std::array kBanned = {
      "rand",        "srand",       "std::rand",     "std::srand", "std::hash",
      "std::async",  "std::thread", "random_device", "absl::Hash", "std::random_device",
      "absl::HashOf"};
  if (std::find(kBanned.begin(), kBanned.end(), name) != kBanned.end()) {
    return name + " differs between libraries or runs";
  }
  if (name.ends_with("_distribution") && name.starts_with("std::")) {
    return name + " draws differently in each standard library; core/env/random.h has our own";
  }
  if (name == "double" || name == "float") {
    return name + ": no floating point (its results depend on compiler and flags)";
  }
  if ((name.starts_with("absl::flat_hash_") || name.starts_with("absl::node_hash_")) &&
      std::find(kLooksUpOnly.begin(), kLooksUpOnly.end(), path) == kLooksUpOnly.end()) {
    return name +
           " has another order in each run: absl::btree_*, or list the file in "
           "kLooksUpOnly if it never walks over it";
  }
  return "";
}

}  // namespace

Complaints name_complaints(const SourceFile& file) {
  Complaints found;
  if (is_test(file) || !(below(file, "core") || below(file, "sim"))) return found;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    if (!included_by(file.lines[i]).empty()) continue;
    for (const std::string& name : names_in(code_of(file.lines[i]))) {
      const std::string objection = objection_to(file.path, name);
      if (!objection.empty()) found.push_back(complaint(file, i, objection));
    }
  }
  return found;
}

// ---------------------------------------------------------------------------------------------
// How files look

namespace {

constexpr size_t kMaxLines = 450;
constexpr size_t kMaxColumns = 100;

size_t columns(std::string_view line) {
  return std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;  // UTF-8 continuation bytes
  });
}

}  // namespace

Complaints line_complaints(const SourceFile& file) {
  Complaints found;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    if (columns(file.lines[i]) > kMaxColumns) {
      found.push_back(complaint(file, i, std::to_string(columns(file.lines[i])) + " columns"));
    }
    for (const std::string& name : names_in(file.lines[i])) {
      for (const std::string& mark : unfinished_marks()) {
        if (name != mark) continue;
        found.push_back(complaint(file, i, "finish it or write an issue: " + mark));
      }
    }
  }
  return found;
}

Complaints length_complaints(const SourceFile& file) {
  const auto listed = long_files().find(file.path);
  const size_t lines = file.lines.size();
  const std::string is = "has " + std::to_string(lines) + " lines";
  if (listed == long_files().end()) {
    if (lines <= kMaxLines) return {};
    return {complaint(file, lines - 1,
                      is + "; cut it by meaning, not at " + std::to_string(kMaxLines))};
  }
  if (lines > listed->second) return {complaint(file, lines - 1, is + ", more than long_files()")};
  if (lines <= kMaxLines) return {complaint(file, lines - 1, is + ": take it off long_files()")};
  return {};
}

Complaints header_complaints(const SourceFile& file) {
  if (!file.path.ends_with(".h")) return {};
  Complaints found;
  if (file.lines.empty() || !file.lines.front().starts_with("// ")) {
    found.push_back(complaint(file, 0, "begin with a comment: what it is, what it promises"));
  }
  if (std::count(file.lines.begin(), file.lines.end(), "#pragma once") != 1) {
    found.push_back(complaint(file, 0, "has no #pragma once"));
  }
  return found;
}

// ---------------------------------------------------------------------------------------------
// Symbols

namespace {

// Symbols of libvordb_core.a that show a second door out of core. Matched anywhere in a demangled
// name when they have a ::, else as a whole name (the C library's).
constexpr std::array kForeignSymbols = {"rocksdb::",
                                        "boost::",
                                        "spdlog::",
                                        "prometheus::",
                                        "std::thread::",
                                        "std::this_thread::",
                                        "std::chrono::_V2::",
                                        "std::random_device::",
                                        "std::filesystem::",
                                        "std::basic_filebuf<",
                                        "pthread_create",
                                        "clock_gettime",
                                        "gettimeofday",
                                        "time",
                                        "getrandom",
                                        "rand",
                                        "random",
                                        "open",
                                        "open64",
                                        "fopen",
                                        "fopen64",
                                        "socket",
                                        "getenv"};

}  // namespace

Complaints symbol_complaints(const std::string& library, std::istream& nm_output) {
  Complaints found;
  for (std::string line; std::getline(nm_output, line);) {
    // "0000000000000000 T name" or "                 U name"; other lines name the object.
    if (line.size() < 20 || line[17] == ' ' || line[18] != ' ') continue;
    const std::string name = line.substr(19);
    for (const std::string_view foreign : kForeignSymbols) {
      const bool whole = foreign.find_first_of(":<") == std::string_view::npos;
      if (whole ? name == foreign : contains(name, foreign)) {
        found.push_back(library + ": " + name);
      }
    }
  }
  return found;
}

}  // namespace vordb::properties
