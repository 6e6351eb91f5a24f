// The connections of one server by slot. A slot number is short and is reused, oldest first; its
// generation tells the connection that has it now from those before. Used by the loop's thread
// only.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "io/backend.h"

namespace vordb::io {

template <typename Connection>
class ConnectionTable {
 public:
  struct Place {
    uint32_t slot = 0;
    uint32_t generation = 0;
  };

  // Takes a free slot; false when all are taken.
  bool reserve(Place* place) {
    if (free_.empty()) {
      if (rows_.size() >= kMaxConnectionSlots) return false;
      free_.push_back(uint32_t(rows_.size()));
      rows_.emplace_back();
    }
    place->slot = free_.front();
    free_.pop_front();
    place->generation = rows_[place->slot].generation;
    return true;
  }

  void put(const Place& place, std::shared_ptr<Connection> connection) {
    rows_[place.slot].connection = std::move(connection);
    ++count_;
  }

  // Null when the slot is empty or belongs to another connection by now.
  Connection* find(uint32_t slot, uint32_t generation) const {
    if (slot >= rows_.size() || rows_[slot].generation != generation) return nullptr;
    return rows_[slot].connection.get();
  }

  // Frees the slot; the connection itself lives on while a handler refers to it.
  void release(const Place& place) {
    Row& row = rows_[place.slot];
    row.connection.reset();
    row.generation = (row.generation + 1) & kGenerationMask;
    free_.push_back(place.slot);
    --count_;
  }

  // Every connection there is now; visit() may release them.
  template <typename Visitor>
  void for_each(Visitor&& visit) {
    for (size_t slot = 0; slot < rows_.size(); ++slot) {
      if (const std::shared_ptr<Connection> connection = rows_[slot].connection) visit(*connection);
    }
  }

  // At the end of the server: answers that never come must not keep connections.
  void drop_all() {
    for (Row& row : rows_) row.connection.reset();
  }

  size_t count() const { return count_; }

 private:
  struct Row {
    std::shared_ptr<Connection> connection;
    uint32_t generation = 0;
  };

  std::vector<Row> rows_;
  std::deque<uint32_t> free_;
  size_t count_ = 0;
};

}  // namespace vordb::io
