// The plain lines of a failure, letter by letter.
#include "sim/report/plain_story.h"

#include <doctest/doctest.h>

#include <string>

#include "sim/report/hand_made_story_test.h"

namespace vordb::sim {

namespace {

std::string text_of(const PlainStory& story) {
  std::string text;
  for (const std::string& line : story.lines) text += line + "\n";
  return text;
}

StoryNote said(uint32_t client, const std::string& what) { return {Voice::client(client), what}; }

// Client 0 puts and is answered, puts again and is not.
Story with_calls() {
  Story story = hand_made_story();
  story.events[1].notes = {said(0, "call 1 put 0/0 of node 0 sent, attempt 1, token t98-0"),
                           said(0, "call 2 set_add 1/1  of node 0 sent, attempt 1")};
  story.events[6].notes = {said(0, "call 1 put 0/0 of node 0 ok at 17 , attempt 1, token t98-0")};
  return story;
}

}  // namespace

TEST_CASE("plain story: calls, faults, losses, stops and the violation") {
  const PlainStory story = plain_story(with_calls(), 25);
  CHECK(text_of(story) ==
        "   0.000020 s  client 0: call 1 put 0/0 of node 0: ok at 17, 50 us later\n"
        "   0.000020 s  client 0: call 2 set_add 1/1  of node 0: no answer\n"
        "   0.000030 s  n0 to n1: lost, the link is cut: 1 digest (of the put of client 0)\n"
        "   0.000040 s  fault split: n0 | n1 for 40 us\n"
        "   0.000060 s  n1: power loss\n"
        "   0.000060 s  VIOLATED converged: n0 and n1 differ\n");
  CHECK(story.left_out == 0);
}

TEST_CASE("plain story: what went well is left out first, then what is oldest") {
  const PlainStory five = plain_story(with_calls(), 5);
  CHECK(five.left_out == 1);
  CHECK(text_of(five).find("call 1") == std::string::npos);
  CHECK(text_of(five).find("call 2") != std::string::npos);
  const PlainStory two = plain_story(with_calls(), 2);
  CHECK(two.left_out == 4);
  CHECK(text_of(two) ==
        "   0.000060 s  n1: power loss\n"
        "   0.000060 s  VIOLATED converged: n0 and n1 differ\n");
}

TEST_CASE("plain story: messages lost in one way on one link are one line") {
  Story story = hand_made_story();
  story.events[0].lost = {story_message(0, 1, Fate::kLost), story_message(0, 1, Fate::kLost)};
  story.events[4].lost = {story_message(0, 1, Fate::kLost), story_message(1, 0, Fate::kLost)};
  const std::string text = text_of(plain_story(story, 25));
  CHECK(text.find("0.000010 s  n0 to n1: lost: 3 digest (of the put of client 0)\n") !=
        std::string::npos);
  CHECK(text.find("0.000050 s  n1 to n0: lost: 1 digest (of the put of client 0)\n") !=
        std::string::npos);
}

TEST_CASE("plain story: begins with the load, and of the audit tells what failed") {
  Story story = with_calls();
  for (size_t i = 0; i < 3; ++i) story.events[i].phase = "setup";
  story.events[4].phase = story.events[5].phase = story.events[6].phase = "audit";
  story.events[4].notes = {said(0, "call 3 get 0/0 of node 1 ok at 0 7:0:0:A, attempt 1")};
  story.events[5].notes = {said(0, "call 4 get 0/0 of node 1 ok at 0 8:0:0:B, attempt 1")};
  CHECK(text_of(plain_story(story, 25)) ==
        "   0.000040 s  fault split: n0 | n1 for 40 us\n"
        "   0.000060 s  client 0: call 4 get 0/0 of node 1: ok at 0 8:0:0:B\n"
        "   0.000060 s  VIOLATED converged: n0 and n1 differ\n");
}

}  // namespace vordb::sim
