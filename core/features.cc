#include "core/features.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace vordb {

Features program_features() { return {std::string(kShortReplicas)}; }

Features former_features() { return {}; }

bool has(const Features& features, std::string_view name) {
  return std::binary_search(features.begin(), features.end(), name);
}

Features lacking(const Features& wanted, const Features& there) {
  Features lacks;
  std::set_difference(wanted.begin(), wanted.end(), there.begin(), there.end(),
                      std::back_inserter(lacks));
  return lacks;
}

std::string switched_on_text(const Features& lacks) {
  return absl::StrCat("the cluster has switched on ", absl::StrJoin(lacks, ", "),
                      ", which this node's program does not have: start a program that has it");
}

}  // namespace vordb
