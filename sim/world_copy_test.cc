// A world is a value: a copy goes on as the original would, event for event and byte for byte of
// trace, and neither sees what the other does.
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/chooser.h"
#include "sim/fresh_seed_test.h"
#include "sim/scenario_file_test.h"
#include "sim/world.h"

namespace vordb::sim {
namespace {

constexpr uint64_t kSeeds = 6;

// How a run ended, and all that was written of it since some moment.
struct End {
  TraceHash hash;
  std::pair<uint64_t, uint64_t> fingerprint;
  uint64_t events = 0;
  uint64_t draws = 0;
  std::string text;
  bool operator==(const End&) const = default;
};

End run_to_end(World& world) {
  End end;
  world.set_sink([&end](std::string_view line) { end.text.append(line); });
  while (world.advance()) {
  }
  const RunResult result = world.result();
  world.set_sink(nullptr);
  end.hash = result.hash;
  end.fingerprint = world.fingerprint();
  end.events = result.events;
  end.draws = result.draws;
  return end;
}

std::unique_ptr<World> begun(const Scenario& scenario, uint64_t seed, uint64_t events) {
  auto world = std::make_unique<World>(scenario, seed);
  world->start();
  while (world->events() < events && world->advance()) {
  }
  return world;
}

// Copies a run at a random moment of it.
void check_copies(const std::string& name, uint64_t seed) {
  CAPTURE(name);
  CAPTURE(seed);
  const Scenario scenario = short_scenario(name);
  World whole(scenario, seed);
  const RunResult straight = whole.run();
  REQUIRE(straight.events > 100);
  const uint64_t at = 1 + Chooser(seed).below(straight.events - 1);

  auto original = begun(scenario, seed, at);
  World copy(*original);
  std::optional<World> later;
  later.emplace(copy);
  CHECK(copy.fingerprint() == original->fingerprint());
  const auto fingerprint = copy.fingerprint();
  const End first = run_to_end(*original);
  CHECK(first.hash == straight.hash);
  CHECK_FALSE(first.text.empty());
  // The original has gone its way, and is gone itself.
  CHECK(copy.fingerprint() == fingerprint);
  original.reset();
  CHECK(run_to_end(copy) == first);
  CHECK(run_to_end(*later) == first);
}

}  // namespace

TEST_CASE("a copy of a world goes on as the original does") {
  for (const char* name : {"one-node-crashes", "everything", "membership-churn"}) {
    for (uint64_t seed = 1; seed <= kSeeds; ++seed) check_copies(name, seed);
  }
}

TEST_CASE("a copy of a world goes on as the original does, with seeds that nobody has tried") {
  const uint64_t first = first_fresh_seed();
  for (uint64_t seed = first; seed < first + 3; ++seed) {
    check_copies("one-node-crashes", seed);
    check_copies("everything", seed);
  }
}

TEST_CASE("a world that is copied at every step does what it would do anyway") {
  const Scenario scenario = short_scenario("everything");
  World whole(scenario, 7);
  const RunResult straight = whole.run();
  auto world = std::make_unique<World>(scenario, 7);
  world->start();
  // In turns the copy goes on, or the original.
  bool keep = false;
  for (bool more = true; more;) {
    auto copy = std::make_unique<World>(*world);
    more = world->advance();
    if (keep) {
      more = copy->advance();
      world = std::move(copy);
    }
    keep = world->events() % 3 == 0;
  }
  CHECK(world->trace_hash() == straight.hash);
}

TEST_CASE("another future of the same past: what one world does the other does not know") {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Scenario scenario = short_scenario("everything");
    World whole(scenario, seed);
    const RunResult straight = whole.run();
    const auto original = begun(scenario, seed, straight.events / 2);
    World other(*original);
    other.reseed(seed + 1000);
    const End changed = run_to_end(other);
    CHECK(changed.hash != straight.hash);
    CHECK(run_to_end(*original).hash == straight.hash);
  }
}

}  // namespace vordb::sim
