// The exports that are text, of the story made by hand: sim/export/samples/ holds what they must
// be, letter for letter, and can be opened in the viewers. What differs on purpose is written there
// by VORDB_REWRITE_SAMPLES=1 and then read by somebody.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "sim/export/mermaid.h"
#include "sim/export/perfetto.h"
#include "sim/export/shiviz.h"
#include "sim/export/story_sample_test.h"

namespace vordb::sim {
namespace {

void check_sample(const std::string& name, const std::string& text) {
  const std::string file = std::string(VORDB_SOURCE_DIR) + "/sim/export/samples/" + name;
  if (std::getenv("VORDB_REWRITE_SAMPLES")) std::ofstream(file, std::ios::binary) << text;
  std::ifstream stream(file, std::ios::binary);
  const std::string sample{std::istreambuf_iterator<char>(stream), {}};
  CHECK(text == sample);
}

TEST_CASE("export: the sample story for perfetto") {
  const std::string text = perfetto_of(sample_story());
  CHECK_FALSE(nlohmann::json::parse(text, nullptr, false).is_discarded());
  check_sample("sample.json", text);
}

TEST_CASE("export: the sample story for shiviz") {
  check_sample("sample.log", shiviz_of(sample_story()));
}

TEST_CASE("export: the sample story for mermaid") {
  const absl::StatusOr<std::string> text = mermaid_of(sample_story());
  REQUIRE(text.ok());
  check_sample("sample.mmd", *text);
}

TEST_CASE("export: bytes that are no text break no format") {
  Story story = sample_story();
  story.events[5].brought = "a\xff\x01\n{b";
  story.events[5].arrived[0].name = "a\xff\x01\n;b";
  CHECK_FALSE(nlohmann::json::parse(perfetto_of(story), nullptr, false).is_discarded());
  CHECK(shiviz_of(story).find("peer_message: a???{b from n0;") != std::string::npos);
  CHECK(mermaid_of(story)->find("n0->>n1: [6] 0.001201 s a???#59;b\n") != std::string::npos);
}

TEST_CASE("export: a diagram that nobody could follow is refused, and the reason helps") {
  Story story = sample_story();
  const std::vector<StoryMessage> lost(kMermaidArrowsMax - 4, story.events[5].lost[0]);
  story.events[5].lost = lost;
  story.events[5].lost.push_back(lost[0]);
  CHECK(mermaid_of(story).ok());
  story.events[5].lost.push_back(lost[0]);
  const absl::Status status = mermaid_of(story).status();
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(status.message().find("has 401 messages") == 0);
  CHECK(status.message().find("--from-event and --until") != std::string::npos);
}

TEST_CASE("export: a client that says two things at once is heard with both") {
  Story story = sample_story();
  story.events[1].notes.push_back({Voice::client(0), "call 0 abandoned"});
  const std::string diagram = *mermaid_of(story);
  CHECK(diagram.find("c0->>n0: [3] 0.001100 s register_put of client 0\n") != std::string::npos);
  CHECK(diagram.find("Note over c0: [2] call 1 register_put 1/1") != std::string::npos);
  CHECK(diagram.find("Note over c0: [2] call 0 abandoned\n") != std::string::npos);
}

TEST_CASE("export: a part of a story has what lasts into it, and no half of a flow") {
  Story story = sample_story();
  story.events.erase(story.events.begin(), story.events.begin() + 5);
  CHECK(perfetto_of(story).find("\"id\":6") == std::string::npos);
  const std::string diagram = *mermaid_of(story);
  CHECK(diagram.find("since 0.001200 s, until 0.006200 s: partition") != std::string::npos);
  CHECK(diagram.find("n0->>n1: [6]") != std::string::npos);
  // Who sent the answer is not known.
  CHECK(diagram.find("Note over c0: [8] call 1") != std::string::npos);
  CHECK(diagram.find(">>c0") == std::string::npos);
}

}  // namespace
}  // namespace vordb::sim
