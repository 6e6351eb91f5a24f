// The rules of architecture_test.cc, each a pure function from a file to complaints, so that a test
// can show each of them a bad sample. They read text, not C++: raw strings and /* */ fool them.
#pragma once

#include <cstddef>
#include <istream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vordb::properties {

struct SourceFile {
  std::string path;  // relative to the checkout
  std::vector<std::string> lines;
};

// Each one "core/x.h:12: what is wrong", the form that editors jump to.
using Complaints = std::vector<std::string>;

// Who may include whom, and that core, sim and the helpers of properties include nothing that would
// let a run depend on anything but its seed.
Complaints include_complaints(const SourceFile& file);

// The same by name, for what slips in through innocent headers: rand, std::hash, double, ...
Complaints name_complaints(const SourceFile& file);

// At most 100 columns; nothing left to be done later.
Complaints line_complaints(const SourceFile& file);

// At most 450 lines, but for the files on long_files().
Complaints length_complaints(const SourceFile& file);

// A header opens with a comment and has its #pragma once.
Complaints header_complaints(const SourceFile& file);

// Symbols in the output of `nm -C library` that show a second door out of core.
Complaints symbol_complaints(const std::string& library, std::istream& nm_output);

// Longer files that we have not cut yet, with their lengths. A ratchet: numbers only go down, and a
// file that has come below the limit leaves the list.
const std::map<std::string, size_t>& long_files();

// The marks of unfinished work that line_complaints looks for.
const std::vector<std::string>& unfinished_marks();

bool contains(std::string_view text, std::string_view part);

}  // namespace vordb::properties
