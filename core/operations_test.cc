#include "core/operations.h"

#include <doctest/doctest.h>

#include <set>

namespace vordb {
namespace {

TEST_CASE("operations: a name leads to the row that has it, and no other name to any") {
  for (const BucketTypeRow& row : kBucketTypes) CHECK(find_bucket_type(row.name) == &row);
  for (const Consistency& row : kConsistencies) CHECK(find_consistency(row.name) == &row);
  for (const char* name : {"", "LWW", "lww ", "set"}) CHECK(find_bucket_type(name) == nullptr);
  CHECK(find_consistency("strong") == nullptr);
}

TEST_CASE("operations: what a type is read and written with belongs to it") {
  for (const BucketTypeRow& row : kBucketTypes) {
    CHECK(row_of(row.read).type == row.type);
    CHECK(row_of(row.write).type == row.type);
    CHECK_FALSE(mutates(row.read));
    CHECK(mutates(row.write));
  }
}

TEST_CASE("operations: no two have one name") {
  std::set<std::string> names;
  for (const OperationRow& row : kOperationTable) names.insert(row.name);
  CHECK(names.size() == size_t(kOperations));
}

TEST_CASE("operations: what may be chosen is told in one sentence") {
  CHECK(must_be_one_of(bucket_type_names()) == "must be lww, orswot or pn_counter");
  CHECK(must_be_one_of(consistency_names()) == "must be eventual, session, consistent or paranoid");
  CHECK(must_be_one_of({"one"}) == "must be one");
}

}  // namespace
}  // namespace vordb
