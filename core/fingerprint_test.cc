// Fingerprints: pinned, so that equality of states means the same on every platform and compiler.
#include "core/fingerprint.h"

#include <set>
#include <string>

#include <doctest/doctest.h>

using vordb::Fingerprint;

namespace {

using Digest = std::pair<uint64_t, uint64_t>;

Digest of_words(std::initializer_list<uint64_t> words) {
  Fingerprint fingerprint;
  for (const uint64_t word : words) fingerprint.add(word);
  return fingerprint.digest();
}

Digest of_strings(std::initializer_list<std::string_view> strings) {
  Fingerprint fingerprint;
  for (const std::string_view s : strings) fingerprint.add(s);
  return fingerprint.digest();
}

}  // namespace

TEST_CASE("fingerprint: the same value everywhere and in every version") {
  CHECK(Fingerprint{}.digest() == Digest{0, 0});
  CHECK(of_words({1, 2, 3}) == Digest{0x7feaf224c832f353, 0x6ae515c1c0ac7e37});
  CHECK(of_strings({"", "abc"}) == Digest{0x677e491cca4a8295, 0x1114e21cfd0b8c95});
  Fingerprint mixed;
  mixed.add(true);
  mixed.add(int32_t{-1});
  mixed.add("x");
  mixed.add(uint8_t{255});
  CHECK(mixed.digest() == Digest{0x650024dce8a4dc0b, 0xc1569b76c689baae});
}

TEST_CASE("fingerprint: order, boundaries and zeros count") {
  std::set<Digest> digests;
  for (const Digest& digest :
       {of_words({}), of_words({0}), of_words({0, 0}), of_words({1, 2}), of_words({2, 1}),
        of_strings({""}), of_strings({"", ""}), of_strings({"ab", "c"}), of_strings({"a", "bc"}),
        of_strings({"abc"}), of_strings({"c", "ab"})}) {
    CHECK(digests.insert(digest).second);
  }
}

TEST_CASE("fingerprint: among 40,000 neighbouring states no two are equal") {
  std::set<uint64_t> high;
  std::set<uint64_t> low;
  for (uint64_t a = 0; a < 200; ++a) {
    for (uint64_t b = 0; b < 200; ++b) {
      const Digest digest = of_words({a, b});
      high.insert(digest.first);
      low.insert(digest.second);
    }
  }
  CHECK(high.size() == 40'000);
  CHECK(low.size() == 40'000);
}
