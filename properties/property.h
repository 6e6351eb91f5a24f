// Properties over generated inputs inside doctest cases (RapidCheck has no doctest adapter).
//
// check_property() runs a body on many inputs; a failing one is shrunk and fails the test case with
// the smallest counterexample found. The seed is fixed, so that a run can be repeated; the
// environment changes what is run:
//   VORDB_PROPERTY_CASES   inputs a property, 1,000 when unset
//   VORDB_PROPERTY_SEED    any other number for other inputs
// Inside a body, below() and between() draw, and RC_ASSERT judges.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

namespace vordb::properties {

inline uint64_t number_from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

inline int property_cases() { return int(number_from_environment("VORDB_PROPERTY_CASES", 1000)); }

template <typename Body>
void check_property(const std::string& name, Body&& body) {
  rc::detail::TestMetadata metadata;
  metadata.id = name;
  metadata.description = name;
  rc::detail::TestParams params;
  params.seed = number_from_environment("VORDB_PROPERTY_SEED", 20120618);
  params.maxSuccess = property_cases();
  const rc::detail::TestResult result =
      rc::detail::checkTestable(std::forward<Body>(body), metadata, params);
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  const bool holds = result.template is<rc::detail::SuccessResult>();
  CHECK_MESSAGE(holds, name << ": " << text.str());
  if (!holds) return;
  const int cases = result.template get<rc::detail::SuccessResult>().numSuccess;
  CHECK(cases >= params.maxSuccess);  // a check that engaged with nothing fails
  MESSAGE(name << ": " << cases << " cases, seed " << params.seed);
}

// A number in [0, end).
inline uint64_t below(uint64_t end) { return *rc::gen::inRange<uint64_t>(0, end); }
// A number in [first, last].
inline uint64_t between(uint64_t first, uint64_t last) { return first + below(last - first + 1); }
inline bool coin() { return below(2) == 1; }

// Any 64 bits, small and extreme ones often.
inline uint64_t any_word() {
  static constexpr uint64_t kEdges[] = {
      0, 1, 127, 128, 255, 256, 65535, UINT32_MAX, INT64_MAX, UINT64_MAX, UINT64_MAX - 1};
  switch (below(3)) {
    case 0:
      return kEdges[below(std::size(kEdges))];
    case 1:
      return below(1000);
    default:
      return *rc::gen::arbitrary<uint64_t>();
  }
}

inline std::string any_bytes(size_t length_max) {
  std::string bytes;
  for (uint64_t length = below(length_max + 1); length > 0; --length) {
    bytes.push_back(char(uint8_t(coin() ? below(4) + 0xfe : below(256))));
  }
  return bytes;
}

}  // namespace vordb::properties
