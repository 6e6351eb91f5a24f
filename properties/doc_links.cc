#include "properties/doc_links.h"

#include <cctype>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string_view>

#include "sim/findings.h"

namespace vordb::properties {

namespace {

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

// Whether a run of the scenario that never met the property counts as under-tested.
bool demands(const std::string& scenario, const std::string& property) {
  const auto document = nlohmann::json::parse(scenario, nullptr, false);
  if (!document.is_object() || !document.contains("minimum")) return false;
  for (const auto& relevant : document["minimum"]["relevant"]) {
    if (relevant == property) return true;
  }
  return false;
}

}  // namespace

std::vector<std::vector<std::string>> rows_of(const std::string& document,
                                              const std::string& begin) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream stream(document);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("| " + begin)) rows.push_back(cells_of(line));
  }
  return rows;
}

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

Complaints link_complaints(const ReadFile& read, const Link& link) {
  if (!link.target.starts_with("../")) return {"no link to a file: " + link.target};
  const std::string path = link.target.substr(3);
  const std::string text = read(path);
  if (text.empty()) return {"no such file: " + path};
  Complaints found;
  const auto expect = [&](bool good, const std::string& what) {
    if (!good) found.push_back(path + ": " + what);
  };
  if (path.ends_with("_test.cc") || path.ends_with("_test.h")) {
    const std::set<std::string> tests = test_cases_of(text);
    expect(!link.names.empty(), "none of its test cases is named");
    for (const std::string& name : link.names) expect(tests.contains(name), "no test: " + name);
  } else if (path.starts_with("scenarios/known-bugs/")) {
    const bool noticed = contains(text, "\nRed: ") || contains(text, "\nProperty: ");
    expect(text.starts_with("Rule: ") && noticed, "names nothing that must notice");
    expect(link.names.empty(), "what notices it stands in it");
  } else if (path.starts_with("scenarios/")) {
    expect(!link.names.empty(), "no property is named");
    for (const std::string& name : link.names) {
      expect(sim::property_named(name).has_value(), "no property: " + name);
      expect(demands(text, name), "does not demand that it met: " + name);
    }
  } else {
    for (const std::string& name : link.names) expect(contains(text, name), "lacks " + name);
  }
  return found;
}

}  // namespace vordb::properties
