#include "server/bench_load.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "io/metrics_process.h"
#include "server/bench_client.h"

namespace vordb::server {
namespace {

// How long answers may stay out after the last request was sent.
constexpr uint64_t kDrainNs = 30ull * 1000 * 1000 * 1000;
constexpr int kEventsMax = 256;

// One thread's share of a load: its clients and their loop.
class LoadThread {
 public:
  LoadThread(const LoadSpec& spec, uint32_t index) : source_(spec, index), spec_(spec) {
    clients_.reserve(spec.clients / spec.threads + 1);
    for (uint32_t i = index; i < spec.clients; i += spec.threads)
      clients_.emplace_back(spec, source_, result_);
  }
  ~LoadThread() {
    if (epoll_ >= 0) close(epoll_);
  }
  LoadThread(const LoadThread&) = delete;
  LoadThread& operator=(const LoadThread&) = delete;

  absl::Status connect() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < clients_.size(); ++i) {
      if (absl::Status status = clients_[i].connect(); !status.ok()) return status;
      epoll_event event{};
      event.events = EPOLLIN | EPOLLOUT | EPOLLET;
      event.data.u64 = i;
      if (epoll_ctl(epoll_, EPOLL_CTL_ADD, clients_[i].fd(), &event) != 0) {
        return absl::InternalError("epoll_ctl failed");
      }
    }
    return absl::OkStatus();
  }

  absl::Status run() {
    const uint64_t start = now_ns();
    const uint64_t stop_at = spec_.in_order ? UINT64_MAX : start + uint64_t(spec_.seconds * 1e9);
    for (BenchClient& client : clients_) {
      if (absl::Status status = client.fill(start); !status.ok()) return status;
    }
    epoll_event events[kEventsMax];
    while (in_flight() > 0) {
      const int ready = epoll_wait(epoll_, events, kEventsMax, 1000);
      const uint64_t now = now_ns();
      if (now >= stop_at) source_.stop();
      if (stop_at != UINT64_MAX && now > stop_at + kDrainNs) {
        return absl::DeadlineExceededError("answers are missing 30 s after the last request");
      }
      for (int i = 0; i < ready; ++i) {
        if (absl::Status status = clients_[events[i].data.u64].on_ready(); !status.ok())
          return status;
      }
    }
    result_.seconds = double(now_ns() - start) / 1e9;
    return absl::OkStatus();
  }

  const LoadResult& result() const { return result_; }

 private:
  uint64_t in_flight() const {
    uint64_t sum = 0;
    for (const BenchClient& client : clients_) sum += client.in_flight();
    return sum;
  }

  LoadResult result_;
  OperationSource source_;
  const LoadSpec& spec_;
  std::vector<BenchClient> clients_;
  int epoll_ = -1;
};

}  // namespace

void LoadResult::merge(const LoadResult& other) {
  read_ns.merge(other.read_ns);
  write_ns.merge(other.write_ns);
  not_found += other.not_found;
  errors += other.errors;
  if (first_error.empty()) first_error = other.first_error;
  seconds = std::max(seconds, other.seconds);
}

absl::StatusOr<LoadResult> run_load(const LoadSpec& asked) {
  LoadSpec spec = asked;
  spec.threads = std::clamp<uint32_t>(spec.threads, 1, spec.clients);
  std::vector<std::unique_ptr<LoadThread>> loads;
  for (uint32_t i = 0; i < spec.threads; ++i) {
    loads.push_back(std::make_unique<LoadThread>(spec, i));
    if (absl::Status status = loads.back()->connect(); !status.ok()) return status;
  }
  const double cpu_before = io::process_cpu_seconds();
  std::vector<absl::Status> statuses(loads.size());
  std::vector<std::thread> threads;
  for (size_t i = 1; i < loads.size(); ++i) {
    threads.emplace_back([&, i] { statuses[i] = loads[i]->run(); });
  }
  statuses[0] = loads[0]->run();
  for (std::thread& thread : threads) thread.join();
  LoadResult result;
  for (size_t i = 0; i < loads.size(); ++i) {
    if (!statuses[i].ok()) return statuses[i];
    result.merge(loads[i]->result());
  }
  result.cpu_seconds = io::process_cpu_seconds() - cpu_before;
  return result;
}

}  // namespace vordb::server
