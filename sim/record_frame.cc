#include "sim/record_frame.h"

#include <xxhash.h>
#include <zstd.h>

#include "absl/strings/str_cat.h"
#include "core/assert.h"
#include "core/big_endian.h"

namespace vordb::sim {

namespace {

constexpr std::string_view kMagic = "VORDBREC";
constexpr uint32_t kFormat = 1;
// Blocks and scenarios are far smaller: a frame that claims more is none.
constexpr uint32_t kContentBytesMax = 64 << 20;
// Kind, size of the content, size of the packed bytes, checksum over all but itself.
constexpr size_t kPrefixBytes = 1 + 4 + 4;
constexpr size_t kFrameBytes = kPrefixBytes + 8;
// The fastest that packs well: recording may not slow a run down.
constexpr int kPackingLevel = 1;

uint64_t checksum_of(std::string_view prefix, std::string_view packed) {
  const uint64_t of_prefix = XXH3_64bits(prefix.data(), prefix.size());
  return XXH3_64bits_withSeed(packed.data(), packed.size(), of_prefix);
}

}  // namespace

std::string record_head() {
  std::string head(kMagic);
  append_big_endian(head, kFormat);
  return head;
}

std::string pack_frame(FrameKind kind, std::string_view content) {
  VORDB_ASSERT(content.size() <= kContentBytesMax, "a frame can be read again");
  std::string packed(ZSTD_compressBound(content.size()), '\0');
  const size_t size =
      ZSTD_compress(packed.data(), packed.size(), content.data(), content.size(), kPackingLevel);
  VORDB_ASSERT(!ZSTD_isError(size), "there is room for the packed bytes");
  packed.resize(size);
  std::string frame(1, char(kind));
  append_big_endian(frame, uint32_t(content.size()));
  append_big_endian(frame, uint32_t(packed.size()));
  append_big_endian(frame, checksum_of(frame, packed));
  return frame + packed;
}

absl::Status FrameReader::read_head() {
  if (!bytes_.starts_with(kMagic))
    return absl::InvalidArgumentError(
        absl::StrCat("is no record of a run: it does not begin with ", std::string(kMagic)));
  at_ = kMagic.size() + sizeof kFormat;
  if (bytes_.size() < at_) return absl::DataLossError("is cut off inside its head");
  const uint32_t format = read_big_endian<uint32_t>(bytes_.substr(kMagic.size()));
  if (format == kFormat) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("is a record of format ", format, "; this program reads format ", kFormat));
}

absl::StatusOr<FrameReader::Frame> FrameReader::next() {
  frame_at_ = at_;
  const std::string_view rest = bytes_.substr(at_);
  const auto cut_off = [this] {
    return absl::DataLossError(absl::StrCat("is cut off at byte ", bytes_.size(),
                                            ", inside the frame that begins at byte ", frame_at_));
  };
  if (rest.size() < kFrameBytes) return cut_off();
  const uint32_t content_bytes = read_big_endian<uint32_t>(rest.substr(1));
  const uint32_t packed_bytes = read_big_endian<uint32_t>(rest.substr(5));
  if (rest.size() - kFrameBytes < packed_bytes) return cut_off();
  const std::string_view packed = rest.substr(kFrameBytes, packed_bytes);
  const uint64_t checksum = read_big_endian<uint64_t>(rest.substr(kPrefixBytes));
  if (checksum != checksum_of(rest.substr(0, kPrefixBytes), packed))
    return malformed("its checksum is wrong");
  if (content_bytes > kContentBytesMax) return malformed("it is too long");
  std::string content(content_bytes, '\0');
  const size_t size = ZSTD_decompress(content.data(), content.size(), packed.data(), packed.size());
  if (ZSTD_isError(size) || size != content_bytes) return malformed("it cannot be unpacked");
  at_ += kFrameBytes + packed_bytes;
  return Frame{FrameKind(rest[0]), std::move(content)};
}

absl::Status FrameReader::malformed(std::string_view what) const {
  return absl::DataLossError(absl::StrCat("is damaged in the frame that begins at byte ", frame_at_,
                                          ": ", std::string(what)));
}

// Seven bits a byte, the lowest first; the highest bit says that more follow.
void append_number(std::string& out, uint64_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(char(uint8_t(number) | 0x80));
  out.push_back(char(number));
}

void append_text(std::string& out, std::string_view text) {
  append_number(out, text.size());
  out.append(text);
}

uint64_t ContentReader::number() {
  uint64_t number = 0;
  for (int shift = 0; ok_ && shift < 64; shift += 7) {
    if (rest_.empty()) break;
    const uint8_t byte = uint8_t(rest_[0]);
    rest_.remove_prefix(1);
    number |= uint64_t(byte & 0x7f) << shift;
    if (byte < 0x80) return number;
  }
  ok_ = false;
  return 0;
}

std::string ContentReader::text() {
  const uint64_t size = count();
  std::string text(rest_.substr(0, size));
  rest_.remove_prefix(size);
  return text;
}

uint64_t ContentReader::count() {
  const uint64_t count = number();
  if (count <= rest_.size()) return count;
  ok_ = false;
  return 0;
}

}  // namespace vordb::sim
