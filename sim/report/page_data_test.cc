// The data of a page: what is in it, that it may stand in a page whatever the run said, and how
// large it is.
#include "sim/report/page_data.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "sim/record.h"
#include "sim/replay.h"
#include "sim/report/hand_made_story_test.h"
#include "sim/report/page.h"
#include "sim/scenario_file_test.h"

namespace vordb::sim {
namespace {

using Json = nlohmann::json;

Json parsed(const std::vector<PageRun>& runs) {
  const absl::StatusOr<std::string> data = page_data(runs);
  REQUIRE_MESSAGE(data.ok(), data.status().ToString());
  return Json::parse(*data);
}

Story told(const Scenario& scenario, uint64_t seed, const StoryBounds& bounds) {
  std::string bytes;
  record_run(scenario, seed, nullptr, [&](std::string_view frame) { bytes += frame; });
  return tell_story(*read_record(bytes), scenario, bounds);
}

}  // namespace

TEST_CASE("report: the data of a page has every event, in columns") {
  const Story story = hand_made_story();
  const Json page = parsed({{story, "run.rec"}});
  REQUIRE(page["runs"].size() == 1);
  const Json& run = page["runs"][0];
  CHECK(run["record"] == "run.rec");
  CHECK(run["scenario"] == "by hand");
  CHECK(run["seed"] == "18446744073709551615");
  CHECK(run["outcome"] == "VIOLATION");
  CHECK(run["first"] == 1);
  CHECK(run["events"]["cause"] == Json({0, 0, 2, 0, 3, 1, 3}));
  CHECK(run["events"]["time"] == Json({10, 10, 10, 10, 10, 10, 10}));
  CHECK(run["events"]["lane"] == Json({1, 3, 1, 0, 2, 2, 3}));
  CHECK(run["events"]["digest"] == Json({0, 0, "000000000000001f", 0, 0, 0, 0}));
  for (const auto& [name, column] : run["events"].items())
    CHECK_MESSAGE(column.size() == story.events.size(), name);
  CHECK(page["kinds"].size() == size_t(kEventKinds));
  CHECK(page["fates"][int(Fate::kCut)] == "lost, the link is cut");
}

TEST_CASE("report: messages say whether they arrived, and whether another overtook them") {
  const Story story = hand_made_story();
  const Json page = parsed({{story, "run.rec"}});
  const Json& messages = page["runs"][0]["messages"];
  // Event, arrived, overtaken, from, to, fate.
  const auto is = [&](size_t row, std::vector<int> begin) {
    for (size_t i = 0; i < begin.size(); ++i) CHECK(messages[row][i] == begin[i]);
  };
  REQUIRE(messages.size() == 3);
  is(0, {2, 0, 0, 0, 1, int(Fate::kCut)});
  is(1, {4, 1, 0, 0, 1, int(Fate::kArrived)});
  is(2, {5, 1, 1, 0, 1, int(Fate::kArrived)});
  // A string is there once.
  CHECK(messages[0][6] == messages[2][6]);
  CHECK(page["strings"][messages[0][6].get<size_t>()] == "digest");
}

TEST_CASE("report: faults are bands, and a node that stops leaves a gap") {
  const Story story = hand_made_story();
  const Json page = parsed({{story, "run.rec"}});
  const Json& run = page["runs"][0];
  REQUIRE(run["faults"].size() == 1);
  CHECK(page["strings"][run["faults"][0][0].get<size_t>()] == "split");
  CHECK(run["faults"][0][2] == 4);
  CHECK(run["faults"][0][3] == 40);
  CHECK(run["faults"][0][4] == 80);
  REQUIRE(run["downs"].size() == 3);
  CHECK(run["downs"][1][4] == 10);
  CHECK(run["downs"][2][2] == 6);
  CHECK(run["downs"][2][4] == -1);
  CHECK(run["violations"] == Json({{"converged", 6, 60, "n0 and n1 differ"}}));
}

TEST_CASE("report: whatever a run says, the data stays inside its element") {
  Story story = hand_made_story();
  const std::string evil = "</script><script>alert(1)</script><!-- & \" \\ \n {{page.js}}";
  story.scenario = evil;
  story.events[3].notes.push_back({Voice::node(0), evil});
  story.events[4].arrived[0].body = evil;
  story.violations[0].text = "no UTF-8: \xff\xfe.";
  const absl::StatusOr<std::string> data = page_data({{story, "a<b>&.rec"}});
  REQUIRE(data.ok());
  CHECK(data->find_first_of("<>&\n") == std::string::npos);
  const Json page = Json::parse(*data);
  CHECK(page["runs"][0]["scenario"] == evil);
  CHECK(page["runs"][0]["record"] == "a<b>&.rec");
  CHECK(page["runs"][0]["violations"][0][3] == "no UTF-8: \xef\xbf\xbd\xef\xbf\xbd.");
  // What stands in braces in the data is no place of the page.
  CHECK(page_of(*data).find("{{page.js}}") != std::string::npos);
}

TEST_CASE("report: two runs differ first where kind, lane or digest do") {
  const Story story = hand_made_story();
  CHECK(first_difference(story, story) == 0);
  Story other = story;
  other.events[5].digest = 1;
  CHECK(first_difference(story, other) == 6);
  other.events[4].kind = EventKind::kTick;
  CHECK(first_difference(story, other) == 5);
  other.events[2].lane.index = 1;
  CHECK(first_difference(story, other) == 3);
  other = story;
  other.events.pop_back();
  CHECK(first_difference(story, other) == 7);
  CHECK(first_difference(other, story) == 7);
  const Json page = parsed({{story, "a"}, {other, "b"}});
  CHECK(page["differs"] == 7);
  CHECK(page["runs"].size() == 2);
}

TEST_CASE("report: no page has more events than can be looked through, or none") {
  Story story = hand_made_story();
  const StoryEvent more = story.events.back();
  while (story.events.size() < kPageEventsMax) story.events.push_back(more);
  CHECK(page_data({{story, "run.rec"}}).ok());
  story.events.push_back(more);
  const absl::Status refused = page_data({{story, "run.rec"}}).status();
  CHECK(refused.code() == absl::StatusCode::kInvalidArgument);
  for (const char* word : {"run.rec", "20000", "--from-event", "--until", "vordb-sim shrink"})
    CHECK_MESSAGE(refused.message().find(word) != std::string::npos, word);
  story.events.clear();
  CHECK(page_data({{story, "run.rec"}}).status().code() == absl::StatusCode::kInvalidArgument);

  CHECK(page_bounds({5, 100}).until == 100);
  CHECK(page_bounds({}).until == kPageEventsMax + 1);
  CHECK(page_bounds({7, UINT64_MAX}).until == kPageEventsMax + 7);
  // One less than that fits: the next one would not be asked for.
  CHECK(page_bounds({7, kPageEventsMax + 6}).until == kPageEventsMax + 6);
}

TEST_CASE("report: 10,000 events of a cluster under load are below 5 MB") {
  constexpr uint64_t kEvents = 10'000, kBytesMax = 5'000'000;
  const Scenario scenario = short_scenario("everything");
  uint64_t longest = 0;
  for (const uint64_t from : {uint64_t{1}, uint64_t{20'000}}) {
    const Story story = told(scenario, 7, {from, from + kEvents - 1});
    if (story.events.empty()) continue;
    const std::string page = page_of(*page_data({{story, "run.rec"}}));
    longest = std::max<uint64_t>(longest, story.events.size());
    CHECK_MESSAGE(page.size() * kEvents / story.events.size() < kBytesMax, page.size());
  }
  CHECK(longest == kEvents);
}

TEST_CASE("report: the page is whole and asks no network") {
  const Story story = hand_made_story();
  const std::string data = *page_data({{story, "run.rec"}});
  const std::string page = page_of(data);
  CHECK(page == page_of(data));
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(page.ends_with("</html>\n"));
  CHECK(page.find("{{") == std::string::npos);
  CHECK(page.find(data) != std::string::npos);
  for (const char* outside : {"http://", "https://", " src=", " href=", "@import", "url("})
    CHECK_MESSAGE(page.find(outside) == std::string::npos, outside);
  for (const PageFile& file : page_files()) {
    const bool there = file.name == "page.html" || page.find(file.text) != std::string::npos;
    CHECK_MESSAGE(there, file.name);
    // Byte for byte what lies in the source tree.
    std::ostringstream text;
    text << std::ifstream(VORDB_SOURCE_DIR "/sim/report/" + std::string(file.name)).rdbuf();
    CHECK_MESSAGE(file.text == text.str(), file.name);
  }
}

}  // namespace vordb::sim
