#include "server/process_harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "core/host_port.h"
#include "proto/client.pb.h"

namespace vordb::server {
namespace {

std::vector<std::string> environment_of(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** at = environ; *at; ++at) {
    const std::string entry = *at;
    if (!entry.starts_with("VORDB_")) result.push_back(entry);
  }
  for (const auto& [name, value] : added) result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// Starts a program with these files as its standard input, output and error; `before`, if any, is
// the command that runs it.
pid_t spawn(const std::string& name, const std::vector<std::string>& arguments,
            const std::map<std::string, std::string>& environment, const std::string& in,
            const std::string& out, const std::string& err,
            const std::vector<std::string>& before = {}) {
  std::vector<std::string> argv = before;
  argv.push_back(std::string(VORDB_BIN_DIR) + "/" + name);
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  std::vector<std::string> env = environment_of(environment);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_addopen(&files, 2, err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  pid_t pid = -1;
  const int failure = posix_spawnp(&pid, argv[0].c_str(), &files, nullptr, pointers(argv).data(),
                                   pointers(env).data());
  posix_spawn_file_actions_destroy(&files);
  REQUIRE_MESSAGE(failure == 0, argv[0]);
  return pid;
}

int status_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? -WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

// Runs a program to its end; `before`, if any, is the command that runs it.
ProgramResult run_behind(const std::vector<std::string>& before, const std::string& name,
                         const std::vector<std::string>& arguments,
                         const std::map<std::string, std::string>& environment,
                         const std::string& input) {
  TempDir dir;
  std::ofstream(dir.path() + "/in") << input;
  const pid_t pid = spawn(name, arguments, environment, dir.path() + "/in", dir.path() + "/out",
                          dir.path() + "/err", before);
  int status = 0;
  const bool ended = poll_until(60000, [&] { return waitpid(pid, &status, WNOHANG) == pid; });
  if (!ended) {
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
  }
  REQUIRE_MESSAGE(ended, name);
  return {status_of(status), read_file(dir.path() + "/out"), read_file(dir.path() + "/err")};
}

}  // namespace

ProgramResult run_command(const std::string& command) {
  TempDir dir;
  const std::string out = dir.path() + "/out", err = dir.path() + "/err";
  const int status = std::system((command + " >" + out + " 2>" + err).c_str());
  return {status_of(status), read_file(out), read_file(err)};
}

bool poll_until(int timeout_ms, const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    poll(nullptr, 0, 5);
  }
  return true;
}

uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  REQUIRE(bound);
  return ntohs(address.sin_port);
}

ProgramResult run_program(const std::string& name, const std::vector<std::string>& arguments,
                          const std::map<std::string, std::string>& environment,
                          const std::string& input) {
  return run_behind({}, name, arguments, environment, input);
}

ProgramResult run_in_shell(const std::string& name, const std::string& script,
                           const std::map<std::string, std::string>& environment) {
  return run_behind({"sh", "-c", script}, name, {}, environment, "");
}

FullPipe::FullPipe(const std::string& path) {
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  fd_ = open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(fd_ != -1);
  const std::string page(4096, 'x');
  while (write(fd_, page.data(), page.size()) > 0) {
  }
}

FullPipe::~FullPipe() { close(fd_); }

NodeProcess::NodeProcess(std::string data_dir, std::vector<std::string> flags)
    : data_dir_(std::move(data_dir)), flags_(std::move(flags)), log_path_(data_dir_ + ".log") {}

NodeProcess::~NodeProcess() {
  kill_hard();
  std::filesystem::remove(log_path_);
}

void NodeProcess::launch(const std::vector<std::string>& more_flags) {
  REQUIRE(pid_ == -1);
  std::map<std::string, std::string> settings = {
      {"VORDB_NODE_ID", "node1"},
      {"VORDB_DATA_DIR", data_dir_},
      {"VORDB_HOST", host_},
      {"VORDB_HTTP_PORT", std::to_string(http_port_)},
      {"VORDB_TCP_PORT", std::to_string(tcp_port_)},
      {"VORDB_CLUSTER_PORT", std::to_string(cluster_port_)},
      {"VORDB_SHARDS", "1"},
      {"VORDB_COLUMN_FAMILIES", "4"},
      {"VORDB_CF_WRITE_BUFFER_SIZE_MB", "1"},
      {"VORDB_BLOCK_CACHE_SIZE_MB", "16"},
      {"VORDB_MIN_FREE_MB", "16"}};
  std::vector<std::string> arguments = flags_;
  arguments.insert(arguments.end(), more_flags.begin(), more_flags.end());
  pid_ = spawn("vordb", arguments, settings, "/dev/null", "/dev/null", log_path_, before_);
}

void NodeProcess::start(const std::vector<std::string>& more_flags) {
  launch(more_flags);
  const bool answered = poll_until(15000, [&] { return has_exited() || is_ready(); });
  REQUIRE_MESSAGE((answered && !has_exited()), "log:\n" << log());
}

bool NodeProcess::is_ready() {
  if (!io::FrameClient::connect(host_, tcp_port_, 1000).ok()) return false;
  const absl::StatusOr<io::HttpAnswer> answer =
      io::http_call(host_, http_port_, "GET", "/status", "", 5000);
  return answer.ok() && answer->status == 200;
}

bool NodeProcess::has_exited() const {
  siginfo_t info{};
  return waitid(P_PID, id_t(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
}

void NodeProcess::signal(int number) { REQUIRE(kill(pid_, number) == 0); }

int NodeProcess::wait(int timeout_ms) {
  int status = 0;
  const bool ended =
      poll_until(timeout_ms, [&] { return waitpid(pid_, &status, WNOHANG) == pid_; });
  REQUIRE_MESSAGE(ended, "still running, log:\n" << log());
  pid_ = -1;
  return status_of(status);
}

void NodeProcess::kill_hard() {
  if (pid_ == -1) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

io::FrameClient NodeProcess::client() {
  absl::StatusOr<io::FrameClient> client = io::FrameClient::connect(host_, tcp_port_, 15000);
  REQUIRE_MESSAGE(client.ok(), client.status().ToString());
  return *std::move(client);
}

io::HttpAnswer NodeProcess::http(const std::string& method, const std::string& target,
                                 const std::string& body, int timeout_ms) {
  const absl::StatusOr<io::HttpAnswer> answer =
      io::http_call(host_, http_port_, method, target, body, timeout_ms);
  REQUIRE_MESSAGE(answer.ok(), answer.status().ToString());
  return *answer;
}

void NodeProcess::settle_in(std::string host, std::string network_namespace) {
  REQUIRE(pid_ == -1);
  host_ = std::move(host);
  if (!network_namespace.empty()) before_ = {"ip", "netns", "exec", std::move(network_namespace)};
}

void NodeProcess::limit_descriptors(int count) {
  REQUIRE(pid_ == -1);
  before_ = {"sh", "-c", fmt::format("ulimit -n {} && exec \"$0\" \"$@\"", count)};
}

void NodeProcess::log_to(std::string path) {
  REQUIRE(pid_ == -1);
  log_path_ = std::move(path);
}

std::string NodeProcess::cluster_address() const { return format_address(host_, cluster_port_); }

std::string NodeProcess::log() const {
  return std::filesystem::is_regular_file(log_path_) ? read_file(log_path_) : "";
}

TEST_CASE("a program's exit status and both of its outputs come back") {
  const ProgramResult good = run_program("vordb", {"--version"});
  CHECK(good.exit_status == 0);
  CHECK(good.out.starts_with("vordb "));
  CHECK(good.err.empty());
  CHECK(run_program("vordb-cli", {}).exit_status == 2);
}

}  // namespace vordb::server
