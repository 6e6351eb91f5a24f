// docs/hazards.md names a test, a property of the simulator or a rule taken out for each of the
// fifty hazards H1 to H50. Here its table is read and each link is followed: the file must be there
// and must hold what the row says it holds.

#include <doctest/doctest.h>

#include <cctype>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "io/testing/files.h"
#include "properties/architecture_rules.h"
#include "sim/findings.h"

namespace vordb::properties {
namespace {

constexpr size_t kHazards = 50;

// "[`sim/x_test.cc`](../sim/x_test.cc) `one name`, `another`": a link, and the names that follow it
// up to the next one.
struct Link {
  std::string target;
  std::vector<std::string> names;
};

// The folder that docs/ lies in, and what its files hold.
class Checkout {
 public:
  explicit Checkout(std::string root) : root_(std::move(root)) {}

  bool has(const std::string& path) const { return std::filesystem::exists(root_ + "/" + path); }
  std::string read(const std::string& path) const { return io::read_file(root_ + "/" + path); }

 private:
  std::string root_;
};

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line.substr(1));
  for (std::string cell; std::getline(stream, cell, '|');) cells.push_back(trimmed(cell));
  return cells;
}

// The cells of each row that begins with a hazard's number.
std::vector<std::vector<std::string>> rows_of(const std::string& document) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream stream(document);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("| H") && line.size() > 3 && std::isdigit(line[3]) != 0)
      rows.push_back(cells_of(line));
  }
  return rows;
}

// Names that follow no link are put under one without a target.
std::vector<Link> links_of(const std::string& cell) {
  std::vector<Link> links;
  for (size_t at = 0; at < cell.size();) {
    if (cell[at] == '[') {
      const size_t middle = cell.find("](", at);
      const size_t end = middle == std::string::npos ? middle : cell.find(')', middle);
      if (end == std::string::npos) break;
      links.push_back({cell.substr(middle + 2, end - middle - 2), {}});
      at = end;
    } else if (cell[at] == '`') {
      const size_t end = cell.find('`', at + 1);
      if (end == std::string::npos) break;
      if (links.empty()) links.emplace_back();
      links.back().names.push_back(cell.substr(at + 1, end - at - 1));
      at = end;
    }
    ++at;
  }
  return links;
}

// What the literals of a file spell, with those that stand in pieces put together.
std::set<std::string> test_cases_of(const std::string& source) {
  constexpr std::string_view kMacro = "TEST_CASE(";
  std::set<std::string> names;
  for (size_t at = source.find(kMacro); at != std::string::npos; at = source.find(kMacro, at)) {
    at += kMacro.size();
    std::string name;
    while (at < source.size() && (source[at] == '"' || std::isspace(source[at]) != 0)) {
      if (source[at++] != '"') continue;
      const size_t end = source.find('"', at);
      if (end == std::string::npos) break;
      name += source.substr(at, end - at);
      at = end + 1;
    }
    names.insert(name);
  }
  return names;
}

bool is_property(const std::string& name) {
  for (int i = 0; i < sim::kProperties; ++i) {
    if (name == sim::to_string(sim::Property(i))) return true;
  }
  return false;
}

// Whether a run of the scenario that never met the property counts as under-tested.
bool demands(const std::string& scenario, const std::string& property) {
  const auto document = nlohmann::json::parse(scenario, nullptr, false);
  if (!document.is_object() || !document.contains("minimum")) return false;
  for (const auto& relevant : document["minimum"]["relevant"]) {
    if (relevant == property) return true;
  }
  return false;
}

// What is wrong with a link, or with the names that are said to be in its file.
Complaints link_complaints(const Checkout& checkout, const Link& link) {
  if (!link.target.starts_with("../")) return {"no link to a file: " + link.target};
  const std::string path = link.target.substr(3);
  if (!checkout.has(path)) return {"no such file: " + path};
  const std::string text = checkout.read(path);
  Complaints found;
  const auto expect = [&](bool good, const std::string& what) {
    if (!good) found.push_back(path + ": " + what);
  };
  if (path.ends_with("_test.cc") || path.ends_with("_test.h")) {
    const std::set<std::string> tests = test_cases_of(text);
    expect(!link.names.empty(), "none of its test cases is named");
    for (const std::string& name : link.names) expect(tests.contains(name), "no test: " + name);
  } else if (path.starts_with("scenarios/known-bugs/")) {
    expect(
        text.starts_with("Rule: ") && (contains(text, "\nRed: ") || contains(text, "\nProperty: ")),
        "names nothing that must notice");
    expect(link.names.empty(), "its test stands in it");
  } else if (path.starts_with("scenarios/")) {
    expect(!link.names.empty(), "no property is named");
    for (const std::string& name : link.names) {
      expect(is_property(name), "no property: " + name);
      expect(demands(text, name), "does not demand that it met: " + name);
    }
  } else {
    for (const std::string& name : link.names) expect(contains(text, name), "lacks " + name);
  }
  return found;
}

bool is_evidence(const Link& link) {
  return link.target.ends_with("_test.cc") || link.target.ends_with("_test.h") ||
         link.target.starts_with("../scenarios/");
}

// A row says what it rests on, why it cannot happen, or what is open.
Complaints row_complaints(const Checkout& checkout, const std::vector<std::string>& cells,
                          const std::string& number) {
  if (cells.size() != 4) return {number + ": not four cells"};
  Complaints found;
  if (cells[0] != number) found.push_back(number + " is missing, or not in its place");
  if (cells[1].empty() || cells[2].empty()) found.push_back(number + ": an empty cell");
  bool rests = cells[3].starts_with("Open: ");
  for (const Link& link : links_of(cells[3])) {
    rests = rests || is_evidence(link) || (cells[2].starts_with("Cannot") && !link.target.empty());
    for (const std::string& what : link_complaints(checkout, link))
      found.push_back(number + ": " + what);
  }
  if (!rests) found.push_back(number + ": no test, scenario or rule taken out");
  return found;
}

Complaints document_complaints(const Checkout& checkout, const std::string& document) {
  const auto rows = rows_of(document);
  Complaints found;
  for (size_t i = 0; i < kHazards; ++i) {
    const std::string number = "H" + std::to_string(i + 1);
    if (i >= rows.size()) {
      found.push_back(number + " is missing");
      continue;
    }
    for (const std::string& what : row_complaints(checkout, rows[i], number)) found.push_back(what);
  }
  if (rows.size() > kHazards) found.push_back("more than fifty rows");
  return found;
}

const Checkout& checkout() {
  static const Checkout kCheckout(VORDB_SOURCE_DIR);
  return kCheckout;
}

std::string document() { return checkout().read("docs/hazards.md"); }

// The first complaint about the evidence of H1, when that is all that differs from a good row.
std::string about(const std::string& evidence, const std::string& prevented = "a rule") {
  const Complaints found =
      row_complaints(checkout(), {"H1", "a hazard", prevented, evidence}, "H1");
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
    return document_complaints(checkout(), text);
  };
  CHECK(table(0).empty());
  CHECK(table(50) == Complaints{"H50 is missing"});
  CHECK(table(7).front() == "H7 is missing, or not in its place");
  CHECK(document_complaints(checkout(), "").size() == kHazards);
  std::string text;
  for (size_t i = 1; i <= kHazards; ++i) text += row(i == 9 ? 8 : i);
  CHECK(document_complaints(checkout(), text) == Complaints{"H9 is missing, or not in its place"});
  CHECK(document_complaints(checkout(), text + row(51)).back() == "more than fifty rows");
  CHECK(row_complaints(checkout(), {"H1", "", "b", "Open: c."}, "H1").size() == 1);
  CHECK(row_complaints(checkout(), {"H1", "a", "b"}, "H1").size() == 1);
}

TEST_CASE("docs/hazards.md names for each hazard what would catch it") {
  for (const std::string& text : document_complaints(checkout(), document())) FAIL_CHECK(text);
}

}  // namespace vordb::properties
