// A closed-loop load: each client keeps `depth` requests in flight and sends the next one when an
// answer has come. One thread serves all of its clients by epoll, reads many answers and writes
// many requests a system call, and reuses its buffers, so that the server is what limits the
// figures.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "core/client_api.h"
#include "server/bench_codec.h"
#include "server/histogram.h"

namespace vordb::server {

struct LoadSpec {
  std::string host = "127.0.0.1";
  uint16_t port = 5001;
  Protocol protocol = Protocol::kTcp;
  std::string bucket;  // empty: the default bucket of the type
  BucketType type = BucketType::kLww;
  uint32_t clients = 50;
  uint32_t depth = 1;
  uint32_t threads = 1;
  uint32_t read_percent = 80;
  uint64_t first_key = 0;
  uint64_t keys = 100000;      // chosen uniformly
  uint32_t value_bytes = 100;  // registers
  uint64_t elements = 100;     // sets: adds choose among so many elements
  uint32_t batch = 1;          // sets: elements an add
  // Write every key (every element of every set) once and in order instead of choosing; ends when
  // that is done.
  bool in_order = false;
  uint64_t first_element = 0;  // of an ordered load
  double seconds = 5;          // of a random load
  uint64_t operations = 0;     // at most so many; 0 = no limit
  uint64_t seed = 1;
};

struct LoadResult {
  Histogram read_ns;
  Histogram write_ns;
  uint64_t not_found = 0;
  uint64_t errors = 0;
  std::string first_error;
  double seconds = 0;      // from the first request to the last answer
  double cpu_seconds = 0;  // of this process meanwhile

  uint64_t operations() const { return read_ns.count() + write_ns.count(); }
  double operations_per_second() const { return seconds > 0 ? double(operations()) / seconds : 0; }
  void merge(const LoadResult& other);
};

// Error answers are counted in the result. The status is not ok when a connection cannot be made or
// breaks.
absl::StatusOr<LoadResult> run_load(const LoadSpec& spec);

}  // namespace vordb::server
