// The threads on which reads wait for the device, so that shards never do.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace vordb::io {

class ReadPool {
 public:
  explicit ReadPool(size_t threads);
  // Runs what was posted, then ends.
  ~ReadPool();

  // `read` runs on one of the threads, in any order, and throws nothing. Any thread may post.
  void post(std::function<void()> read);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vordb::io
