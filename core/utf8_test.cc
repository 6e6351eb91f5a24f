// What is well-formed UTF-8, by the table of the Unicode standard and by brute force.
#include "core/utf8.h"

#include <string>

#include <doctest/doctest.h>

using vordb::is_utf8;

namespace {

std::string encode(uint32_t code) {
  std::string out;
  const auto push = [&](uint32_t byte) { out.push_back(char(uint8_t(byte))); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xc0 | code >> 6);
    push(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    push(0xe0 | code >> 12);
    push(0x80 | (code >> 6 & 0x3f));
    push(0x80 | (code & 0x3f));
  } else {
    push(0xf0 | code >> 18);
    push(0x80 | (code >> 12 & 0x3f));
    push(0x80 | (code >> 6 & 0x3f));
    push(0x80 | (code & 0x3f));
  }
  return out;
}

}  // namespace

TEST_CASE("utf8: good strings") {
  const std::string good[] = {"",
                              "plain ASCII, longer than eight bytes",
                              std::string("nul \0 inside", 12),
                              "\x7f",
                              "h\xc3\xa9llo",
                              "\xe2\x82\xac",
                              "\xef\xbb\xbf",
                              "\xf0\x9f\x98\x80",
                              "1234567\xc3\xa9",
                              "\xf4\x8f\xbf\xbf"};
  for (const std::string& s : good) {
    CAPTURE(s);
    CHECK(is_utf8(s));
  }
}

TEST_CASE("utf8: bad strings, also behind eight good bytes and before more") {
  const std::string bad[] = {
      "\x80",              // a continuation alone
      "\xc3",              // cut off
      "\xe2\x82",          //
      "\xf0\x9f\x98",      //
      "\xc3\x28",          // no continuation
      "\xe2\x28\xa1",      //
      "\xe2\x82\x28",      //
      "\xf0\x9f\x98\x28",  //
      "\xc0\x80",          // overlong forms
      "\xc1\xbf",          //
      "\xe0\x9f\xbf",      //
      "\xf0\x8f\xbf\xbf",  //
      "\xed\xa0\x80",      // surrogates
      "\xed\xbf\xbf",      //
      "\xf4\x90\x80\x80",  // above U+10FFFF
      "\xf5\x80\x80\x80",  //
      "\xfe",
      "\xff",
  };
  for (const std::string& s : bad) {
    CAPTURE(s);
    CHECK_FALSE(is_utf8(s));
    CHECK_FALSE(is_utf8("12345678" + s));
    CHECK_FALSE(is_utf8("123" + s + "12345678"));
  }
}

TEST_CASE("utf8: every code point but the surrogates, and nothing above U+10FFFF") {
  uint32_t wrong = 0;
  for (uint32_t code = 0; code < 0x110800; ++code) {
    const bool good = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    wrong += is_utf8(encode(code)) != good;
  }
  CHECK(wrong == 0);
}

TEST_CASE("utf8: every overlong form is refused") {
  uint32_t wrong = 0;
  for (uint32_t code = 0; code < 0x80; ++code) {
    wrong +=
        is_utf8(std::string{char(uint8_t(0xc0 | code >> 6)), char(uint8_t(0x80 | (code & 0x3f)))});
  }
  for (uint32_t code = 0; code < 0x800; ++code) {
    wrong += is_utf8(std::string{char(uint8_t(0xe0)), char(uint8_t(0x80 | (code >> 6 & 0x3f))),
                                 char(uint8_t(0x80 | (code & 0x3f)))});
  }
  for (uint32_t code = 0; code < 0x10000; ++code) {
    wrong += is_utf8(std::string{char(uint8_t(0xf0)), char(uint8_t(0x80 | (code >> 12 & 0x3f))),
                                 char(uint8_t(0x80 | (code >> 6 & 0x3f))),
                                 char(uint8_t(0x80 | (code & 0x3f)))});
  }
  CHECK(wrong == 0);
}
