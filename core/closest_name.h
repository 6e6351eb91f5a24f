// What somebody meant who wrote a name that there is not.
#pragma once

#include <string_view>
#include <vector>

namespace vordb {

// The name among `names` that takes the fewest changed letters, the first of several; empty when
// all of them take too many to have been meant.
std::string_view closest_name(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace vordb
