#include "sim/catalogue.h"

namespace vordb::sim {

namespace {

// `letter` and six digits: names of one kind sort as their indices.
std::string numbered(char letter, uint32_t index) {
  std::string name(7, '0');
  name[0] = letter;
  for (size_t at = 6; index > 0 && at > 0; --at, index /= 10) name[at] = char('0' + index % 10);
  return name;
}

std::optional<uint32_t> index_of(char letter, std::string_view name) {
  if (name.size() != 7 || name[0] != letter) return std::nullopt;
  uint32_t index = 0;
  for (const char digit : name.substr(1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    index = index * 10 + uint32_t(digit - '0');
  }
  return index;
}

uint64_t mix(uint64_t word) {
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
  word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
  return word ^ (word >> 31);
}

}  // namespace

std::string Catalogue::key_name(uint32_t key) { return numbered('k', key); }
// The first is the empty one, which is an element like any other.
std::string Catalogue::element_name(uint32_t element) {
  return element == 0 ? std::string() : numbered('e', element);
}
std::optional<uint32_t> Catalogue::key_index(std::string_view name) { return index_of('k', name); }
std::optional<uint32_t> Catalogue::element_index(std::string_view name) {
  if (name.empty()) return 0;
  return index_of('e', name);
}

std::string Catalogue::value_of(uint32_t bucket, uint32_t key, uint64_t id) const {
  std::string value =
      std::to_string(id) + ":" + std::to_string(bucket) + ":" + std::to_string(key) + ":";
  const uint64_t room = buckets_[bucket].value_bytes_max;
  uint64_t word = mix(id + 0x9e3779b97f4a7c15u);
  for (uint64_t left = room == 0 ? 0 : word % (room + 1); left > 0; --left) {
    if (left % 8 == 0) word = mix(word + left);
    value.push_back(char('!' + (word >> (left % 8 * 8) & 0x3f)));
  }
  return value;
}

std::optional<uint64_t> Catalogue::writer_of(uint32_t bucket, uint32_t key,
                                             std::string_view value) const {
  uint64_t id = 0;
  for (const char digit : value) {
    if (digit == ':') break;
    if (digit < '0' || digit > '9' || id > UINT64_MAX / 20) return std::nullopt;
    id = id * 10 + uint64_t(digit - '0');
  }
  if (id == 0 || value_of(bucket, key, id) != value) return std::nullopt;
  return id;
}

}  // namespace vordb::sim
