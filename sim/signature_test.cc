// Signatures: one failure seen twice has one, two failures have two.
#include "sim/signature.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "sim/promise_text.h"

namespace vordb::sim {

namespace {

std::string of(const char* text) { return signature_of(Property::kConverged, text); }

}  // namespace

TEST_CASE("signature: a failure has the same one at other keys, nodes, times and values") {
  CHECK(of("client 5 waits for an answer since 1000000") ==
        of("client 11 waits for an answer since 2776128"));
  CHECK(of("3/1: n0 and n4 differ: entry k000001 differs") ==
        of("1/12: n2 and n3 differ: entry k000417 differs"));
  CHECK(of("n0, n1 and n2 hold it") == of("n0 and n4 hold it"));
  CHECK(of("it shows 17:0:3:A!\"'B, node 2 showed -44") ==
        of("it shows 9:1:2:'XYZ, node 0 showed 3"));
  CHECK(of("leaves out key 'a b c' of 12") == of("leaves out key 'd' of 3"));
  CHECK(of("bucket churn-set is missing for call 3 (put)") ==
        of("bucket strong-lww is missing for call 77 (put)"));
  CHECK(of("shows e000001 e000002  e000003 , node 1") == of("shows e000004 , node 0"));
}

TEST_CASE("signature: other failures have others") {
  const std::set<std::string> all = {of("n0 and n1 have clocks 1 and 2"),
                                     of("n0 and n1: entry 3 differs"),
                                     of("n0 is down"),
                                     of("bucket x is there"),
                                     of("bucket x is missing"),
                                     of("bucket x is missing (put)"),
                                     of("n0 isn't there, n1's is"),
                                     of("")};
  CHECK(all.size() == 8);
  CHECK(signature_of(Property::kRestarts, "n0 is down") != of("n0 is down"));
}

TEST_CASE("signature: is a property and eight digits, the same on every platform") {
  CHECK(normalised("client 5 of n0 and n1 waits: 17 us (x2)") == "client # of # waits: # us #)");
  CHECK(of("client 5 waits for an answer since 1000000") == "converged-1b35dd77");
}

TEST_CASE("signature: a broken assertion is known by file and words") {
  const std::string one =
      "a line before\n/work/a/core/vnode/log.cc:117: assertion broken: it rises (a < b)\nmore\n";
  CHECK(abort_reason(one) == "log.cc: assertion broken: it rises (a < b)");
  CHECK(signature_of_abort(one, "signal 6") ==
        signature_of_abort("log.cc:4: assertion broken: it rises (a < b)", "signal 11"));
  CHECK(signature_of_abort(one, "signal 6") !=
        signature_of_abort("log.cc:4: assertion broken: it rises (b < a)", "signal 6"));
  CHECK(signature_of_abort(one, "signal 6") !=
        signature_of_abort("disk.cc:4: assertion broken: it rises (a < b)", "signal 6"));
  CHECK(signature_of_abort("", "signal 6 (Aborted)") !=
        signature_of_abort("", "signal 11 (Segmentation fault)"));
  CHECK(abort_reason("==4==ERROR: AddressSanitizer: heap-use-after-free on 0x1") ==
        "ERROR: AddressSanitizer: heap-use-after-free on 0x1");
  CHECK(abort_reason("all is well\n") == "");
  CHECK(signature_of_abort(one, "").starts_with("abort-"));
}

TEST_CASE("promises: every property has one sentence of its own") {
  std::set<std::string> all;
  for (int property = 0; property < kProperties; ++property) {
    const std::string promise = promise_of(Property(property));
    CAPTURE(to_string(Property(property)));
    CHECK(promise.size() > 10);
    CHECK(promise.back() == '.');
    CHECK(promise.find('.') == promise.size() - 1);
    all.insert(promise);
  }
  CHECK(all.size() == size_t(kProperties));
}

}  // namespace vordb::sim
