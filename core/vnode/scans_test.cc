#include "core/vnode/scans.h"

#include <doctest/doctest.h>

using vordb::ReadResult;
using vordb::Record;
using vordb::vnode::Scans;

namespace {

constexpr Scans::Kind kKind = Scans::Kind::kForget;

ReadResult page(const std::string& last, bool more) {
  ReadResult result;
  result.records.push_back(Record{last, {}});
  result.more = more;
  return result;
}

}  // namespace

TEST_CASE("scans: a walk goes on behind the page that was seen, until the table's end") {
  Scans scans;
  CHECK(!scans.ready(kKind));
  scans.begin(kKind);
  CHECK(scans.ready(kKind));
  CHECK(scans.seen(kKind).empty());
  scans.take(kKind, page("b", true));
  CHECK(scans.ready(kKind));
  CHECK(scans.seen(kKind) == "b");
  scans.take(kKind, page("d", false));
  CHECK(!scans.under_way(kKind));
}

TEST_CASE("scans: a walk that is wanted again keeps its place") {
  Scans scans;
  scans.begin(kKind);
  scans.take(kKind, page("b", true));
  scans.begin(kKind);
  CHECK(scans.seen(kKind) == "b");
  CHECK(!scans.under_way(Scans::Kind::kDue));
}

TEST_CASE("scans: while a page is on its way none is read") {
  Scans scans;
  scans.begin(kKind);
  scans.wait(kKind);
  CHECK(!scans.ready(kKind));
  CHECK(scans.under_way(kKind));
  scans.take(kKind, page("b", true));
  CHECK(scans.ready(kKind));
}

TEST_CASE("scans: a page that cannot be read ends the walk, and the next begins anew") {
  Scans scans;
  scans.begin(kKind);
  scans.take(kKind, page("b", true));
  ReadResult failed;
  failed.status = absl::UnavailableError("the disk");
  scans.take(kKind, failed);
  CHECK(!scans.under_way(kKind));
  scans.begin(kKind);
  CHECK(scans.seen(kKind).empty());
}
