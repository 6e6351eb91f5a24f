#include "core/coordinator/merge_answers.h"

#include <algorithm>
#include <optional>

#include "core/crdt/merge.h"

namespace vordb::coordinator {

using crdt::Entry;
using crdt::EntryKind;
using crdt::Filled;
using crdt::LiveDot;
using crdt::VersionVector;

namespace {

// The smallest end of a page that has more behind it: up to there every answer speaks.
std::optional<std::string> common_end(std::span<const OwnerAnswer> answers) {
  std::optional<std::string> end;
  for (const OwnerAnswer& answer : answers) {
    if (!answer.more || !answer.state || answer.state->entries.empty()) continue;
    const std::string& last = answer.state->entries.back().subkey;
    if (!end || last < *end) end = last;
  }
  return end;
}

std::vector<std::string> all_names(std::span<const OwnerAnswer> answers,
                                   std::span<const std::string> asked,
                                   const std::optional<std::string>& end) {
  std::vector<std::string> names(asked.begin(), asked.end());
  for (const OwnerAnswer& answer : answers) {
    if (!answer.state) continue;
    for (const KeyEntry& e : answer.state->entries) {
      if (end && *end < e.subkey) break;
      names.push_back(e.subkey);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool shows_same(const Entry& a, const Entry& b) {
  return a.live == b.live && a.baseline == b.baseline;
}

SharedEntry find(const OwnerAnswer& answer, const std::string& subkey) {
  static const SharedEntry kAbsent = std::make_shared<const Entry>();
  if (!answer.state) return kAbsent;
  const auto& entries = answer.state->entries;
  const auto at =
      std::lower_bound(entries.begin(), entries.end(), subkey,
                       [](const KeyEntry& e, const std::string& s) { return e.subkey < s; });
  return at != entries.end() && at->subkey == subkey ? at->entry : kAbsent;
}

// One entry, as each answer has it.
struct Column {
  EntryKind kind;
  std::span<const OwnerAnswer> answers;
  std::vector<SharedEntry> entries;

  Filled filled(size_t i) const { return Filled{*entries[i], answers[i].base}; }

  SharedEntry merged() const {
    const bool equal = std::all_of(entries.begin(), entries.end(), [&](const SharedEntry& e) {
      return shows_same(*e, *entries[0]);
    });
    if (equal) return entries[0];
    Entry result = *entries[0];
    for (size_t i = 1; i < entries.size(); ++i) {
      result = crdt::merge(kind, {result, answers[0].base}, filled(i));
    }
    return std::make_shared<const Entry>(std::move(result));
  }

  // Registers and counters keep the highest dot whatever else is live; elements and deadlines keep
  // all that was not seen to go.
  bool has_seen_what_went(size_t i, const Entry& result) const {
    if (kind != EntryKind::kElement && kind != EntryKind::kMeta) return true;
    for (const SharedEntry& other : entries) {
      for (const LiveDot& live : other->live) {
        if (!result.find(live.dot) && !filled(i).has_seen(live.dot)) return false;
      }
    }
    return true;
  }

  bool has_seen_all(size_t i) const {
    VersionVector mine = answers[i].base;
    mine.join(entries[i]->context);
    for (size_t other = 0; other < entries.size(); ++other) {
      if (!mine.covers(answers[other].base) || !mine.covers(entries[other]->context)) return false;
    }
    return true;
  }

  OwnerMask holders(const Entry& result, bool exact_absence) const {
    OwnerMask who = 0;
    for (size_t i = 0; i < entries.size(); ++i) {
      const bool holds = shows_same(*entries[i], result) && has_seen_what_went(i, result) &&
                         (!exact_absence || !result.live.empty() || has_seen_all(i));
      if (holds) who |= answers[i].owner;
    }
    return who;
  }
};

}  // namespace

MergedAnswers merge_answers(std::span<const OwnerAnswer> answers,
                            std::span<const std::string> asked, bool exact_absence) {
  MergedAnswers merged;
  const std::optional<std::string> end = common_end(answers);
  auto state = std::make_shared<KeyState>();
  for (std::string& subkey : all_names(answers, asked, end)) {
    Column column{EntryKind::kRegister, answers, {}};
    if (!crdt::parse_kind(subkey, &column.kind)) continue;
    for (const OwnerAnswer& answer : answers) column.entries.push_back(find(answer, subkey));
    SharedEntry result = column.merged();
    const bool named = exact_absence && std::binary_search(asked.begin(), asked.end(), subkey);
    const OwnerMask holders = column.holders(*result, named);
    if (!result->vacant()) state->entries.push_back(KeyEntry{subkey, std::move(result)});
    merged.names.push_back({std::move(subkey), holders});
  }
  merged.state = std::move(state);
  merged.more = end.has_value();
  if (end) merged.last = *end;
  return merged;
}

}  // namespace vordb::coordinator
