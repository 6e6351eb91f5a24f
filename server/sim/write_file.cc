#include "server/sim/write_file.h"

#include <cstdio>
#include <fstream>

#include <sys/stat.h>

namespace vordb::server {

std::string write_whole(const std::string& path, const std::string& bytes) {
  struct stat found;
  const bool is_file = stat(path.c_str(), &found) != 0 || S_ISREG(found.st_mode);
  const std::string target = is_file ? path + ".partial" : path;
  std::ofstream out(target, std::ios::binary);
  if (!out) return path + ": cannot be written";
  if (out << bytes && out.flush()) {
    out.close();
    if (!is_file || std::rename(target.c_str(), path.c_str()) == 0) return "";
  }
  if (is_file) std::remove(target.c_str());
  return path + ": could not be written to its end";
}

}  // namespace vordb::server
