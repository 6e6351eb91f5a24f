// The wires between the machines of a simulated world: one link for each ordered pair. A link has a
// delay and keeps its order unless a fault reorders; it may lose, double and hold back messages,
// and its queue is bounded.
//
// The fault model, and the real behaviour that each fault stands for:
// - a cut link drops what is sent (a firewall, a pulled cable with both ends noticing), or holds it
//   until it heals, in order, as far as its queue goes (TCP that retransmits);
// - a clogged link holds everything for a while, then brings it in one burst;
// - loss, doubling and reordering by chance (connections that are reset and made anew, several
//   connections of one pair);
// - what is under way outlives the process that sent it; it dies with the one that it was sent to,
// as
//   a connection does.
// Not modelled: bytes damaged on the way (TCP and TLS refuse them), bandwidth.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/bound.h"
#include "sim/chooser.h"
#include "sim/trace.h"

namespace vordb::sim {

struct NetworkFigures {
  uint64_t sent = 0;
  uint64_t bytes = 0;
  uint64_t arrived = 0;
  uint64_t lost = 0;  // by chance
  uint64_t cut = 0;   // the link was cut
  uint64_t full = 0;  // the queue was
  uint64_t doubled = 0;
  uint64_t reordered = 0;  // came before something sent earlier, or after something sent later
  uint64_t held = 0;       // waited for a cut to heal or a clog to clear
  uint64_t slow = 0;       // went over a slow link
  uint64_t resets = 0;     // broke their connection
  uint64_t broken = 0;     // were under way when it broke
  uint64_t nobody = 0;     // no process listened, or no machine has the address
  uint64_t orphans = 0;    // arrived after the process that sent them had ended
};

// The fields by their names in reports.
struct NetworkField {
  const char* name;
  uint64_t NetworkFigures::*field;
};
inline constexpr NetworkField kNetworkFields[] = {
    {"sent", &NetworkFigures::sent},       {"bytes", &NetworkFigures::bytes},
    {"arrived", &NetworkFigures::arrived}, {"lost", &NetworkFigures::lost},
    {"cut", &NetworkFigures::cut},         {"full", &NetworkFigures::full},
    {"doubled", &NetworkFigures::doubled}, {"reordered", &NetworkFigures::reordered},
    {"held", &NetworkFigures::held},       {"slow", &NetworkFigures::slow},
    {"resets", &NetworkFigures::resets},   {"broken", &NetworkFigures::broken},
    {"nobody", &NetworkFigures::nobody},   {"orphans", &NetworkFigures::orphans}};

// What a link does by chance.
struct LinkChances {
  uint32_t loss = 0;  // of a million messages; so the next ones
  uint32_t doubling = 0;
  uint32_t reordering = 0;
  uint32_t reset = 0;
  uint32_t delay_us_max = 0;  // on top of what a link takes anyway
};

class Links {
 public:
  // Several causes may cut one link; it is whole when none does.
  static constexpr uint32_t kCauses = 32;
  static constexpr uint32_t kQueueMax = 512;  // messages under way on one link

  // `now_us` is the world's virtual time.
  Links(uint32_t machines, Chooser& chooser, const uint64_t& now_us);

  // For a copy that shall live in another world.
  void attach(Chooser& chooser, const uint64_t& now_us) {
    chooser_.bind(chooser);
    now_us_.bind(now_us);
  }

  uint32_t machines() const { return machines_; }

  // When the copies of a message that is sent now arrive: none, one or two.
  struct Sending {
    uint32_t copies = 0;
    Fate fate = Fate::kArrived;  // of a message of which no copy is sent
    uint32_t connection = 0;
    std::array<uint64_t, 2> at_us{};
  };
  Sending send(uint32_t from, uint32_t to, uint64_t bytes);
  // What becomes of a copy that has left the link. Its connection may have broken meanwhile.
  Fate arrived(uint32_t from, uint32_t to, uint32_t connection);

  // `until_us` 0: what is sent is dropped; else held until then.
  void cut(uint32_t cause, uint32_t from, uint32_t to, uint64_t until_us);
  void heal(uint32_t cause);
  bool whole(uint32_t from, uint32_t to) const { return at(from, to).causes == 0; }
  void clog(uint32_t from, uint32_t to, uint64_t until_us);
  LinkChances& chances(uint32_t from, uint32_t to) { return at(from, to).chances; }
  // When the last copy arrives that is under way now, or earlier.
  uint64_t last_arrival_us() const { return last_arrival_us_; }
  // Every link is whole from now on; what is held already comes when it would have.
  void repair();

  NetworkFigures& figures() { return figures_; }
  const NetworkFigures& figures() const { return figures_; }

 private:
  struct Link {
    uint32_t causes = 0;      // that cut it, by bit
    uint32_t connection = 0;  // how many there were before this one
    uint32_t queued = 0;
    uint64_t held_until_us = 0;
    uint64_t last_us = 0;  // when the last message arrives
    LinkChances chances;
  };

  Link& at(uint32_t from, uint32_t to) { return links_[size_t(from) * machines_ + to]; }
  const Link& at(uint32_t from, uint32_t to) const { return links_[size_t(from) * machines_ + to]; }

  uint32_t machines_;
  Bound<Chooser> chooser_;
  Bound<const uint64_t> now_us_;
  std::vector<Link> links_;
  NetworkFigures figures_;
  uint64_t last_arrival_us_ = 0;
};

}  // namespace vordb::sim
