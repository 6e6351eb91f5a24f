// The files that commands leave behind.
#pragma once

#include <string>

namespace vordb::server {

// A file that is there keeps its content until the new one is whole: it may be open in a viewer.
// What is no file, such as a pipe, is written as it is. Empty: written; else why not.
std::string write_whole(const std::string& path, const std::string& bytes);

}  // namespace vordb::server
