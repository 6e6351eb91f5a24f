// What the clients of a random history did and what they may therefore expect, whatever the order
// in which owners heard of it: a removal takes away only what was there when it was looked at, and
// a write hides what its writer was shown.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/ids.h"

namespace vordb::sim {

class HistoryRecord {
 public:
  using Key = std::pair<BucketId, std::string>;
  using Acknowledged = std::function<bool(OpId)>;

  // Each call is later than those before it; a look has the time at which it was taken.
  uint64_t now() { return ++time_; }

  void put(const Key& key, const std::string& value, OpId op);
  // `op` puts or deletes, and its client was shown this.
  void overwrites(const Key& key, OpId op, const std::string& shown);
  void add(const Key& key, const std::string& element, OpId op);
  // Of what was there at `seen_at`.
  void remove(const Key& key, const std::string& element, uint64_t seen_at);
  void erase(const Key& key, uint64_t seen_at);
  void count(const Key& key, int64_t by, OpId op);
  // The addition of `element` came to a key that had expired and held these.
  void renewed(const std::string& element, std::vector<std::string> expired);

  // Of an owner's elements of a key, also of those that are hidden: empty, or what is wrong.
  std::string expired_shown(const std::set<std::string>& live) const;

  // Nobody wrote it; or, if no disk was lost (`kept`), something is missing or came back.
  std::string wrong_value(const Key& key, const std::string* value, bool kept,
                          const Acknowledged& acknowledged) const;
  std::string wrong_members(const Key& key, const std::set<std::string>& shown, bool kept,
                            const Acknowledged& acknowledged) const;
  std::string wrong_total(const Key& key, int64_t total, const Acknowledged& acknowledged) const;

 private:
  struct Write {
    OpId op = 0;
    uint64_t time = 0;
    int64_t by = 0;
  };
  struct Register {
    std::map<std::string, OpId> puts;
    std::vector<std::pair<OpId, std::string>> overwritten;
    bool erased = false;
  };
  struct Set {
    std::map<std::string, std::vector<Write>> added;
    std::map<std::string, uint64_t> removed;  // the newest
    uint64_t erased = 0;
  };
  struct Counter {
    std::vector<Write> counts;
    uint64_t erased = 0;
  };
  struct Renewal {
    std::string element;
    std::vector<std::string> expired;
  };

  std::map<Key, Register> registers_;
  std::map<Key, Set> sets_;
  std::map<Key, Counter> counters_;
  std::vector<Renewal> renewals_;
  uint64_t time_ = 0;
};

}  // namespace vordb::sim
