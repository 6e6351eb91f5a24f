#include "sim/signature.h"

#include <algorithm>
#include <vector>

#include "sim/trace.h"

namespace vordb::sim {

namespace {

constexpr std::string_view kBroken = ": assertion broken: ";

bool is_digit(char c) { return '0' <= c && c <= '9'; }

// Words between spaces. What begins with a quote reaches to the next one.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at < text.size();) {
    if (uint8_t(text[at]) <= ' ') {
      ++at;
      continue;
    }
    size_t end = at;
    if (text[at] == '\'' || text[at] == '"') {
      const size_t close = text.find(text[at], at + 1);
      if (close != std::string_view::npos) end = close + 1;
    }
    while (end < text.size() && uint8_t(text[end]) > ' ') ++end;
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

bool is_placeholder(std::string_view word) { return word.starts_with('#'); }

std::string placeholder_for(std::string_view word) {
  const char last = word.back();
  return last == ',' || last == ':' || last == ';' || last == ')' ? std::string("#") + last : "#";
}

std::string word_and_digits(const char* word, std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const uint64_t digest = digest_of(text);
  std::string result = word;
  result += '-';
  for (int shift = 60; shift >= 32; shift -= 4) result += kDigits[digest >> shift & 15];
  return result;
}

}  // namespace

std::string normalised(std::string_view text) {
  std::vector<std::string> kept;
  bool after_bucket = false;
  for (const std::string_view word : words_of(text)) {
    const bool quoted = word[0] == '\'' || word[0] == '"';
    const bool varies = after_bucket || quoted || std::any_of(word.begin(), word.end(), is_digit);
    after_bucket = word == "bucket";
    if (!varies) {
      kept.emplace_back(word);
      continue;
    }
    if (kept.size() >= 2 && kept.back() == "and" && is_placeholder(kept[kept.size() - 2]))
      kept.pop_back();
    if (!kept.empty() && is_placeholder(kept.back())) kept.pop_back();
    kept.push_back(placeholder_for(word));
  }
  std::string result;
  for (const std::string& word : kept) result += (result.empty() ? "" : " ") + word;
  return result;
}

std::string signature_of(Property property, std::string_view text) {
  return word_and_digits(to_string(property), normalised(text));
}

std::string abort_reason(std::string_view said) {
  while (!said.empty()) {
    const size_t end = std::min(said.find('\n'), said.size());
    const std::string_view line = said.substr(0, end);
    said.remove_prefix(std::min(end + 1, said.size()));
    if (const size_t broken = line.find(kBroken); broken != std::string_view::npos) {
      std::string_view file = line.substr(0, broken);
      file = file.substr(0, file.rfind(':'));
      file = file.substr(file.rfind('/') + 1);
      return std::string(file) + std::string(line.substr(broken));
    }
    for (const std::string_view mark : {"ERROR: ", "runtime error: ", "terminate called "}) {
      if (const size_t at = line.find(mark); at != std::string_view::npos)
        return std::string(line.substr(at));
    }
  }
  return "";
}

std::string signature_of_abort(std::string_view said, std::string_view end) {
  const std::string reason = abort_reason(said);
  return word_and_digits("abort", normalised(reason.empty() ? end : std::string_view(reason)));
}

}  // namespace vordb::sim
