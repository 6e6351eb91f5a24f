#include "server/text_table.h"

#include <doctest/doctest.h>

namespace vordb::server {
namespace {

TEST_CASE("a table pads its columns to the widest cell and aligns numbers to the right") {
  TextTable table({"name", ">count", "note"});
  CHECK(table.empty());
  table.add({"a", "5", "x"});
  table.add({"longer", "1234567", ""});
  CHECK_FALSE(table.empty());
  CHECK(table.to_string() ==
        "name      count  note\n"
        "------  -------  ----\n"
        "a             5  x\n"
        "longer  1234567  \n");
}

TEST_CASE("a table counts code points and shows control characters escaped") {
  TextTable table({"k", "v"});
  table.add({"\xc3\xa9\xc3\xa9\xc3\xa9", "1"});
  table.add({"a\nb\x1b[", "2"});
  CHECK(table.to_string() ==
        "k          v\n"
        "---------  -\n"
        "\xc3\xa9\xc3\xa9\xc3\xa9        1\n"
        "a\\nb\\x1b[  2\n");
}

}  // namespace
}  // namespace vordb::server
