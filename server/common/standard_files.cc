#include "server/common/standard_files.h"

#include <fcntl.h>
#include <unistd.h>

namespace vordb::server {

void hold_standard_files() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (fcntl(fd, F_GETFD) != -1) continue;
    // The lowest free number is this one: those below it are open.
    const int got = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (got != -1 && got != fd) close(got);
  }
}

}  // namespace vordb::server
