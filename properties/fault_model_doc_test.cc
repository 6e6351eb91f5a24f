// docs/fault_model.md has a row for each fault that a scenario can ask for, and each test that it
// names is there.

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "io/testing/files.h"
#include "properties/doc_links.h"
#include "sim/fault_kinds.h"

namespace vordb::properties {
namespace {

std::string read(const std::string& path) {
  return io::read_file(std::string(VORDB_SOURCE_DIR) + "/" + path);
}

Complaints document_complaints(const std::string& document) {
  Complaints found;
  std::map<std::string, size_t> rows;
  for (const std::vector<std::string>& cells : rows_of(document, "`")) {
    const std::string setting = cells[0].substr(1, cells[0].size() - 2);
    ++rows[setting];
    if (cells.size() != 4 || cells[1].empty() || cells[2].empty()) {
      found.push_back(setting + ": not four cells with something in each");
      continue;
    }
    const std::vector<Link> links = links_of(cells[3]);
    if (links.empty()) found.push_back(setting + ": no test");
    for (const Link& link : links) {
      for (const std::string& what : link_complaints(read, link))
        found.push_back(setting + ": " + what);
    }
  }
  std::vector<std::string> settings = {"odd_knobs_max", "sites_per_million"};
  for (int number = 0; number < sim::kFaultKinds; ++number)
    settings.push_back(sim::setting_of(sim::FaultKind(number)));
  for (const std::string& setting : settings) {
    if (rows[setting] != 1)
      found.push_back(setting + ": " + std::to_string(rows[setting]) + " rows, not one");
  }
  if (rows.size() > settings.size()) found.push_back("a row that is no fault");
  return found;
}

// The complaint about the row of one fault, when that is all there is to say of it.
Complaints about(const std::string& row) {
  Complaints found;
  for (const std::string& text : document_complaints(row)) {
    if (text.starts_with("ring_every_ms")) found.push_back(text);
  }
  return found;
}

}  // namespace

TEST_CASE("fault model: a row is refused that has no test, or names one that is not there") {
  const std::string test = "[`x`](../properties/fault_model_doc_test.cc) ";
  const std::string row = "| `ring_every_ms` | a | b | ";
  const std::string good = row + test +
                           "`fault model: a row is refused that has no test, or names one that is "
                           "not there` |\n";
  CHECK(about(good).empty());
  CHECK(about("") == Complaints{"ring_every_ms: 0 rows, not one"});
  CHECK(about(good + good) == Complaints{"ring_every_ms: 2 rows, not one"});
  CHECK(about(row + "none |") == Complaints{"ring_every_ms: no test"});
  CHECK(
      about(row + test + "`fault model: luck` |").front().ends_with("no test: fault model: luck"));
  CHECK(about("| `ring_every_ms` | a | |").front().ends_with("something in each"));
}

TEST_CASE("docs/fault_model.md tells of each fault, and the tests that it names are there") {
  for (const std::string& text : document_complaints(read("docs/fault_model.md"))) FAIL_CHECK(text);
}

}  // namespace vordb::properties
