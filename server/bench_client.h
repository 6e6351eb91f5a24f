// The parts of a load (server/bench_load.h): what to ask next, and one connection that keeps its
// pipeline full.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/bench_codec.h"
#include "server/bench_load.h"

namespace vordb::server {

uint64_t now_ns();

// Which operation comes next, and its bytes. One a thread.
class OperationSource {
 public:
  // Thread `index` of spec.threads takes every threads-th step of an ordered load and its share of
  // the operations.
  OperationSource(const LoadSpec& spec, uint32_t index);

  // Appends one request; false when there are no more. `is_read` tells which histogram its answer
  // belongs to.
  bool append_next(std::string& out, bool* is_read);
  void stop() { stopped_ = true; }

 private:
  uint64_t random();
  bool next_in_order(BenchRequest& request);
  void next_random(BenchRequest& request, bool is_read);

  const LoadSpec& spec_;
  RequestWriter writer_;
  std::string value_;
  std::string key_;
  uint64_t random_state_;
  uint64_t step_;
  uint64_t left_;
  bool stopped_ = false;
};

class BenchClient {
 public:
  // All three outlive the client; `result` gets its latencies and errors.
  BenchClient(const LoadSpec& spec, OperationSource& source, LoadResult& result);
  BenchClient(BenchClient&& other) noexcept;
  ~BenchClient();

  absl::Status connect();
  int fd() const { return fd_; }
  uint32_t in_flight() const { return in_flight_; }

  // Sends requests until `depth` are in flight or there are no more.
  absl::Status fill(uint64_t now);
  // The socket may be read or written again: takes the answers that are there and sends as many new
  // requests.
  absl::Status on_ready();

 private:
  struct Pending {
    uint64_t started_ns = 0;
    bool is_read = false;
  };

  absl::Status read_all();
  absl::Status take_replies();
  absl::Status write_some();

  const LoadSpec& spec_;
  OperationSource& source_;
  LoadResult& result_;
  int fd_ = -1;
  std::string in_;
  size_t in_size_ = 0;
  std::string out_;
  size_t sent_ = 0;
  std::vector<Pending> pending_;  // a ring of `depth`
  uint32_t oldest_ = 0;
  uint32_t in_flight_ = 0;
};

}  // namespace vordb::server
