#include "io/frame_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "core/host_port.h"
#include "proto/client.pb.h"

namespace vordb::io {
namespace {

constexpr size_t kReadBytes = 64 * 1024;
constexpr uint32_t kFrameBytesMax = 128u << 20;

std::string errno_text(int error) { return std::strerror(error); }

absl::Status wait_for(int fd, short events, int timeout_ms) {
  pollfd poll_fd{fd, events, 0};
  for (;;) {
    const int ready = poll(&poll_fd, 1, timeout_ms);
    if (ready > 0) return absl::OkStatus();
    if (ready == 0)
      return absl::DeadlineExceededError("no answer within " + std::to_string(timeout_ms) + " ms");
    if (errno != EINTR) return absl::UnavailableError("poll: " + errno_text(errno));
  }
}

// A connected socket, or the errno of the failure in `error`.
int connect_one(const addrinfo& address, int timeout_ms, int* error) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    *error = errno;
    return -1;
  }
  *error = connect(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (*error == EINPROGRESS) {
    socklen_t size = sizeof *error;
    if (!wait_for(fd, POLLOUT, timeout_ms).ok()) {
      *error = ETIMEDOUT;
    } else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, error, &size) != 0) {
      *error = errno;
    }
  }
  if (*error != 0) {
    close(fd);
    return -1;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

absl::StatusOr<FrameClient> FrameClient::connect(const std::string& host, uint16_t port,
                                                 int timeout_ms) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(std::string(without_brackets(host)).c_str(),
                                  std::to_string(port).c_str(), &hints, &found);
  if (failure != 0) return absl::InvalidArgumentError(host + ": " + gai_strerror(failure));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  int error = 0;
  for (const addrinfo* address = found; address; address = address->ai_next) {
    const int fd = connect_one(*address, timeout_ms, &error);
    if (fd >= 0) return FrameClient(fd, timeout_ms);
  }
  return absl::UnavailableError(format_address(without_brackets(host), port) + ": " +
                                errno_text(error));
}

FrameClient::FrameClient(FrameClient&& other) noexcept { *this = std::move(other); }

FrameClient& FrameClient::operator=(FrameClient&& other) noexcept {
  std::swap(fd_, other.fd_);
  timeout_ms_ = other.timeout_ms_;
  out_ = std::move(other.out_);
  sent_ = other.sent_;
  in_ = std::move(other.in_);
  taken_ = other.taken_;
  return *this;
}

FrameClient::~FrameClient() {
  if (fd_ >= 0) close(fd_);
}

void FrameClient::queue(const pb::Request& request) {
  const uint32_t size = htonl(uint32_t(request.ByteSizeLong()));
  out_.append(reinterpret_cast<const char*>(&size), sizeof size);
  request.AppendToString(&out_);
}

absl::Status FrameClient::flush() {
  while (sent_ < out_.size()) {
    if (absl::Status status = exchange(true); !status.ok()) return status;
  }
  out_.clear();
  sent_ = 0;
  return absl::OkStatus();
}

absl::Status FrameClient::receive(pb::Response* response) {
  for (;;) {
    const size_t have = in_.size() - taken_;
    uint32_t size = 0;
    if (have >= sizeof size) {
      std::memcpy(&size, in_.data() + taken_, sizeof size);
      size = ntohl(size);
      if (size > kFrameBytesMax)
        return absl::DataLossError("the answer is no frame of the protocol: wrong port?");
    }
    if (have >= sizeof size && have - sizeof size >= size) {
      const bool parsed = response->ParseFromArray(in_.data() + taken_ + sizeof size, int(size));
      taken_ += sizeof size + size;
      if (taken_ == in_.size()) in_.clear(), taken_ = 0;
      if (!parsed)
        return absl::DataLossError("the answer is no message of the protocol: wrong port?");
      return absl::OkStatus();
    }
    if (absl::Status status = exchange(false); !status.ok()) return status;
  }
}

absl::Status FrameClient::call(const pb::Request& request, pb::Response* response) {
  queue(request);
  if (absl::Status status = flush(); !status.ok()) return status;
  return receive(response);
}

absl::Status FrameClient::exchange(bool writing) {
  const short events = short(writing ? POLLIN | POLLOUT : POLLIN);
  if (absl::Status status = wait_for(fd_, events, timeout_ms_); !status.ok()) return status;
  if (writing) {
    const ssize_t sent = send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (sent >= 0) sent_ += size_t(sent);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      return absl::UnavailableError("the connection broke: " + errno_text(errno));
    }
  }
  return read_some();
}

absl::Status FrameClient::read_some() {
  if (taken_ > 0) in_.erase(0, taken_), taken_ = 0;
  const size_t have = in_.size();
  in_.resize(have + kReadBytes);
  const ssize_t got = recv(fd_, in_.data() + have, kReadBytes, 0);
  in_.resize(have + size_t(got > 0 ? got : 0));
  if (got == 0) return absl::UnavailableError("the server closed the connection");
  if (got < 0 && errno != EAGAIN && errno != EINTR) {
    return absl::UnavailableError("the connection broke: " + errno_text(errno));
  }
  return absl::OkStatus();
}

}  // namespace vordb::io
