#include "core/operations.h"

namespace vordb {

namespace {

template <typename Row, size_t kRows>
constexpr bool in_order(const Row (&table)[kRows], auto Row::*of) {
  for (size_t i = 0; i < kRows; ++i) {
    if (size_t(table[i].*of) != i) return false;
  }
  return true;
}
static_assert(in_order(kBucketTypes, &BucketTypeRow::type));
static_assert(in_order(kOperationTable, &OperationRow::operation));

template <typename Row, size_t kRows>
const Row* find(const Row (&table)[kRows], std::string_view name) {
  for (const Row& row : table) {
    if (name == row.name) return &row;
  }
  return nullptr;
}

template <typename Row, size_t kRows>
std::vector<std::string> names_of(const Row (&table)[kRows]) {
  std::vector<std::string> names;
  for (const Row& row : table) names.emplace_back(row.name);
  return names;
}

}  // namespace

const BucketTypeRow* find_bucket_type(std::string_view name) { return find(kBucketTypes, name); }
const Consistency* find_consistency(std::string_view name) { return find(kConsistencies, name); }
std::vector<std::string> bucket_type_names() { return names_of(kBucketTypes); }
std::vector<std::string> consistency_names() { return names_of(kConsistencies); }

std::string must_be_one_of(const std::vector<std::string>& names) {
  std::string text = "must be ";
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace vordb
