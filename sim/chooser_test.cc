// The chooser: streams that leave one another alone, scripts that are followed as far as they go,
// and copies that go on as the original would.
#include "sim/chooser.h"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vordb::sim {
namespace {

constexpr Stream kOne{StreamKind::kClient, 3};
constexpr Stream kOther{StreamKind::kDisk, 0};

std::vector<uint64_t> draws(Chooser& chooser, Stream stream, int count) {
  std::vector<uint64_t> found;
  for (int i = 0; i < count; ++i)
    found.push_back(chooser.draw(stream, Decision::kThinkTime, 1'000'000'000));
  return found;
}

class Record : public DecisionSink {
 public:
  void drawn(const Drawn& drawn) override { all.push_back(drawn); }

  std::shared_ptr<Script> script(bool whole = true) const {
    auto script = std::make_shared<Script>();
    for (const Drawn& drawn : all) script->streams[drawn.stream].push_back(drawn);
    script->whole = whole;
    return script;
  }

  std::vector<Drawn> all;
};

TEST_CASE("chooser: what is drawn from one stream shifts no other") {
  Chooser alone(7), mixed(7);
  const std::vector<uint64_t> expected = draws(alone, kOne, 100);
  std::vector<uint64_t> found;
  for (int i = 0; i < 100; ++i) {
    draws(mixed, kOther, i % 5);
    mixed.stream(StreamKind::kLink, uint32_t(i)).chance(Decision::kLose, 500'000);
    mixed.bits();
    found.push_back(draws(mixed, kOne, 1)[0]);
  }
  CHECK(found == expected);
}

TEST_CASE("chooser: each kind, index and seed has numbers of its own") {
  std::set<uint64_t> first;
  size_t streams = 0;
  for (const uint64_t seed : {0, 1, 2}) {
    Chooser chooser(seed);
    for (size_t kind = 0; kind < kStreamKinds; ++kind) {
      for (const uint32_t index : {0, 1, 2, 1000}) {
        // Unnamed streams are those of neighbouring seeds: labs have only one.
        if (StreamKind(kind) == StreamKind::kUnnamed && index > 0) continue;
        first.insert(chooser.draw({StreamKind(kind), index}, Decision::kNodeRandom, 0));
        ++streams;
      }
    }
  }
  CHECK(first.size() == streams);
}

TEST_CASE("chooser: a stream of its own is even") {
  Chooser chooser(1);
  const Choices choices = chooser.stream(StreamKind::kCalls, 2);
  std::vector<int> counts(10, 0);
  int happened = 0;
  for (int i = 0; i < 100'000; ++i) {
    ++counts[size_t(choices.below(Decision::kKey, 10))];
    happened += choices.chance(Decision::kKeyIsHot, 300'000);
    const uint64_t between = choices.between(Decision::kAmount, 5, 7);
    CHECK((between >= 5 && between <= 7));
  }
  for (const int count : counts) CHECK((count > 9'500 && count < 10'500));
  CHECK((happened > 29'000 && happened < 31'000));
  CHECK(chooser.draws() == 300'000);
}

TEST_CASE("chooser: kinds and decisions have names of their own, and are found by them") {
  std::set<std::string> names;
  for (size_t kind = 0; kind < kStreamKinds; ++kind) {
    names.insert(to_string(StreamKind(kind)));
    CHECK(stream_kind_of(to_string(StreamKind(kind))) == StreamKind(kind));
  }
  CHECK(names.size() == kStreamKinds);
  names.clear();
  for (size_t decision = 0; decision < kDecisions; ++decision) {
    names.insert(to_string(Decision(decision)));
    CHECK(decision_of(to_string(Decision(decision))) == Decision(decision));
  }
  CHECK(names.size() == kDecisions);
  CHECK(std::string(to_string(Decision::kOperatorDelay)) == "operator_delay");
  CHECK_FALSE(stream_kind_of("luck").has_value());
  CHECK_FALSE(decision_of("").has_value());
}

TEST_CASE("chooser: a sink hears of every draw in order, with its event") {
  Record record;
  Chooser chooser(5);
  chooser.record_to(&record);
  chooser.at_event(8);
  const uint64_t key = chooser.draw(kOne, Decision::kKey, 10);
  chooser.at_event(9);
  const bool lost = chooser.draw_chance(kOther, Decision::kLose, 500'000);
  CHECK(chooser.draw_yes(kOne, Decision::kAsks));
  CHECK(record.all == std::vector<Drawn>{{0, 8, kOne, Decision::kKey, 10, key},
                                         {1, 9, kOther, Decision::kLose, 2, lost},
                                         {2, 9, kOne, Decision::kAsks, 2, 1}});
}

TEST_CASE("chooser: it follows a script whatever its own seed, and its generator after it") {
  Record record;
  Chooser first(5);
  first.record_to(&record);
  const std::vector<uint64_t> one = draws(first, kOne, 20);
  const std::vector<uint64_t> other = draws(first, kOther, 20);
  Chooser second(6);
  second.follow(record.script());
  CHECK(second.unused() == 40);
  CHECK(draws(second, kOther, 20) == other);
  CHECK(draws(second, kOne, 19) == std::vector(one.begin(), one.end() - 1));
  CHECK(second.unused() == 1);
  CHECK_FALSE(second.parting().has_value());
  draws(second, kOne, 2);
  REQUIRE(second.parting().has_value());
  CHECK(second.parting()->asked.number == 40);
  CHECK_FALSE(second.parting()->recorded.has_value());

  // A record that was broken off says nothing of what comes after it.
  Chooser third(5);
  third.follow(record.script(false));
  draws(third, kOne, 20);
  CHECK(draws(third, kOne, 10) == draws(first, kOne, 10));
  CHECK_FALSE(third.parting().has_value());
}

TEST_CASE("chooser: where it is asked for something else it says so, and goes on") {
  Record record;
  Chooser first(5);
  first.record_to(&record);
  draws(first, kOne, 3);
  const std::vector<uint64_t> other = draws(first, kOther, 3);
  for (const bool bound : {false, true}) {
    CAPTURE(bound);
    Chooser second(6), plain(6);
    second.follow(record.script());
    draws(second, kOne, 1);
    draws(plain, kOne, 1);
    second.at_event(77);
    const Decision decision = bound ? Decision::kThinkTime : Decision::kKey;
    CHECK(second.draw(kOne, decision, 10) == plain.draw(kOne, decision, 10));
    REQUIRE(second.parting().has_value());
    CHECK(second.parting()->asked.event == 77);
    CHECK(second.parting()->asked.decision == decision);
    CHECK(second.parting()->recorded == record.all[1]);
    // This stream is its own from now on; another is the record's.
    CHECK(draws(second, kOne, 5) == draws(plain, kOne, 5));
    CHECK(draws(second, kOther, 3) == other);
    CHECK(text_of(*second.parting()) ==
          std::string("decision 1 (client 3, event 77): the record has think_time below "
                      "1000000000, the run asked for ") +
              to_string(decision) + " below 10");
  }
}

TEST_CASE("chooser: a loose script is come back to, and what it has not is left out") {
  auto script = std::make_shared<Script>();
  script->whole = false;
  script->loose = true;
  script->streams[kOne] = {
      {0, 0, kOne, Decision::kSwitchesNode, 2, 1}, {1, 0, kOne, Decision::kThinkTime, 100, 71},
      {2, 0, kOne, Decision::kSwitchesNode, 2, 1}, {3, 0, kOne, Decision::kThinkTime, 100, 72},
      {4, 0, kOne, Decision::kNode, 7, 5},         {5, 0, kOne, Decision::kRepeats, 2, 1}};
  Chooser chooser(5), plain(5);
  chooser.follow(script);
  // What lies between is passed over.
  CHECK(chooser.draw(kOne, Decision::kThinkTime, 100) == 71);
  // Nothing is passed over for what is not there: no is the answer, or the generator's.
  CHECK_FALSE(chooser.draw_chance(kOne, Decision::kHangsUp, 1'000'000));
  CHECK_FALSE(chooser.draw_yes(kOne, Decision::kAsks));
  plain.draw(kOne, Decision::kThinkTime, 100);
  plain.draw_chance(kOne, Decision::kHangsUp, 1'000'000);
  CHECK(chooser.draw(kOne, Decision::kRetryWait, 1000) ==
        plain.draw(kOne, Decision::kRetryWait, 1000));
  CHECK(chooser.draw_chance(kOne, Decision::kSwitchesNode, 0));
  CHECK(chooser.draw(kOne, Decision::kThinkTime, 100) == 72);
  // Of fewer it is one.
  CHECK(chooser.draw(kOne, Decision::kNode, 3) == 2);
  CHECK_FALSE(chooser.draw_chance(kOne, Decision::kSwitchesNode, 1'000'000));
  // Each is there once.
  CHECK(chooser.draw_chance(kOne, Decision::kRepeats, 0));
  CHECK_FALSE(chooser.draw_chance(kOne, Decision::kRepeats, 0));
  // A stream that it does not have.
  CHECK_FALSE(chooser.draw_yes(kOther, Decision::kStrikes));
  CHECK_FALSE(chooser.parting().has_value());
}

TEST_CASE("chooser: of a loose script, what befalls messages goes by time") {
  const Stream link{StreamKind::kLink, 4};
  auto script = std::make_shared<Script>();
  script->loose = true;
  script->streams[link] = {{0, 0, link, Decision::kBreak, 2, 0, 10'000},
                           {1, 0, link, Decision::kDelay, 261, 200, 10'000},
                           {2, 0, link, Decision::kBreak, 2, 1, 20'000},
                           {3, 0, link, Decision::kBreak, 2, 0, 30'000},
                           {4, 0, link, Decision::kDelay, 261, 50, 30'000}};
  struct Message {
    bool broken;
    uint64_t delay;
  };
  const auto send = [&link](Chooser& chooser, uint64_t time_us) {
    chooser.at_event(0, time_us);
    if (chooser.draw_chance(link, Decision::kBreak, 500'000)) return Message{true, 0};
    return Message{false, chooser.draw(link, Decision::kDelay, 261)};
  };
  Chooser first(5);
  first.follow(script);
  CHECK(send(first, 10'000).delay == 200);
  // One that was not sent before has the least delay, and takes nothing from others.
  const Message added = send(first, 15'000);
  CHECK_FALSE(added.broken);
  CHECK(added.delay == 0);
  // What was to break is not sent any more: the next one breaks.
  CHECK(send(first, 25'000).broken);
  const Message last = send(first, 30'000);
  CHECK_FALSE(last.broken);
  CHECK(last.delay == 50);

  // A little sooner or later is the same.
  Chooser second(5);
  second.follow(script);
  CHECK(send(second, 19'500).broken);
  CHECK(send(second, 30'050).delay == 50);
  // A crash that was aimed at a moment is aimed at the next one of its kind.
  const Stream moment{StreamKind::kMoment, 2};
  script->streams[moment] = {{0, 0, moment, Decision::kAims, 2, 1, 30'000}};
  Chooser aiming(5);
  aiming.follow(script);
  for (const auto& [time_us, aims] : {std::pair(20'000, false), {45'000, true}, {45'000, false}}) {
    aiming.at_event(0, uint64_t(time_us));
    CHECK(aiming.draw_chance(moment, Decision::kAims, 500'000) == aims);
  }
  // What names something does not come twice, from the script and from the generator.
  Script names;
  Chooser source(5);
  names.loose = true;
  const Stream random{StreamKind::kRandom, 0};
  const uint64_t name = source.draw(random, Decision::kNodeRandom, 0);
  names.streams[random] = {{0, 0, random, Decision::kNodeRandom, 0, name, 40'000}};
  Chooser third(5);
  third.follow(std::make_shared<Script>(names));
  third.at_event(0, 35'000);
  CHECK(third.draw(random, Decision::kNodeRandom, 0) != name);
  third.at_event(0, 40'000);
  CHECK(third.draw(random, Decision::kNodeRandom, 0) == name);
}

TEST_CASE("chooser: a copy goes on as the original would, and another seed does not") {
  Record record;
  Chooser source(5);
  source.record_to(&record);
  draws(source, kOne, 20);
  for (const bool scripted : {false, true}) {
    Chooser original(9);
    if (scripted) original.follow(record.script());
    draws(original, kOne, 5);
    Chooser copy = original;
    Chooser other = original;
    other.reseed(10);
    const std::vector<uint64_t> expected = draws(original, kOne, 30);
    CHECK(draws(copy, kOne, 30) == expected);
    CHECK(draws(other, kOne, 30) != expected);
    CHECK(copy.draws() == original.draws());
    CHECK(other.draws() == original.draws());
  }
}

}  // namespace
}  // namespace vordb::sim
