#include "core/vnode/overlay.h"

#include <doctest/doctest.h>

#include "core/vnode/record_keys.h"

using vordb::Answer;
using vordb::BucketId;
using vordb::Hlc;
using vordb::SharedEntry;
using vordb::crdt::Dot;
using vordb::crdt::Entry;
using vordb::vnode::Change;
using vordb::vnode::entry_name;
using vordb::vnode::Overlay;

namespace {

constexpr BucketId kBucket = 20;

SharedEntry entry(uint64_t counter) {
  Entry made;
  made.context.raise({1, 16, 1}, counter);
  return std::make_shared<const Entry>(made);
}

void change(Overlay& overlay, const std::string& key, const std::string& subkey, SharedEntry to) {
  overlay.open().wanted = true;
  overlay.open().changes.push_back(Change{kBucket, 0, key, subkey, to});
  overlay.write(entry_name(kBucket, key, subkey), to);
}

}  // namespace

TEST_CASE("overlay: shows the newest change until the batch that holds it is durable") {
  Overlay overlay;
  const std::string name = entry_name(kBucket, "k", "s");
  CHECK(overlay.find(name) == nullptr);
  CHECK(overlay.empty());
  change(overlay, "k", "s", entry(1));
  CHECK(*overlay.find(name) != nullptr);
  overlay.close(10);
  const SharedEntry second = entry(2);
  change(overlay, "k", "s", second);
  overlay.close(11);
  CHECK(overlay.groups() == 2);
  overlay.take_durable(10);
  REQUIRE(overlay.find(name) != nullptr);
  CHECK(*overlay.find(name) == second);
  overlay.take_durable(11);
  CHECK(overlay.find(name) == nullptr);
  CHECK(overlay.empty());
}

TEST_CASE("overlay: a key's entries, removals among them, and no other key's") {
  Overlay overlay;
  change(overlay, "k", "a", entry(1));
  change(overlay, "k", "b", std::make_shared<const Entry>());
  change(overlay, "kk", "a", entry(1));
  const auto found = overlay.of_key(kBucket, "k");
  REQUIRE(found.size() == 2);
  CHECK(found[0].subkey == "a");
  CHECK(found[1].entry->vacant());
  CHECK(overlay.of_key(kBucket, "none").empty());
  overlay.erase(vordb::vnode::key_begin(kBucket, "k"), vordb::vnode::key_end(kBucket, "k"));
  CHECK(overlay.of_key(kBucket, "k").empty());
  CHECK(overlay.of_key(kBucket, "kk").size() == 1);
}

TEST_CASE("overlay: an answer is known until it is durable") {
  Overlay overlay;
  const Answer first{Dot{{1, 16, 1}, 1}, Hlc{5}, "f"};
  overlay.open().wanted = true;
  overlay.remember({"token", first});
  CHECK(*overlay.answer("token") == first);
  overlay.close(1);
  const Answer second{Dot{{1, 16, 1}, 2}, Hlc{6}, "f"};
  overlay.open().wanted = true;
  overlay.remember({"token", second});
  overlay.close(2);
  overlay.take_durable(1);
  CHECK(*overlay.answer("token") == second);
  overlay.take_durable(2);
  CHECK(overlay.answer("token") == nullptr);
}

TEST_CASE("overlay: the newest group that is not durable, and the lowest time in any") {
  Overlay overlay;
  CHECK(overlay.newest() == nullptr);
  CHECK(overlay.lowest_hlc() == Hlc{UINT64_MAX});
  overlay.open().wanted = true;
  overlay.open().lowest_hlc = Hlc{7};
  CHECK(overlay.newest() == &overlay.open());
  overlay.close(1);
  CHECK(overlay.newest()->op == 1);
  overlay.open().wanted = true;
  overlay.open().lowest_hlc = Hlc{9};
  CHECK(overlay.lowest_hlc() == Hlc{7});
  CHECK(overlay.any([](const auto& group) { return group.lowest_hlc == Hlc{9}; }));
  overlay.take_durable(1);
  CHECK(overlay.lowest_hlc() == Hlc{9});
  CHECK(!overlay.any([](const auto& group) { return group.lowest_hlc == Hlc{7}; }));
}
