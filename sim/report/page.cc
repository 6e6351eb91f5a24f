#include "sim/report/page.h"

#include "core/assert.h"

namespace vordb::sim {

namespace {

std::string_view file_named(std::string_view name) {
  for (const PageFile& file : page_files()) {
    if (file.name == name) return file.text;
  }
  VORDB_ASSERT(false, "page.html names a file that is there");
  return {};
}

}  // namespace

// What is put in is not looked through again: the data may say whatever it likes.
std::string page_of(std::string_view data) {
  constexpr std::string_view kOpen = "{{", kClose = "}}";
  std::string page;
  std::string_view rest = file_named("page.html");
  for (size_t open = rest.find(kOpen); open != rest.npos; open = rest.find(kOpen)) {
    const size_t close = rest.find(kClose, open);
    VORDB_ASSERT(close != rest.npos, "what page.html opens it closes");
    const std::string_view name = rest.substr(open + kOpen.size(), close - open - kOpen.size());
    page += rest.substr(0, open);
    page += name == "DATA" ? data : file_named(name);
    rest = rest.substr(close + kClose.size());
  }
  page += rest;
  return page;
}

}  // namespace vordb::sim
