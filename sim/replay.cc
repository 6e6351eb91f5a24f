#include "sim/replay.h"

namespace vordb::sim {

RunResult record_run(const Scenario& scenario, uint64_t seed, Trace::Sink sink,
                     RecordWriter::Out out) {
  RecordWriter writer({scenario.text, seed}, std::move(out));
  Chooser chooser(seed);
  chooser.record_to(&writer);
  auto world = std::make_unique<World>(scenario, std::move(chooser), std::move(sink));
  world->start();
  while (world->advance()) {
    if (world->events() % kMarkEvery == 0) writer.mark({world->events(), world->trace_hash()});
  }
  RunResult result = world->result();
  result.seed = seed;
  writer.finish({result.events, result.draws, result.hash, result.outcome});
  return result;
}

Replay::Replay(const Record& record, const Scenario& scenario, DecisionSink* sink,
               TraceListener* listener)
    : record_(record) {
  Chooser chooser(record.run.seed);
  chooser.follow(record.script);
  chooser.record_to(sink);
  world_ = std::make_unique<World>(scenario, std::move(chooser));
  world_->set_listener(listener);
  world_->start();
}

bool Replay::advance() {
  if (!world_->advance()) return false;
  const uint64_t event = world_->events();
  if (marks_ < record_.marks.size() && record_.marks[marks_].event == event) {
    const RecordedMark& mark = record_.marks[marks_];
    if (!differs_ && mark.hash != world_->trace_hash())
      differs_ = {marks_ == 0 ? 0 : record_.marks[marks_ - 1].event, event};
    ++marks_;
  }
  return true;
}

RunResult Replay::result() {
  over_ = true;
  RunResult result = world_->result();
  result.seed = record_.run.seed;
  return result;
}

Replay::Verdict Replay::verdict() const {
  if (const auto& parting = world_->decisions().parting())
    return {false, "parts from the record at " + text_of(*parting)};
  if (differs_)
    return {false, "no decision differs, but what happens does: first between events " +
                       std::to_string(differs_->first) + " and " +
                       std::to_string(differs_->second)};
  if (!record_.end && over_)
    return {true, "as recorded, as far as the record goes: its run was broken off"};
  if (!over_) return {true, "as recorded, so far"};
  const RecordedEnd& end = *record_.end;
  if (end.hash == world_->trace_hash() && end.events == world_->events())
    return {true, "the same run, byte for byte"};
  return {false, "no decision differs, but the run ends differently: after " +
                     std::to_string(world_->events()) + " events, not " +
                     std::to_string(end.events) + "; " +
                     std::to_string(world_->decisions().unused()) +
                     " decisions of the record were not asked for"};
}

}  // namespace vordb::sim
