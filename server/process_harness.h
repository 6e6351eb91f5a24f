// Runs the real programs for tests: a node on free ports in a folder of its own, and programs that
// end by themselves. Everything that waits polls with a deadline; nothing sleeps for a fixed time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "io/frame_client.h"
#include "io/http_client.h"
#include "io/testing/files.h"

namespace vordb::server {

using io::read_file;
using io::TempDir;

// Asks `done` every few milliseconds until it says true; false after `timeout_ms`.
bool poll_until(int timeout_ms, const std::function<bool()>& done);

// A port of 127.0.0.1 that nobody listens on.
uint16_t free_port();

struct ProgramResult {
  int exit_status = -1;  // -signal when a signal ended it
  std::string out;
  std::string err;
};

// Runs a program of VORDB_BIN_DIR to its end, `input` on its standard input. VORDB_ variables of
// the tests' own environment are not passed on.
ProgramResult run_program(const std::string& name, const std::vector<std::string>& arguments,
                          const std::map<std::string, std::string>& environment = {},
                          const std::string& input = "");

// Runs a program of VORDB_BIN_DIR as a shell script says, in which it is "$0"; for what only a
// shell can arrange about its descriptors.
ProgramResult run_in_shell(const std::string& name, const std::string& script,
                           const std::map<std::string, std::string>& environment = {});

// Runs a command line to its end, as long as it takes: how long a test may is for ctest to say.
ProgramResult run_command(const std::string& command);

// A pipe under a name that nobody reads from and that takes nothing more.
class FullPipe {
 public:
  explicit FullPipe(const std::string& path);
  ~FullPipe();
  FullPipe(const FullPipe&) = delete;
  FullPipe& operator=(const FullPipe&) = delete;

 private:
  int fd_ = -1;
};

class NodeProcess {
 public:
  // Not started yet. `flags` override the defaults of the tests: small buffers, one shard.
  explicit NodeProcess(std::string data_dir, std::vector<std::string> flags = {});
  ~NodeProcess();
  NodeProcess(const NodeProcess&) = delete;
  NodeProcess& operator=(const NodeProcess&) = delete;

  // Starts it and waits until it answers; fails the test case with its log when it does not within
  // 15 s.
  void start(const std::vector<std::string>& more_flags = {});
  // Starts it without waiting.
  void launch(const std::vector<std::string>& more_flags = {});
  bool is_ready();

  // Has ended, and wait() will return at once.
  bool has_exited() const;

  void signal(int number);
  // The exit status, or -signal; fails the test case when it still runs after `timeout_ms`.
  int wait(int timeout_ms = 10000);
  void kill_hard();

  // At another address than 127.0.0.1, or in a network namespace of its own; before it starts.
  void settle_in(std::string host, std::string network_namespace);

  // With so many descriptors at most (`ulimit -n`); before it starts.
  void limit_descriptors(int count);
  // With this file as its standard error; before it starts. log() has only what a plain file holds.
  void log_to(std::string path);

  io::FrameClient client();
  io::HttpAnswer http(const std::string& method, const std::string& target,
                      const std::string& body = "", int timeout_ms = 15000);

  const std::string& host() const { return host_; }
  std::string cluster_address() const;
  pid_t pid() const { return pid_; }
  uint16_t http_port() const { return http_port_; }
  uint16_t tcp_port() const { return tcp_port_; }
  const std::string& data_dir() const { return data_dir_; }
  // Everything that it and its predecessors in this folder logged.
  std::string log() const;

 private:
  std::string data_dir_;
  std::vector<std::string> flags_;
  std::string log_path_;
  uint16_t http_port_ = free_port();
  uint16_t tcp_port_ = free_port();
  uint16_t cluster_port_ = free_port();
  std::string host_ = "127.0.0.1";
  std::vector<std::string> before_;  // the command that runs it
  pid_t pid_ = -1;
};

}  // namespace vordb::server
