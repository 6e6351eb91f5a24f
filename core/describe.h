// Any value with a table of fields (core/fields.h) as text, for people who look at the state of an
// actor: {field: value, ...}, [element, ...], "text". The text is no format: nothing reads it back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/fields.h"

namespace vordb {

// Appends to `out` until that has about `max` bytes; what follows is left out.
template <typename T>
void describe(const T& value, size_t max, std::string& out) {
  if (out.size() >= max) return;
  // `each(next)` calls next() once before each part.
  const auto list = [&](const char* brackets, const auto& each) {
    out += brackets[0];
    bool first = true;
    each([&] {
      if (!std::exchange(first, false)) out += ", ";
    });
    out += brackets[1];
  };
  if constexpr (HasFields<T>) {
    list("{}", [&](const auto& next) {
      const auto one = [&](const char* name, const auto& field) {
        if (out.size() >= max) return;
        next();
        std::string_view shown = name;
        if (shown.ends_with('_')) shown.remove_suffix(1);
        out.append(shown).append(": ");
        describe(field, max, out);
      };
      for_each_field(one, value);
    });
  } else if constexpr (fields::is_cow<T>) {
    describe(*value, max, out);
  } else if constexpr (std::is_enum_v<T>) {
    absl::StrAppend(&out, uint64_t(value));
  } else if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_integral_v<T>) {
    absl::StrAppend(&out, value);
  } else if constexpr (std::is_same_v<T, unsigned __int128>) {
    absl::StrAppend(&out, "0x", absl::Hex(uint64_t(value >> 64)), "'", absl::Hex(uint64_t(value)));
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    const std::string_view text = value;
    absl::StrAppend(&out, "\"", absl::CHexEscape({text.data(), std::min(text.size(), max)}), "\"");
  } else if constexpr (std::is_same_v<T, std::monostate>) {
    out += "nothing";
  } else if constexpr (fields::Message<T>) {
    absl::StrAppend(&out, "{", value.ShortDebugString(), "}");
  } else if constexpr (fields::Status<T>) {
    out += value.ToString();
  } else if constexpr (fields::is_variant<T>) {
    std::visit([&](const auto& held) { describe(held, max, out); }, value);
  } else if constexpr (fields::Unordered<T>) {
    std::vector<std::string> elements;
    for (const auto& element : value) {
      elements.emplace_back();
      describe(element, max, elements.back());
    }
    std::sort(elements.begin(), elements.end());
    list("[]", [&](const auto& next) {
      for (const std::string& element : elements) {
        if (out.size() >= max) return;
        next();
        out += element;
      }
    });
  } else if constexpr (fields::Range<T>) {
    list("[]", [&](const auto& next) {
      for (const auto& element : value) {
        if (out.size() >= max) return;
        next();
        describe(element, max, out);
      }
    });
  } else if constexpr (fields::Tuple<T>) {
    list("()", [&](const auto& next) {
      const auto one = [&](const auto& element) {
        next();
        describe(element, max, out);
      };
      std::apply([&](const auto&... element) { (one(element), ...); }, value);
    });
  } else {
    static_assert(fields::Pointer<T>, "a type without a table of fields");
    if (!value) {
      out += "none";
    } else {
      describe(*value, max, out);
    }
  }
}

// At most `max` bytes, and "..." where something was left out.
template <typename T>
std::string described(const T& value, size_t max) {
  std::string out;
  describe(value, max + 1, out);
  if (out.size() > max) {
    out.resize(max);
    out += "...";
  }
  return out;
}

}  // namespace vordb
