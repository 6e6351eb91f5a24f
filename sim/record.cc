#include "sim/record.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "sim/record_frame.h"

namespace vordb::sim {

namespace {

constexpr size_t kDecisionsInBlock = 1 << 15;

void append_hash(std::string& out, const TraceHash& hash) {
  append_number(out, hash.high);
  append_number(out, hash.low);
}

TraceHash read_hash(ContentReader& reader) {
  TraceHash hash;
  hash.high = reader.number();
  hash.low = reader.number();
  return hash;
}

// Kinds and decisions are numbers in the blocks. What they are called says what they are to a
// program that counts them otherwise.
template <typename Kind>
void append_names(std::string& out, size_t count) {
  append_number(out, count);
  for (size_t i = 0; i < count; ++i) append_text(out, to_string(Kind(i)));
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : frames_(bytes) {}

  absl::Status read() {
    if (absl::Status status = frames_.read_head(); !status.ok()) return status;
    bool begun = false;
    while (!frames_.at_end()) {
      const absl::StatusOr<FrameReader::Frame> frame = frames_.next();
      if (!frame.ok()) return frame.status();
      if (record_.end) return frames_.malformed("the record has ended before it");
      if (begun == (frame->kind == FrameKind::kRun))
        return frames_.malformed("it is not where it belongs");
      begun = true;
      if (absl::Status status = read_frame(*frame); !status.ok()) return status;
    }
    if (!begun) return absl::DataLossError("is cut off before it says which run it records");
    record_.script->whole = record_.end.has_value();
    if (record_.end && record_.end->draws != decisions_)
      return frames_.malformed("there were other decisions than it says");
    return absl::OkStatus();
  }

  Record take() { return std::move(record_); }

 private:
  absl::Status read_frame(const FrameReader::Frame& frame) {
    ContentReader reader(frame.content);
    std::string wrong;
    switch (frame.kind) {
      case FrameKind::kRun:
        wrong = read_run(reader);
        break;
      case FrameKind::kBlock:
        wrong = read_block(reader);
        break;
      case FrameKind::kEnd:
        wrong = read_end(reader);
        break;
      default:
        wrong = "nobody knows its kind";
    }
    if (wrong.empty() && !reader.done()) wrong = "its content has another length than it says";
    return wrong.empty() ? absl::OkStatus() : frames_.malformed(wrong);
  }

  std::string read_run(ContentReader& reader) {
    record_.run.scenario = reader.text();
    record_.run.seed = reader.number();
    for (uint64_t count = reader.count(); count > 0; --count) {
      const std::string name = reader.text();
      const std::optional<StreamKind> kind = stream_kind_of(name);
      if (!kind) return "no kind of stream is called " + name;
      kinds_.push_back(*kind);
    }
    for (uint64_t count = reader.count(); count > 0; --count) {
      const std::string name = reader.text();
      const std::optional<Decision> decision = decision_of(name);
      if (!decision) return "no decision is called " + name;
      names_.push_back(*decision);
    }
    return "";
  }

  // Column by column, which packs better than row by row.
  std::string read_block(ContentReader& reader) {
    for (uint64_t count = reader.count(); count > 0; --count) {
      const uint64_t kind = reader.number();
      const uint64_t index = reader.number();
      if (kind >= kinds_.size() || index > UINT32_MAX) return "it names a stream that there is not";
      streams_.push_back({kinds_[kind], uint32_t(index)});
    }
    std::vector<Drawn> drawn(std::min<uint64_t>(reader.count(), kDecisionsInBlock));
    uint64_t event = reader.number();
    for (Drawn& one : drawn) {
      const uint64_t slot = reader.number();
      if (slot >= streams_.size()) return "it names a stream that there is not";
      one.stream = streams_[slot];
    }
    for (Drawn& one : drawn) {
      const uint64_t name = reader.number();
      if (name >= names_.size()) return "it names a decision that there is not";
      one.decision = names_[name];
    }
    for (Drawn& one : drawn) one.bound = reader.number();
    for (Drawn& one : drawn) one.value = reader.number();
    for (Drawn& one : drawn) {
      one.event = event += reader.number();
      one.number = decisions_++;
      if (one.bound != 0 && one.value >= one.bound)
        return "decision " + std::to_string(one.number) + " is not below its bound";
      record_.script->streams[one.stream].push_back(one);
    }
    for (uint64_t count = reader.count(); count > 0; --count) {
      RecordedMark mark;
      mark.event = reader.number();
      mark.hash = read_hash(reader);
      record_.marks.push_back(mark);
    }
    return "";
  }

  std::string read_end(ContentReader& reader) {
    RecordedEnd end;
    end.events = reader.number();
    end.draws = reader.number();
    end.hash = read_hash(reader);
    const uint64_t outcome = reader.number();
    if (outcome > uint64_t(RunOutcome::kUnderTested)) return "it knows another outcome";
    end.outcome = RunOutcome(outcome);
    record_.end = end;
    return "";
  }

  FrameReader frames_;
  Record record_;
  std::vector<StreamKind> kinds_;  // by their numbers in this record
  std::vector<Decision> names_;
  std::vector<Stream> streams_;
  uint64_t decisions_ = 0;
};

}  // namespace

RecordWriter::RecordWriter(const RecordedRun& run, Out out) : out_(std::move(out)) {
  std::string content;
  append_text(content, run.scenario);
  append_number(content, run.seed);
  append_names<StreamKind>(content, kStreamKinds);
  append_names<Decision>(content, kDecisions);
  out_(record_head() + pack_frame(FrameKind::kRun, content));
}

void RecordWriter::drawn(const Drawn& drawn) {
  drawn_.push_back(drawn);
  if (drawn_.size() == kDecisionsInBlock) flush();
}

uint64_t RecordWriter::slot_of(Stream stream, std::vector<Stream>& added) {
  std::vector<uint32_t>& slots = slots_[size_t(stream.kind)];
  if (stream.index >= slots.size()) slots.resize(stream.index + 1, 0);
  if (slots[stream.index] == 0) {
    slots[stream.index] = ++streams_;
    added.push_back(stream);
  }
  return slots[stream.index] - 1;
}

void RecordWriter::flush() {
  if (drawn_.empty() && marks_.empty()) return;
  std::vector<Stream> added;
  std::string slots;
  for (const Drawn& drawn : drawn_) append_number(slots, slot_of(drawn.stream, added));
  std::string content;
  append_number(content, added.size());
  for (const Stream stream : added) {
    append_number(content, uint64_t(stream.kind));
    append_number(content, stream.index);
  }
  append_number(content, drawn_.size());
  uint64_t event = drawn_.empty() ? 0 : drawn_[0].event;
  append_number(content, event);
  content += slots;
  for (const Drawn& drawn : drawn_) append_number(content, uint64_t(drawn.decision));
  for (const Drawn& drawn : drawn_) append_number(content, drawn.bound);
  for (const Drawn& drawn : drawn_) append_number(content, drawn.value);
  for (const Drawn& drawn : drawn_)
    append_number(content, drawn.event - std::exchange(event, drawn.event));
  append_number(content, marks_.size());
  for (const RecordedMark& mark : marks_) {
    append_number(content, mark.event);
    append_hash(content, mark.hash);
  }
  drawn_.clear();
  marks_.clear();
  out_(pack_frame(FrameKind::kBlock, content));
}

void RecordWriter::finish(const RecordedEnd& end) {
  flush();
  std::string content;
  append_number(content, end.events);
  append_number(content, end.draws);
  append_hash(content, end.hash);
  append_number(content, uint64_t(end.outcome));
  out_(pack_frame(FrameKind::kEnd, content));
}

absl::StatusOr<Record> read_record(std::string_view bytes) {
  Reader reader(bytes);
  if (absl::Status status = reader.read(); !status.ok()) return status;
  return reader.take();
}

std::string write_record(const Record& record) {
  std::string bytes;
  RecordWriter writer(record.run, [&bytes](std::string_view frame) { bytes += frame; });
  std::vector<const Drawn*> all;
  for (const auto& [stream, drawn] : record.script->streams) {
    for (const Drawn& one : drawn) all.push_back(&one);
  }
  std::sort(all.begin(), all.end(),
            [](const Drawn* one, const Drawn* other) { return one->number < other->number; });
  for (const Drawn* one : all) writer.drawn(*one);
  for (const RecordedMark& mark : record.marks) writer.mark(mark);
  // What came of an edited run nobody knows yet; but what the record has is all of it.
  writer.flush();
  if (!record.end) return bytes;
  RecordedEnd end = *record.end;
  end.draws = all.size();
  writer.finish(end);
  return bytes;
}

}  // namespace vordb::sim
