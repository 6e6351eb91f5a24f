#include "sim/trace.h"

#include <xxhash.h>

#include <cstdio>

namespace vordb::sim {

std::string TraceHash::hex() const {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(high),
                static_cast<unsigned long long>(low));
  return text;
}

std::string Voice::text() const {
  switch (kind) {
    case Kind::kNode:
      return "n" + std::to_string(index);
    case Kind::kClient:
      return "client " + std::to_string(index);
    default:
      return name;
  }
}

const char* to_string(Fate fate) {
  switch (fate) {
    case Fate::kArrived:
      return "arrived";
    case Fate::kLost:
      return "lost";
    case Fate::kCut:
      return "lost, the link is cut";
    case Fate::kFull:
      return "lost, the queue is full";
    case Fate::kReset:
      return "lost, the connection breaks";
    case Fate::kBroken:
      return "lost, the connection broke";
    case Fate::kNobody:
      return "nobody listens";
  }
  return "?";
}

void Trace::mix(const void* data, size_t size) {
  const XXH128_hash_t next = XXH3_128bits_withSeed(data, size, hash_.low ^ (hash_.high << 1));
  hash_ = {next.high64 ^ hash_.high, next.low64};
}

void Trace::event(const Event& event, uint64_t draws) {
  ++events_;
  const uint64_t words[5] = {
      event.time_us,
      uint64_t{event.actor} << 32 | uint64_t{event.shard} << 16 | uint64_t(event.kind),
      event.digest, event.life, draws};
  mix(words, sizeof words);
  if (listener_) listener_->event(event, draws);
  if (!sink_) return;
  char line[160];
  const int size = std::snprintf(
      line, sizeof line, "%llu %c%u/%u %s life=%u digest=%016llx draws=%llu\n",
      static_cast<unsigned long long>(event.time_us), is_of_client(event.kind) ? 'c' : 'n',
      event.actor, event.shard, to_string(event.kind), event.life,
      static_cast<unsigned long long>(event.digest), static_cast<unsigned long long>(draws));
  sink_(std::string_view(line, size_t(size)));
}

void Trace::note(uint64_t time_us, const Voice& who, std::string_view what, uint64_t lasts_us) {
  mix(what.data(), what.size());
  comment(time_us, who, what, lasts_us);
}

void Trace::comment(uint64_t time_us, const Voice& who, std::string_view what, uint64_t lasts_us) {
  if (listener_) listener_->note(who, what, lasts_us);
  if (sink_) line(time_us, who.text(), what);
}

void Trace::brought(uint64_t time_us, uint32_t node, std::string_view what) {
  if (listener_) listener_->brought(what);
  if (sink_) line(time_us, Voice::node(node).text(), "takes " + std::string(what));
}

void Trace::passage(uint64_t time_us, const Passage& passage) {
  if (listener_) listener_->passage(passage);
  if (!sink_) return;
  line(time_us, Voice::node(passage.from).text(),
       "message to " + Voice::node(passage.to).text() + ", " +
           std::to_string(passage.bytes.size()) + " bytes: " + to_string(passage.fate));
}

void Trace::line(uint64_t time_us, std::string_view who, std::string_view what) {
  sink_(std::to_string(time_us) + " " + std::string(who) + ": " + std::string(what) + "\n");
}

uint64_t digest_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace vordb::sim
