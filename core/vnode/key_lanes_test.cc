#include "core/vnode/key_lanes.h"

#include <doctest/doctest.h>

#include "core/vnode/record_keys.h"

using vordb::vnode::key_begin;
using vordb::vnode::KeyLanes;
using vordb::vnode::KeyTask;
using vordb::vnode::StripTask;

namespace {

KeyTask task(const std::string& key, const std::string& name) {
  KeyTask made;
  made.bucket = 20;
  made.key = key;
  made.what = StripTask{name};
  return made;
}

std::string name_of(const std::optional<KeyTask>& task) {
  return task ? std::get<StripTask>(task->what).subkey : "none";
}

}  // namespace

TEST_CASE("key lanes: tasks of an occupied key come back in the order in which they came") {
  KeyLanes lanes;
  const std::string key = key_begin(20, "k");
  KeyTask first = task("k", "1");
  CHECK(!lanes.queue(first));
  lanes.occupy(key);
  KeyTask second = task("k", "2");
  KeyTask third = task("k", "3");
  KeyTask other = task("other", "4");
  CHECK(lanes.queue(second));
  CHECK(lanes.queue(third));
  CHECK(!lanes.queue(other));
  CHECK(name_of(lanes.next(key)) == "2");
  // The second occupies the key now.
  KeyTask fourth = task("k", "5");
  CHECK(lanes.queue(fourth));
  CHECK(name_of(lanes.next(key)) == "3");
  CHECK(name_of(lanes.next(key)) == "5");
  CHECK(!lanes.free());
  CHECK(name_of(lanes.next(key)) == "none");
  CHECK(lanes.free());
}

TEST_CASE("key lanes: while all are held back nothing runs, and then all of it in order") {
  KeyLanes lanes;
  lanes.hold();
  KeyTask first = task("a", "1");
  KeyTask second = task("b", "2");
  CHECK(lanes.queue(first));
  CHECK(lanes.queue(second));
  auto held = lanes.release();
  REQUIRE(held.size() == 2);
  CHECK(name_of(held[0]) == "1");
  CHECK(name_of(held[1]) == "2");
  KeyTask third = task("a", "3");
  CHECK(!lanes.queue(third));
}
