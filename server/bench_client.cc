#include "server/bench_client.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace vordb::server {
namespace {

constexpr size_t kReadBytes = 64 * 1024;

}  // namespace

uint64_t now_ns() {
  return uint64_t(std::chrono::duration_cast<std::chrono::nanoseconds>(
                      std::chrono::steady_clock::now().time_since_epoch())
                      .count());
}

OperationSource::OperationSource(const LoadSpec& spec, uint32_t index)
    : spec_(spec),
      writer_(spec.protocol, spec.bucket),
      random_state_(spec.seed * 1000003 + index),
      step_(index),
      left_(spec.operations == 0 ? UINT64_MAX : spec.operations / spec.threads) {
  for (uint32_t i = 0; i < spec.value_bytes; ++i) value_ += char('a' + random() % 26);
}

// SplitMix64 (Steele, Lea, Flood 2014).
uint64_t OperationSource::random() {
  uint64_t z = random_state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

bool OperationSource::append_next(std::string& out, bool* is_read) {
  if (stopped_ || left_ == 0) return false;
  BenchRequest request;
  *is_read = false;
  if (spec_.in_order) {
    if (!next_in_order(request)) return false;
  } else {
    *is_read = random() % 100 < spec_.read_percent;
    next_random(request, *is_read);
  }
  request.key = key_;
  if (request.operation == Operation::kPut) request.value = value_;
  writer_.append(out, request);
  --left_;
  return true;
}

bool OperationSource::next_in_order(BenchRequest& request) {
  const bool sets = spec_.type == BucketType::kOrswot;
  const uint64_t steps_a_key = sets ? (spec_.elements + spec_.batch - 1) / spec_.batch : 1;
  const uint64_t key = step_ / steps_a_key;
  if (key >= spec_.keys) return false;
  const uint64_t first = (step_ % steps_a_key) * spec_.batch;
  request.operation = row_of(spec_.type).write;
  request.first_element = spec_.first_element + first;
  request.elements =
      uint32_t(std::min<uint64_t>(spec_.batch, spec_.elements - std::min(first, spec_.elements)));
  key_ = bench_key(spec_.first_key + key);
  step_ += spec_.threads;
  return true;
}

void OperationSource::next_random(BenchRequest& request, bool is_read) {
  request.operation = is_read ? row_of(spec_.type).read : row_of(spec_.type).write;
  request.elements = spec_.batch;
  if (!is_read && spec_.type == BucketType::kOrswot)
    request.first_element = random() % spec_.elements;
  key_ = bench_key(spec_.first_key + random() % spec_.keys);
}

BenchClient::BenchClient(const LoadSpec& spec, OperationSource& source, LoadResult& result)
    : spec_(spec), source_(source), result_(result), in_(kReadBytes, '\0'), pending_(spec.depth) {}

BenchClient::BenchClient(BenchClient&& other) noexcept
    : spec_(other.spec_),
      source_(other.source_),
      result_(other.result_),
      fd_(std::exchange(other.fd_, -1)),
      in_(std::move(other.in_)),
      pending_(std::move(other.pending_)) {}

BenchClient::~BenchClient() {
  if (fd_ >= 0) close(fd_);
}

absl::Status BenchClient::connect() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure =
      getaddrinfo(spec_.host.c_str(), std::to_string(spec_.port).c_str(), &hints, &found);
  if (failure != 0) return absl::InvalidArgumentError(spec_.host + ": " + gai_strerror(failure));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  fd_ = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0 || ::connect(fd_, found->ai_addr, found->ai_addrlen) != 0) {
    return absl::UnavailableError(spec_.host + ":" + std::to_string(spec_.port) + ": " +
                                  std::strerror(errno));
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
  return absl::OkStatus();
}

absl::Status BenchClient::fill(uint64_t now) {
  while (in_flight_ < spec_.depth) {
    Pending& slot = pending_[(oldest_ + in_flight_) % spec_.depth];
    if (!source_.append_next(out_, &slot.is_read)) break;
    slot.started_ns = now;
    ++in_flight_;
  }
  return write_some();
}

absl::Status BenchClient::on_ready() {
  if (absl::Status status = read_all(); !status.ok()) return status;
  return fill(now_ns());
}

absl::Status BenchClient::read_all() {
  for (;;) {
    if (in_size_ == in_.size()) in_.resize(in_.size() * 2);
    const ssize_t got = recv(fd_, in_.data() + in_size_, in_.size() - in_size_, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return absl::OkStatus();
    if (got == 0) return absl::UnavailableError("the server closed a connection");
    if (got < 0)
      return absl::UnavailableError(std::string("a connection broke: ") + std::strerror(errno));
    in_size_ += size_t(got);
    const bool drained = in_size_ < in_.size();
    if (absl::Status status = take_replies(); !status.ok()) return status;
    if (drained) return absl::OkStatus();
  }
}

absl::Status BenchClient::take_replies() {
  const uint64_t now = now_ns();
  size_t at = 0;
  while (at < in_size_) {
    const std::string_view rest(in_.data() + at, in_size_ - at);
    const ScannedReply reply = scan_reply(spec_.protocol, rest);
    if (reply.kind == ScannedReply::Kind::kIncomplete) break;
    if (in_flight_ == 0) return absl::DataLossError("an answer without a request");
    const Pending& pending = pending_[oldest_];
    (pending.is_read ? result_.read_ns : result_.write_ns).record(now - pending.started_ns);
    oldest_ = (oldest_ + 1) % spec_.depth;
    --in_flight_;
    if (reply.kind == ScannedReply::Kind::kNotFound) ++result_.not_found;
    if (reply.kind == ScannedReply::Kind::kError) {
      ++result_.errors;
      if (result_.first_error.empty()) {
        result_.first_error = reply_error(spec_.protocol, rest.substr(0, reply.bytes));
      }
    }
    at += reply.bytes;
  }
  in_size_ -= at;
  if (in_size_ > 0 && at > 0) std::memmove(in_.data(), in_.data() + at, in_size_);
  return absl::OkStatus();
}

absl::Status BenchClient::write_some() {
  while (sent_ < out_.size()) {
    const ssize_t sent = send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return absl::OkStatus();
    if (sent < 0)
      return absl::UnavailableError(std::string("a connection broke: ") + std::strerror(errno));
    sent_ += size_t(sent);
  }
  out_.clear();
  sent_ = 0;
  return absl::OkStatus();
}

}  // namespace vordb::server
