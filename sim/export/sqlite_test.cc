// The database of the story made by hand, asked.
#include "sim/export/sqlite.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <string>
#include <vector>

#include "sim/export/story_sample_test.h"

namespace vordb::sim {
namespace {

class Asked {
 public:
  explicit Asked(std::string bytes) : bytes_(std::move(bytes)) {
    REQUIRE(sqlite3_open(":memory:", &database_) == SQLITE_OK);
    REQUIRE(sqlite3_deserialize(database_, "main", reinterpret_cast<unsigned char*>(bytes_.data()),
                                sqlite3_int64(bytes_.size()), sqlite3_int64(bytes_.size()),
                                SQLITE_DESERIALIZE_READONLY) == SQLITE_OK);
  }
  ~Asked() { sqlite3_close(database_); }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  // Rows of columns with | between them.
  std::vector<std::string> operator()(const std::string& sql) const {
    std::vector<std::string> rows;
    const auto take = [](void* rows, int columns, char** values, char**) {
      std::string row;
      for (int i = 0; i < columns; ++i)
        row += (i > 0 ? "|" : "") + std::string(values[i] ? values[i] : "NULL");
      static_cast<std::vector<std::string>*>(rows)->push_back(row);
      return 0;
    };
    const int code = sqlite3_exec(database_, sql.c_str(), take, &rows, nullptr);
    CHECK_MESSAGE(code == SQLITE_OK, sqlite3_errmsg(database_));
    return rows;
  }

 private:
  std::string bytes_;
  sqlite3* database_ = nullptr;
};

using Rows = std::vector<std::string>;

TEST_CASE("export: the sample story in a database") {
  const absl::StatusOr<std::string> bytes = sqlite_of(sample_story());
  REQUIRE(bytes.ok());
  const Asked ask(*bytes);
  CHECK(ask("SELECT * FROM run") == Rows{"sample|7|VIOLATION|2|1|2|1|9"});
  CHECK(ask("SELECT count(*) FROM events") == Rows{"9"});
  CHECK(ask("SELECT * FROM events WHERE number = 6") ==
        Rows{"6|4|1201|n1|1|1|peer_message|load|replicate|60|000000000000abc6"});
  CHECK(ask("SELECT kind, sender, receiver, sent_event, arrived_event, lost_event, fate, bytes "
            "FROM messages ORDER BY id") == Rows{"call|c0|n0|2|3|NULL|arrived|NULL",
                                                 "message|n0|n1|4|6|NULL|arrived|42",
                                                 "message|n1|n0|6|NULL|6|lost, the link is cut|9",
                                                 "answer|n0|c0|4|8|NULL|arrived|NULL"});
  CHECK(ask("SELECT kind, what, event, begin_us, end_us FROM faults") ==
        Rows{"partition|n0 | n1 for 5000 us|5|1200|6200"});
  CHECK(ask("SELECT property, text, event, time_us FROM violations") ==
        Rows{"acked_durable|k1 is not on the disk|9|2000"});
  CHECK(ask("SELECT who, what FROM notes WHERE event IS NULL") == Rows{"phase|form"});
  CHECK(ask("SELECT event, who FROM notes WHERE event > 7") ==
        Rows{"8|client 0", "9|acked_durable"});
  CHECK(ask("PRAGMA foreign_key_check").empty());
}

TEST_CASE("export: the same story is the same database, byte for byte") {
  CHECK(*sqlite_of(sample_story()) == *sqlite_of(sample_story()));
}

TEST_CASE("export: a part of a run has no outcome") {
  Story story = sample_story();
  story.over = false;
  CHECK(Asked(*sqlite_of(story))("SELECT outcome FROM run") == Rows{"NULL"});
}

TEST_CASE("export: a seed is kept whole") {
  Story story = sample_story();
  story.seed = UINT64_MAX;
  CHECK(Asked(*sqlite_of(story))("SELECT seed FROM run") == Rows{"18446744073709551615"});
}

}  // namespace
}  // namespace vordb::sim
