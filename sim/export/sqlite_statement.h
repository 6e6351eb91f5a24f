// A statement of SQLite: values are bound one after the other, then it is stepped through. What
// fails is remembered: the database says what, and ok() that.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace vordb::sim {

class SqliteStatement {
 public:
  SqliteStatement(sqlite3* database, const std::string& sql) {
    ok_ = sqlite3_prepare_v2(database, sql.c_str(), -1, &statement_, nullptr) == SQLITE_OK;
  }
  // INSERT of a row of so many columns.
  SqliteStatement(sqlite3* database, const std::string& table, int columns)
      : SqliteStatement(database, insert_of(table, columns)) {}
  ~SqliteStatement() { sqlite3_finalize(statement_); }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  SqliteStatement& number(uint64_t value) {
    return bound(sqlite3_bind_int64(statement_, ++at_, sqlite3_int64(value)));
  }
  SqliteStatement& number(std::optional<uint64_t> value) {
    return value ? number(*value) : nothing();
  }
  SqliteStatement& text(std::string_view value) {
    return bound(sqlite3_bind_text64(statement_, ++at_, value.data(), value.size(),
                                     SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  SqliteStatement& nothing() { return bound(sqlite3_bind_null(statement_, ++at_)); }

  // To its end; then it may be bound anew.
  void write() {
    ok_ = ok_ && sqlite3_step(statement_) == SQLITE_DONE;
    sqlite3_reset(statement_);
    at_ = 0;
  }

  // To its next row. False: there is none.
  bool next() {
    if (!ok_) return false;
    const int code = sqlite3_step(statement_);
    ok_ = code == SQLITE_ROW || code == SQLITE_DONE;
    return code == SQLITE_ROW;
  }
  uint64_t number_at(int column) { return uint64_t(sqlite3_column_int64(statement_, column)); }
  std::string text_at(int column) {
    const unsigned char* text = sqlite3_column_text(statement_, column);
    return text == nullptr ? "" : reinterpret_cast<const char*>(text);
  }

  bool ok() const { return ok_; }

 private:
  static std::string insert_of(const std::string& table, int columns) {
    std::string sql = absl::StrCat("INSERT INTO ", table, " VALUES(?");
    for (int i = 1; i < columns; ++i) sql += ",?";
    return sql + ")";
  }
  SqliteStatement& bound(int code) {
    ok_ = ok_ && code == SQLITE_OK;
    return *this;
  }

  sqlite3_stmt* statement_ = nullptr;
  int at_ = 0;
  bool ok_ = false;
};

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};

inline bool execute(sqlite3* database, const char* sql) {
  return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

}  // namespace vordb::sim
