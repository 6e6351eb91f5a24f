// A whole file, or why it cannot be read.
#pragma once

#include <cstddef>
#include <string>

namespace vordb::server {

// 0, or what errno would say. A folder can be opened like a file and fails when it is read; of more
// than `max` bytes, such as a device may give without end, it is EFBIG.
int read_bytes(const std::string& file, size_t max, std::string* bytes);

}  // namespace vordb::server
