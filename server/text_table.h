// Rows of text as an aligned table for people: a header, a rule and columns padded to the widest
// cell.
#pragma once

#include <string>
#include <vector>

namespace vordb::server {

class TextTable {
 public:
  // A column whose title begins with ">" is aligned to the right (the sign is not shown).
  explicit TextTable(std::vector<std::string> titles);

  // One cell a column; line breaks and control characters are shown escaped.
  void add(std::vector<std::string> cells);

  bool empty() const { return rows_.empty(); }
  std::string to_string() const;

 private:
  std::vector<std::string> titles_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

// Text that cannot move the cursor of a terminal: control characters become \xNN, \n and the like.
std::string printable(const std::string& text);

}  // namespace vordb::server
