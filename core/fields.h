// One table of a struct's fields, from which follows all that must look at every one of them:
// equality, fingerprint, and what differs between two states. A struct names its fields once, in
// the order of their declaration:
//
//   struct Walk {
//     std::string seen;
//     bool waiting = false;
//     VORDB_FIELDS(Walk, seen, waiting)
//   };
//
// A field that the table leaves out does not compile where the table is used: the sizes of the
// fields must add up to the size of the struct.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/cow.h"
#include "core/fingerprint.h"

// clang-format off
#define VORDB_FIELDS_PARENS ()
#define VORDB_FIELDS_EXPAND(...)                                              \
  VORDB_FIELDS_EXPAND3(VORDB_FIELDS_EXPAND3(                                  \
      VORDB_FIELDS_EXPAND3(VORDB_FIELDS_EXPAND3(__VA_ARGS__))))
#define VORDB_FIELDS_EXPAND3(...)                                             \
  VORDB_FIELDS_EXPAND2(VORDB_FIELDS_EXPAND2(                                  \
      VORDB_FIELDS_EXPAND2(VORDB_FIELDS_EXPAND2(__VA_ARGS__))))
#define VORDB_FIELDS_EXPAND2(...)                                             \
  VORDB_FIELDS_EXPAND1(VORDB_FIELDS_EXPAND1(                                  \
      VORDB_FIELDS_EXPAND1(VORDB_FIELDS_EXPAND1(__VA_ARGS__))))
#define VORDB_FIELDS_EXPAND1(...) __VA_ARGS__
#define VORDB_FIELDS_REST(Type, name, ...) \
  ::vordb::Field{#name, &Type::name}       \
  __VA_OPT__(, VORDB_FIELDS_AGAIN VORDB_FIELDS_PARENS (Type, __VA_ARGS__))
#define VORDB_FIELDS_AGAIN() VORDB_FIELDS_REST
// clang-format on

#define VORDB_FIELDS(Type, ...)                                                          \
  friend struct ::vordb::FieldAccess;                                                    \
  static constexpr auto vordb_fields() {                                                 \
    return ::std::make_tuple(VORDB_FIELDS_EXPAND(VORDB_FIELDS_REST(Type, __VA_ARGS__))); \
  }

// And those of a base that has a table too.
#define VORDB_FIELDS_AND_BASE(Type, Base, ...)                                         \
  friend struct ::vordb::FieldAccess;                                                  \
  static constexpr auto vordb_fields() {                                               \
    return ::std::tuple_cat(                                                           \
        Base::vordb_fields(),                                                          \
        ::std::make_tuple(VORDB_FIELDS_EXPAND(VORDB_FIELDS_REST(Type, __VA_ARGS__)))); \
  }

namespace vordb {

template <typename Struct, typename Member>
struct Field {
  using Value = Member;
  const char* name;
  Member Struct::*member;
};
template <typename Struct, typename Member>
Field(const char*, Member Struct::*) -> Field<Struct, Member>;

struct FieldAccess {
  template <typename T>
  static constexpr auto of() -> decltype(T::vordb_fields()) {
    return T::vordb_fields();
  }

  // Where the fields would end if nothing lay between them but what alignment asks for.
  template <typename T>
  static constexpr bool complete() {
    size_t end = 0;
    const auto place = [&](size_t size, size_t align) {
      end = (end + align - 1) / align * align + size;
    };
    std::apply(
        [&](auto... field) {
          (place(sizeof(typename decltype(field)::Value), alignof(typename decltype(field)::Value)),
           ...);
        },
        T::vordb_fields());
    place(0, alignof(T));
    return end == sizeof(T);
  }
};

template <typename T>
concept HasFields = requires {
  FieldAccess::of<T>();
};

// Calls visit(const char* name, const Value& value...) for each field of the values, which are of
// one type.
template <typename Visitor, HasFields T, typename... More>
constexpr void for_each_field(Visitor&& visit, const T& value, const More&... more) {
  static_assert(FieldAccess::complete<T>(), "the table of fields leaves one out");
  const auto visit_one = [&](auto field) {
    visit(field.name, value.*field.member, more.*field.member...);
  };
  std::apply([&](auto... field) { (visit_one(field), ...); }, FieldAccess::of<T>());
}

namespace fields {

template <typename T>
concept Range = requires(const T& t) {
  t.begin();
  t.end();
  t.size();
};
// A map whose order means nothing.
template <typename T>
concept Unordered = Range<T> && requires {
  typename T::hasher;
};
template <typename T>
concept Pointer = requires(const T& t) {
  bool(t);
  *t;
};
// absl::Status.
template <typename T>
concept Status = requires(const T& t) {
  t.raw_code();
  t.message();
};
template <typename T>
concept Message = requires(const T& t) {
  t.SerializeAsString();
};
template <typename T>
concept Hashes = requires(const T& t, Fingerprint& f) {
  t.add_to(f);
};
template <typename T>
inline constexpr bool is_cow = false;
template <typename T>
inline constexpr bool is_cow<Cow<T>> = true;
template <typename T>
inline constexpr bool is_variant = false;
template <typename... T>
inline constexpr bool is_variant<std::variant<T...>> = true;
template <typename T>
concept Tuple = requires {
  std::tuple_size<T>::value;
}
&&!Range<T>;

}  // namespace fields

template <typename T>
std::pair<uint64_t, uint64_t> digest_of_fields(const T& value);

// All of the value; what it points to, not where that lies.
template <typename T>
void add_fields(const T& value, Fingerprint& fingerprint) {
  if constexpr (fields::Hashes<T>) {
    value.add_to(fingerprint);
  } else if constexpr (HasFields<T>) {
    for_each_field([&](const char*, const auto& field) { add_fields(field, fingerprint); }, value);
  } else if constexpr (fields::is_cow<T>) {
    const auto [high, low] = value.digest([](const auto& held) { return digest_of_fields(held); });
    fingerprint.add(high);
    fingerprint.add(low);
  } else if constexpr (std::is_enum_v<T>) {
    fingerprint.add(std::underlying_type_t<T>(value));
  } else if constexpr (std::is_integral_v<T>) {
    fingerprint.add(value);
  } else if constexpr (std::is_same_v<T, unsigned __int128>) {
    fingerprint.add(uint64_t(value >> 64));
    fingerprint.add(uint64_t(value));
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    fingerprint.add(std::string_view(value));
  } else if constexpr (std::is_same_v<T, std::monostate>) {
  } else if constexpr (fields::Message<T>) {
    fingerprint.add(value.SerializeAsString());
  } else if constexpr (fields::Status<T>) {
    fingerprint.add(value.raw_code());
    fingerprint.add(std::string_view(value.message().data(), value.message().size()));
  } else if constexpr (fields::is_variant<T>) {
    fingerprint.add(value.index());
    std::visit([&](const auto& held) { add_fields(held, fingerprint); }, value);
  } else if constexpr (fields::Unordered<T>) {
    uint64_t high = 0;
    uint64_t low = 0;
    for (const auto& element : value) {
      Fingerprint own;
      add_fields(element, own);
      high += own.digest().first;
      low += own.digest().second;
    }
    fingerprint.add(value.size());
    fingerprint.add(high);
    fingerprint.add(low);
  } else if constexpr (fields::Range<T>) {
    fingerprint.add(value.size());
    for (const auto& element : value) add_fields(element, fingerprint);
  } else if constexpr (fields::Tuple<T>) {
    std::apply([&](const auto&... element) { (add_fields(element, fingerprint), ...); }, value);
  } else {
    static_assert(fields::Pointer<T>, "a type without a table of fields");
    fingerprint.add(bool(value));
    if (value) add_fields(*value, fingerprint);
  }
}

template <typename T>
std::pair<uint64_t, uint64_t> digest_of_fields(const T& value) {
  Fingerprint fingerprint;
  add_fields(value, fingerprint);
  return fingerprint.digest();
}

// Whether both hold the same, wherever it lies.
template <typename T>
bool same_fields(const T& a, const T& b) {
  if constexpr (HasFields<T>) {
    bool same = true;
    for_each_field(
        [&](const char*, const auto& x, const auto& y) { same = same && same_fields(x, y); }, a, b);
    return same;
  } else if constexpr (fields::is_cow<T>) {
    return a.shares(b) || same_fields(*a, *b);
  } else if constexpr (fields::Message<T>) {
    return a.SerializeAsString() == b.SerializeAsString();
  } else if constexpr (fields::is_variant<T>) {
    return a.index() == b.index() &&
           std::visit(
               [&](const auto& held) {
                 return same_fields(held, std::get<std::decay_t<decltype(held)>>(b));
               },
               a);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return a == b;
  } else if constexpr (fields::Unordered<T>) {
    if (a.size() != b.size()) return false;
    for (const auto& [key, element] : a) {
      const auto other = b.find(key);
      if (other == b.end() || !same_fields(element, other->second)) return false;
    }
    return true;
  } else if constexpr (fields::Range<T>) {
    if (a.size() != b.size()) return false;
    auto other = b.begin();
    for (const auto& element : a) {
      if (!same_fields(element, *other)) return false;
      ++other;
    }
    return true;
  } else if constexpr (fields::Tuple<T>) {
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return (same_fields(std::get<I>(a), std::get<I>(b)) && ...);
    }
    (std::make_index_sequence<std::tuple_size_v<T>>());
  } else if constexpr (fields::Pointer<T> && !std::is_integral_v<T>) {
    return bool(a) == bool(b) && (!a || &*a == &*b || same_fields(*a, *b));
  } else {
    return a == b;
  }
}

// Calls visit(const char* name, size_t index) for each field in which the two differ.
template <HasFields T, typename Visitor>
void for_each_difference(const T& before, const T& after, Visitor&& visit) {
  size_t index = 0;
  for_each_field(
      [&](const char* name, const auto& was, const auto& is) {
        if (!same_fields(was, is)) visit(name, index);
        ++index;
      },
      before, after);
}

}  // namespace vordb
