#include "sim/shrink_edit.h"

#include <algorithm>
#include <utility>

namespace vordb::sim {

namespace {

bool is_one_of(Decision decision, std::span<const Decision> decisions) {
  return std::find(decisions.begin(), decisions.end(), decision) != decisions.end();
}

bool is_last_rest(const Drawn& drawn) {
  return drawn.decision == Decision::kRest && drawn.value == kRestUsMax - 1;
}

// From when they are drawn.
constexpr Decision kWaitsThrough[] = {Decision::kFaultDue, Decision::kDuration,
                                      Decision::kRestartWait};

// One call, or a rest: from one kAsks of its client to the next.
struct Turn {
  size_t begin = 0;  // of the client's calls
  size_t end = 0;
  uint64_t first_event = 0;
  uint64_t end_event = UINT64_MAX;  // the next one's first
  uint64_t at_us = 0;
  bool stays = false;
};

std::vector<Turn> turns_of(const std::vector<Drawn>& calls, const std::set<size_t>& left_out) {
  std::vector<Turn> turns;
  for (size_t at = 0; at < calls.size(); ++at) {
    if (calls[at].decision != Decision::kAsks) continue;
    if (!turns.empty()) {
      turns.back().end = at;
      turns.back().end_event = calls[at].event;
    }
    turns.push_back({at, calls.size(), calls[at].event, UINT64_MAX, calls[at].time_us,
                     calls[at].value != 0 && !left_out.contains(at)});
  }
  return turns;
}

Drawn rest_draw(Drawn like, Decision decision, uint64_t bound, uint64_t value) {
  like.decision = decision;
  like.bound = bound;
  like.value = value;
  return like;
}

// Turns that do not stay are one rest until the next that does.
std::vector<Drawn> calls_that_stay(const std::vector<Drawn>& calls,
                                   const std::vector<Turn>& turns) {
  std::vector<Drawn> kept(calls.begin(), calls.begin() + ptrdiff_t(turns[0].begin));
  for (size_t i = 0; i < turns.size();) {
    const Turn& turn = turns[i];
    if (turn.stays) {
      kept.insert(kept.end(), calls.begin() + ptrdiff_t(turn.begin),
                  calls.begin() + ptrdiff_t(turn.end));
      ++i;
      continue;
    }
    while (i < turns.size() && !turns[i].stays) ++i;
    const uint64_t rest_us = i == turns.size() ? kRestUsMax - 1 : turns[i].at_us;
    const Drawn& like = calls[turn.begin];
    kept.push_back(rest_draw(like, Decision::kAsks, 2, 0));
    kept.push_back(rest_draw(like, Decision::kRestsLong, 2, 1));
    kept.push_back(rest_draw(like, Decision::kRest, kRestUsMax, rest_us));
  }
  return kept;
}

// What a client and its connection drew in turns that are gone. When it hears of a crash is nothing
// that a call decides.
void drop_draws(std::vector<Drawn>& drawn, const std::vector<Turn>& turns) {
  std::erase_if(drawn, [&](const Drawn& one) {
    if (one.decision == Decision::kDisconnectDelay) return false;
    const auto after =
        std::upper_bound(turns.begin(), turns.end(), one.event,
                         [](uint64_t event, const Turn& turn) { return event < turn.first_event; });
    return after != turns.begin() && !std::prev(after)->stays;
  });
}

}  // namespace

std::vector<Place> places_of(const Script& script, std::span<const Decision> decisions) {
  std::vector<Place> places;
  for (const auto& [stream, drawn] : script.streams) {
    for (size_t at = 0; at < drawn.size(); ++at) {
      if (drawn[at].value != 0 && is_one_of(drawn[at].decision, decisions) &&
          !is_last_rest(drawn[at]))
        places.push_back({stream, at});
    }
  }
  return places;
}

void sort_by_time(const Script& script, std::vector<Place>& places) {
  const auto number = [&script](const Place& place) {
    return script.streams.at(place.stream)[place.at].number;
  };
  std::sort(places.begin(), places.end(), [&number](const Place& one, const Place& other) {
    return number(one) < number(other);
  });
}

uint64_t sum_of(const Script& script, std::span<const Decision> decisions) {
  uint64_t sum = 0;
  for (const auto& [stream, drawn] : script.streams) {
    for (const Drawn& one : drawn) {
      if (is_one_of(one.decision, decisions) && !is_last_rest(one)) sum += one.value;
    }
  }
  return sum;
}

std::shared_ptr<Script> loose(const Script& script) {
  auto copy = std::make_shared<Script>(script);
  copy->whole = false;
  copy->loose = true;
  return copy;
}

std::shared_ptr<Script> changed(const Script& script, std::span<const Place> places,
                                const std::function<uint64_t(uint64_t)>& to) {
  std::shared_ptr<Script> copy = loose(script);
  for (const Place& place : places) {
    uint64_t& value = copy->streams[place.stream][place.at].value;
    value = to(value);
  }
  return copy;
}

std::shared_ptr<Script> without_calls(const Script& script, std::span<const Place> calls) {
  std::shared_ptr<Script> copy = loose(script);
  std::map<uint32_t, std::set<size_t>> left_out;
  for (const Place& place : calls) {
    if (place.stream.kind == StreamKind::kCalls) {
      left_out[place.stream.index].insert(place.at);
    } else {
      Drawn& sends = copy->streams[place.stream][place.at];
      sends.value = 0;
      std::erase_if(copy->streams[{StreamKind::kBehind, place.stream.index}],
                    [&sends](const Drawn& one) { return one.event == sends.event; });
    }
  }
  for (const auto& [client, places] : left_out) {
    std::vector<Drawn>& drawn = copy->streams[{StreamKind::kCalls, client}];
    const std::vector<Turn> turns = turns_of(drawn, places);
    drawn = calls_that_stay(drawn, turns);
    for (const StreamKind kind :
         {StreamKind::kClient, StreamKind::kBehind, StreamKind::kConnection}) {
      const auto stream = copy->streams.find({kind, client});
      if (stream != copy->streams.end()) drop_draws(stream->second, turns);
    }
  }
  return copy;
}

std::shared_ptr<Script> without_time(const Script& script, uint64_t begin_us, uint64_t end_us) {
  std::shared_ptr<Script> copy = loose(script);
  const uint64_t gone_us = end_us - begin_us;
  for (auto& [stream, drawn] : copy->streams) {
    for (Drawn& one : drawn) {
      const bool rests = one.decision == Decision::kRest && one.value >= end_us;
      const bool waits = is_one_of(one.decision, kWaitsThrough) && one.time_us <= begin_us &&
                         one.time_us + one.value >= end_us;
      if ((rests || waits) && !is_last_rest(one)) one.value -= gone_us;
      if (one.time_us >= end_us) one.time_us -= gone_us;
    }
  }
  return copy;
}

std::shared_ptr<Script> with_machines(const Script& script, uint32_t before, uint32_t after) {
  std::shared_ptr<Script> copy = loose(script);
  std::map<Stream, std::vector<Drawn>> streams;
  for (auto& [stream, drawn] : copy->streams) {
    Stream moved = stream;
    if (stream.kind == StreamKind::kLink || stream.kind == StreamKind::kArrival) {
      const uint32_t from = stream.index / before;
      const uint32_t to = stream.index % before;
      if (from >= after || to >= after) continue;
      moved.index = from * after + to;
    }
    streams[moved] = std::move(drawn);
  }
  copy->streams = std::move(streams);
  return copy;
}

std::shared_ptr<Script> without_bucket(const Script& script, uint32_t bucket) {
  std::shared_ptr<Script> copy = loose(script);
  for (auto& [stream, drawn] : copy->streams) {
    for (Drawn& one : drawn) {
      if (one.decision != Decision::kBucket) continue;
      if (one.value > bucket) --one.value;
    }
  }
  return copy;
}

}  // namespace vordb::sim
