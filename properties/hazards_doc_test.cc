// docs/hazards.md names a test, a property of the simulator or a rule taken out for each of the
// fifty hazards H1 to H50. Here its table is read and each link is followed: the file must be there
// and must hold what the row says it holds.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "io/testing/files.h"
#include "properties/doc_links.h"

namespace vordb::properties {
namespace {

constexpr size_t kHazards = 50;

bool is_evidence(const Link& link) {
  return link.target.ends_with("_test.cc") || link.target.ends_with("_test.h") ||
         link.target.starts_with("../scenarios/");
}

// A row says what it rests on, why it cannot happen, or what is open.
Complaints row_complaints(const ReadFile& read, const std::vector<std::string>& cells,
                          const std::string& number) {
  if (cells.size() != 4) return {number + ": not four cells"};
  Complaints found;
  if (cells[0] != number) found.push_back(number + " is missing, or not in its place");
  if (cells[1].empty() || cells[2].empty()) found.push_back(number + ": an empty cell");
  bool rests = cells[3].starts_with("Open: ");
  for (const Link& link : links_of(cells[3])) {
    rests = rests || is_evidence(link) || (cells[2].starts_with("Cannot") && !link.target.empty());
    for (const std::string& what : link_complaints(read, link))
      found.push_back(number + ": " + what);
  }
  if (!rests) found.push_back(number + ": no test, scenario or rule taken out");
  return found;
}

Complaints document_complaints(const ReadFile& read, const std::string& document) {
  const auto rows = rows_of(document, "H");
  Complaints found;
  for (size_t i = 0; i < kHazards; ++i) {
    const std::string number = "H" + std::to_string(i + 1);
    if (i >= rows.size()) {
      found.push_back(number + " is missing");
      continue;
    }
    for (const std::string& what : row_complaints(read, rows[i], number)) found.push_back(what);
  }
  if (rows.size() > kHazards) found.push_back("more than fifty rows");
  return found;
}

std::string read(const std::string& path) {
  return io::read_file(std::string(VORDB_SOURCE_DIR) + "/" + path);
}

// The first complaint about the evidence of H1, when that is all that differs from a good row.
std::string about(const std::string& evidence, const std::string& prevented = "a rule") {
  const Complaints found = row_complaints(read, {"H1", "a hazard", prevented, evidence}, "H1");
  return found.empty() ? "" : found[0];
}

}  // namespace

TEST_CASE("hazards: a row is refused that names what is not there") {
  const std::string test = "[`x`](../properties/hazards_doc_test.cc) ";
  CHECK(about(test + "`hazards: a row is refused that names what is not there`") == "");
  CHECK(about("[`x`](../scenarios/everything.json) `converged`, `dots_unique`") == "");
  CHECK(about("[`x`](../scenarios/known-bugs/no_seals.patch)") == "");
  CHECK(about("Open: nothing looks.") == "");
  CHECK(about("[`x`](../proto/client.proto) `BucketConfig`", "Cannot happen: so") == "");

  CHECK(about(test) == "H1: properties/hazards_doc_test.cc: none of its test cases is named");
  CHECK(about(test + "`hazards: a row`") ==
        "H1: properties/hazards_doc_test.cc: no test: hazards: a row");
  CHECK(about("[`x`](../properties/no_test.cc) `a`") == "H1: no such file: properties/no_test.cc");
  CHECK(about("[`x`](https://example.org) `a`") == "H1: no link to a file: https://example.org");
  CHECK(about("`converged`") == "H1: no link to a file: ");
  CHECK(about("[`x`](../scenarios/everything.json) `unheard_of`") ==
        "H1: scenarios/everything.json: no property: unheard_of");
  CHECK(about("[`x`](../scenarios/everything.json) `canary`") ==
        "H1: scenarios/everything.json: does not demand that it met: canary");
  CHECK(about("[`x`](../scenarios/everything.json)") ==
        "H1: scenarios/everything.json: no property is named");
  CHECK(about("[`x`](../scenarios/known-bugs/delta_of_one_change.patch)") ==
        "H1: scenarios/known-bugs/delta_of_one_change.patch: names nothing that must notice");
  CHECK(about("[`x`](../proto/client.proto) `Nothing like it`", "Cannot happen: so") ==
        "H1: proto/client.proto: lacks Nothing like it");
  CHECK(about("[`x`](../proto/client.proto)") == "H1: no test, scenario or rule taken out");
  CHECK(about("") == "H1: no test, scenario or rule taken out");
}

TEST_CASE("hazards: a table with a row less, more, doubled or empty is refused") {
  const auto row = [](size_t i) { return "| H" + std::to_string(i) + " | a | b | Open: c. |\n"; };
  const auto table = [&](size_t without) {
    std::string text = "| # | hazard | prevented by | shown by |\n|---|---|---|---|\n";
    for (size_t i = 1; i <= kHazards; ++i) text += i == without ? "" : row(i);
    return document_complaints(read, text);
  };
  CHECK(table(0).empty());
  CHECK(table(50) == Complaints{"H50 is missing"});
  CHECK(table(7).front() == "H7 is missing, or not in its place");
  CHECK(document_complaints(read, "").size() == kHazards);
  std::string text;
  for (size_t i = 1; i <= kHazards; ++i) text += row(i == 9 ? 8 : i);
  CHECK(document_complaints(read, text) == Complaints{"H9 is missing, or not in its place"});
  CHECK(document_complaints(read, text + row(51)).back() == "more than fifty rows");
  CHECK(row_complaints(read, {"H1", "", "b", "Open: c."}, "H1").size() == 1);
  CHECK(row_complaints(read, {"H1", "a", "b"}, "H1").size() == 1);
}

TEST_CASE("docs/hazards.md names for each hazard what would catch it") {
  for (const std::string& text : document_complaints(read, read("docs/hazards.md")))
    FAIL_CHECK(text);
}

}  // namespace vordb::properties
