// The links of a document that says what rests on which test: what is named must be there. Tests
// read such tables, so that a page cannot name a test that has gone.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "properties/architecture_rules.h"

namespace vordb::properties {

// What a file of the checkout holds; nothing when there is none.
using ReadFile = std::function<std::string(const std::string& path)>;

// "[`sim/x_test.cc`](../sim/x_test.cc) `one name`, `another`": a link, and the names that follow it
// up to the next one.
struct Link {
  std::string target;
  std::vector<std::string> names;
};

// The cells of each row of a table whose first cell begins like this.
std::vector<std::vector<std::string>> rows_of(const std::string& document,
                                              const std::string& begin);

// Names that follow no link are put under one without a target.
std::vector<Link> links_of(const std::string& cell);

// What is wrong with a link, or with the names that are said to be in its file: test cases of a
// test, properties that a scenario demands, text of any other file.
Complaints link_complaints(const ReadFile& read, const Link& link);

}  // namespace vordb::properties
