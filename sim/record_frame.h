// The outer form of a record: a head that names the format, and frames of packed bytes, each under
// a checksum. And the numbers and texts that a frame is made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace vordb::sim {

enum class FrameKind : uint8_t { kRun = 1, kBlock = 2, kEnd = 3 };

std::string record_head();
std::string pack_frame(FrameKind kind, std::string_view content);

// Goes through the frames of a record.
class FrameReader {
 public:
  explicit FrameReader(std::string_view bytes) : bytes_(bytes) {}

  // InvalidArgument: these are no bytes of a record that can be read here.
  absl::Status read_head();
  bool at_end() const { return at_ == bytes_.size(); }
  struct Frame {
    FrameKind kind;
    std::string content;
  };
  // DataLoss: the next frame is damaged or cut off.
  absl::StatusOr<Frame> next();
  // What is wrong with the frame that next() gave last.
  absl::Status malformed(std::string_view what) const;

 private:
  std::string_view bytes_;
  size_t at_ = 0;
  size_t frame_at_ = 0;
};

void append_number(std::string& out, uint64_t number);
void append_text(std::string& out, std::string_view text);

// Reads what was appended, in the same order. After a mistake everything is 0 and empty, and ok()
// says so.
class ContentReader {
 public:
  explicit ContentReader(std::string_view content) : rest_(content) {}

  uint64_t number();
  std::string text();
  // A number of things to come, each of at least one byte.
  uint64_t count();
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace vordb::sim
