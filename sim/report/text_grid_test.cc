// The grid of a run, letter by letter.
#include "sim/report/text_grid.h"

#include <doctest/doctest.h>

#include <string>

#include "sim/report/hand_made_story_test.h"

namespace vordb::sim {

TEST_CASE("report: the text grid of a story") {
  const std::string golden = R"(by hand seed 18446744073709551615
^ boot  . tick  , end_turn  l local_message  o peer_message  D disk  d completion
q request  a reply  z disconnect  ? think  F fault  = check  ! operator
| is up  + sender  --> arrives  --x is lost

  event     time us  run c0  n0  n1   what
      1          10  |   |   ^   |    boot
      2          20  |   ?   |   |    think
      3          30  |   +-->q--x|    put of client 0; digest to n1: lost, the link is cut
      4          40  F   |   |   |    fault; split: n0 | n1 for 40 us
      5          50  |   |   +-->o    digest
      6          60  |   |   +-->o    digest; n1: power loss
      7          70  |   a<--+        reply
violated converged at event 6: n0 and n1 differ
)";
  CHECK(text_grid(hand_made_story()) == golden);
}

TEST_CASE("report: no text of a run moves the cursor of a terminal") {
  Story story = hand_made_story();
  story.events[3].notes[0].what = "a\x1b[2Jb\nc";
  const std::string grid = text_grid(story);
  CHECK(grid.find('\x1b') == std::string::npos);
  CHECK(grid.find("split: a?[2Jb?c\n") != std::string::npos);
}

}  // namespace vordb::sim
