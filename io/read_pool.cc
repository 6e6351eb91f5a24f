#include "io/read_pool.h"

#include <utility>

#include "io/asio.h"

namespace vordb::io {

struct ReadPool::Impl {
  boost::asio::thread_pool pool;
};

ReadPool::ReadPool(size_t threads) : impl_(new Impl{boost::asio::thread_pool(threads)}) {}

ReadPool::~ReadPool() { impl_->pool.join(); }

void ReadPool::post(std::function<void()> read) { boost::asio::post(impl_->pool, std::move(read)); }

}  // namespace vordb::io
