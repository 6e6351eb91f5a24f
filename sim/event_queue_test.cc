#include "sim/event_queue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "sim/chooser.h"
#include "sim/trace.h"

namespace vordb::sim {
namespace {

TEST_CASE("event queue: events come in order of time, equal times in order of planning") {
  Chooser chooser(1);
  EventQueue queue;
  std::vector<std::pair<uint64_t, uint64_t>> planned;
  std::vector<std::pair<uint64_t, uint64_t>> popped;
  uint64_t number = 0;
  for (int round = 0; round < 20'000; ++round) {
    if (queue.empty() || chooser.below(2) == 0) {
      Event event;
      event.time_us = (popped.empty() ? 0 : popped.back().first) + chooser.below(50);
      event.payload = number++;
      planned.push_back({event.time_us, event.payload});
      queue.push(event);
    } else {
      CHECK(queue.next_time_us() >= (popped.empty() ? 0 : popped.back().first));
      const Event event = queue.pop();
      popped.push_back({event.time_us, event.payload});
    }
  }
  while (!queue.empty()) {
    const Event event = queue.pop();
    popped.push_back({event.time_us, event.payload});
  }
  // Nothing was planned before what had been popped, so the whole order is that of a stable sort.
  std::sort(planned.begin(), planned.end());
  CHECK(popped == planned);
}

TEST_CASE("pool: slots are used again, values are not mixed up") {
  Pool<std::string> pool;
  const uint64_t a = pool.put("a"), b = pool.put("b");
  CHECK(pool.take(a) == "a");
  const uint64_t c = pool.put("c");
  CHECK(c == a);
  CHECK(pool.take(b) == "b");
  CHECK(pool.take(c) == "c");
}

TEST_CASE("trace: the hash tells runs apart by any field of any event, and by their order") {
  const auto hash_of = [](std::vector<Event> events, uint64_t draws) {
    Trace trace;
    for (const Event& event : events) trace.event(event, draws);
    return trace.hash();
  };
  Event a, b;
  b.time_us = 5;
  const TraceHash both = hash_of({a, b}, 7);
  CHECK(both == hash_of({a, b}, 7));
  CHECK_FALSE(both == hash_of({b, a}, 7));
  CHECK_FALSE(both == hash_of({a, b}, 8));
  CHECK_FALSE(both == hash_of({a}, 7));
  for (int field = 0; field < 6; ++field) {
    Event changed = b;
    if (field == 0) changed.time_us ^= 1;
    if (field == 1) changed.digest ^= 1;
    if (field == 2) changed.actor ^= 1;
    if (field == 3) changed.shard ^= 1;
    if (field == 4) changed.life ^= 1;
    if (field == 5) changed.kind = EventKind::kReply;
    CHECK_FALSE(both == hash_of({a, changed}, 7));
  }
  Trace noted;
  noted.note(0, Voice::node(0), "text");
  CHECK_FALSE(noted.hash() == TraceHash{});
  // Fixed for ever: a change of the hash makes all recorded runs worthless.
  CHECK(both.hex().size() == 32);
}

TEST_CASE("trace: a line an event goes to the sink") {
  std::string text;
  Trace trace([&](std::string_view line) { text += line; });
  Event event;
  event.time_us = 12;
  event.actor = 3;
  event.kind = EventKind::kTick;
  trace.event(event, 4);
  trace.note(13, Voice::node(0), "crash");
  CHECK(text == "12 n3/0 tick life=0 digest=0000000000000000 draws=4\n13 n0: crash\n");
}

}  // namespace
}  // namespace vordb::sim
