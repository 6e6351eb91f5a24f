// Whether bytes are well-formed UTF-8.
#pragma once

#include <string_view>

namespace vordb {

bool is_utf8(std::string_view bytes);

}  // namespace vordb
