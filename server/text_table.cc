#include "server/text_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/assert.h"

namespace vordb::server {
namespace {

// Code points of UTF-8 text: near enough to columns of a terminal.
size_t width(const std::string& text) {
  return size_t(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

void append_cell(std::string& line, const std::string& cell, size_t columns, bool right,
                 bool last) {
  const std::string padding(columns - width(cell), ' ');
  if (right) line += padding;
  line += cell;
  if (!right && !last) line += padding;
  if (!last) line += "  ";
}

}  // namespace

std::string printable(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

TextTable::TextTable(std::vector<std::string> titles) : titles_(std::move(titles)) {
  for (std::string& title : titles_) {
    right_.push_back(title.starts_with('>'));
    if (right_.back()) title.erase(0, 1);
  }
}

void TextTable::add(std::vector<std::string> cells) {
  VORDB_ASSERT(cells.size() == titles_.size(), "a row has a cell for each column");
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string TextTable::to_string() const {
  std::vector<size_t> columns;
  for (size_t i = 0; i < titles_.size(); ++i) {
    size_t widest = width(titles_[i]);
    for (const auto& row : rows_) widest = std::max(widest, width(row[i]));
    columns.push_back(widest);
  }
  std::string text;
  const auto append_row = [&](const std::vector<std::string>& cells) {
    for (size_t i = 0; i < cells.size(); ++i) {
      append_cell(text, cells[i], columns[i], right_[i], i + 1 == cells.size());
    }
    text += '\n';
  };
  append_row(titles_);
  std::vector<std::string> rule;
  for (const size_t column : columns) rule.emplace_back(column, '-');
  append_row(rule);
  for (const auto& row : rows_) append_row(row);
  return text;
}

}  // namespace vordb::server
