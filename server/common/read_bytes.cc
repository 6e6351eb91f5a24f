#include "server/common/read_bytes.h"

#include <cerrno>
#include <cstdio>

namespace vordb::server {

int read_bytes(const std::string& file, size_t max, std::string* bytes) {
  std::FILE* const in = std::fopen(file.c_str(), "re");
  if (!in) return errno;
  char part[4096];
  int failure = 0;
  while (!std::feof(in) && failure == 0) {
    errno = 0;
    bytes->append(part, std::fread(part, 1, sizeof part, in));
    if (std::ferror(in)) failure = errno;
    if (bytes->size() > max) failure = EFBIG;
  }
  std::fclose(in);
  return failure;
}

}  // namespace vordb::server
