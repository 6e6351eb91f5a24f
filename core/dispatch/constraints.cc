#include "core/dispatch/constraints.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/assert.h"
#include "core/crdt/dot.h"
#include "core/crdt/entry.h"
#include "core/crdt/hlc.h"
#include "core/utf8.h"
#include "proto/options.pb.h"

namespace vordb {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

// Wide enough for every integer type of protobuf, so that one comparison serves them all.
using WideInt = __int128;

struct MessageRules;

// The rules of one field; for a submessage, the rules of its type.
struct FieldRule {
  const FieldDescriptor* field = nullptr;
  std::optional<WideInt> min, max;
  uint32_t min_bytes = 0;
  uint32_t max_bytes = std::numeric_limits<uint32_t>::max();
  uint32_t max_items = std::numeric_limits<uint32_t>::max();
  bool utf8 = false;
  bool subkey = false;
  bool required = false;
  bool ascending = false;
  bool is_single_string = false;
  const MessageRules* message = nullptr;

  bool has_lengths() const {
    return min_bytes > 0 || max_bytes != std::numeric_limits<uint32_t>::max();
  }
  bool of_bytes() const { return has_lengths() || utf8 || subkey; }
  bool has_rules() const {
    return min || max || of_bytes() || required || ascending || message != nullptr ||
           max_items != std::numeric_limits<uint32_t>::max();
  }
};

// A choice between fields: only the one that is set is looked at.
struct OneofRules {
  const OneofDescriptor* oneof = nullptr;
  bool required = false;
  std::vector<std::optional<FieldRule>> by_index;
};

struct MessageRules {
  bool refuses_unknown = false;
  std::vector<FieldRule> fields;
  std::vector<OneofRules> oneofs;
};

std::string number_text(WideInt number) {
  return number < 0 ? absl::StrCat(int64_t(number)) : absl::StrCat(uint64_t(number));
}

std::string range_text(const FieldRule& rule) {
  if (rule.min && rule.max)
    return absl::StrCat(number_text(*rule.min), "..", number_text(*rule.max));
  return rule.min ? absl::StrCat("at least ", number_text(*rule.min))
                  : absl::StrCat("at most ", number_text(*rule.max));
}

std::string length_text(const FieldRule& rule) {
  if (rule.max_bytes == std::numeric_limits<uint32_t>::max())
    return absl::StrCat("at least ", rule.min_bytes);
  return absl::StrCat(rule.min_bytes, "..", rule.max_bytes);
}

// The slow path: words are put together only once a rule is broken.
absl::Status broken(const FieldRule& rule, const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrCat(rule.field->containing_type()->name(), ".", rule.field->name(), ": ", what));
}

absl::Status check_bytes(const FieldRule& rule, std::string_view bytes) {
  if (bytes.size() < rule.min_bytes || bytes.size() > rule.max_bytes) [[unlikely]]
    return broken(rule, absl::StrCat(bytes.size(), " bytes, must be ", length_text(rule)));
  if (rule.utf8 && !is_utf8(bytes)) [[unlikely]]
    return broken(rule, "must be valid UTF-8");
  crdt::EntryKind kind;
  if (rule.subkey && !crdt::parse_kind(bytes, &kind)) [[unlikely]]
    return broken(rule, "must be a subkey");
  return absl::OkStatus();
}

absl::Status check_number(const FieldRule& rule, WideInt number) {
  if ((rule.min && number < *rule.min) || (rule.max && number > *rule.max)) [[unlikely]]
    return broken(rule, absl::StrCat("must be ", range_text(rule)));
  return absl::OkStatus();
}

WideInt number_of(const Message& message, const Reflection& reflection,
                  const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetInt32(message, field);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetInt64(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.GetUInt32(message, field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.GetUInt64(message, field);
    default:
      return reflection.GetEnumValue(message, field);
  }
}

WideInt number_at(const Message& message, const Reflection& reflection,
                  const FieldDescriptor* field, int i) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetRepeatedInt32(message, field, i);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetRepeatedInt64(message, field, i);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.GetRepeatedUInt32(message, field, i);
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.GetRepeatedUInt64(message, field, i);
    default:
      return reflection.GetRepeatedEnumValue(message, field, i);
  }
}

// Which of two values of a field comes first; of messages, by all of their fields in turn.
std::strong_ordering order(const Message& a, const Message& b, const FieldDescriptor* field) {
  const Reflection& reflection = *a.GetReflection();
  std::string scratch_a, scratch_b;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetStringReference(a, field, &scratch_a) <=>
             reflection.GetStringReference(b, field, &scratch_b);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      for (int i = 0; i < field->message_type()->field_count(); ++i) {
        const std::strong_ordering by_field =
            order(reflection.GetMessage(a, field), reflection.GetMessage(b, field),
                  field->message_type()->field(i));
        if (by_field != 0) return by_field;
      }
      return std::strong_ordering::equal;
    default: {
      const WideInt left = number_of(a, reflection, field);
      const WideInt right = number_of(b, reflection, field);
      return left < right   ? std::strong_ordering::less
             : left > right ? std::strong_ordering::greater
                            : std::strong_ordering::equal;
    }
  }
}

bool rises(const FieldRule& rule, const Message& message, const Reflection& reflection, int i) {
  std::string scratch_a, scratch_b;
  switch (rule.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetRepeatedStringReference(message, rule.field, i - 1, &scratch_a) <
             reflection.GetRepeatedStringReference(message, rule.field, i, &scratch_b);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return order(reflection.GetRepeatedMessage(message, rule.field, i - 1),
                   reflection.GetRepeatedMessage(message, rule.field, i),
                   rule.field->message_type()->field(0)) < 0;
    default:
      return number_at(message, reflection, rule.field, i - 1) <
             number_at(message, reflection, rule.field, i);
  }
}

absl::Status check_message(const MessageRules& rules, const Message& message);

absl::Status check_repeated(const FieldRule& rule, const Message& message,
                            const Reflection& reflection) {
  const int items = reflection.FieldSize(message, rule.field);
  if (uint32_t(items) > rule.max_items) [[unlikely]]
    return broken(rule, absl::StrCat(items, " items, must be at most ", rule.max_items));
  std::string scratch;
  for (int i = 0; i < items; ++i) {
    if (rule.ascending && i > 0 && !rises(rule, message, reflection, i)) [[unlikely]]
      return broken(rule, "must be in ascending order, none twice");
    absl::Status status;
    if (rule.message != nullptr) {
      status = check_message(*rule.message, reflection.GetRepeatedMessage(message, rule.field, i));
    } else if (rule.of_bytes()) {
      status = check_bytes(rule,
                           reflection.GetRepeatedStringReference(message, rule.field, i, &scratch));
    } else if (rule.min || rule.max) {
      status = check_number(rule, number_at(message, reflection, rule.field, i));
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status check_field(const FieldRule& rule, const Message& message,
                         const Reflection& reflection) {
  if (rule.field->is_repeated()) return check_repeated(rule, message, reflection);
  if (rule.required && !reflection.HasField(message, rule.field)) [[unlikely]]
    return broken(rule, "must be there");
  if (rule.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    if (rule.message == nullptr || !reflection.HasField(message, rule.field))
      return absl::OkStatus();
    return check_message(*rule.message, reflection.GetMessage(message, rule.field));
  }
  if (rule.min || rule.max) return check_number(rule, number_of(message, reflection, rule.field));
  std::string scratch;
  return check_bytes(rule, reflection.GetStringReference(message, rule.field, &scratch));
}

// The one case that nearly every field of nearly every message is: a plain string within its
// bounds. Decided without making a status.
bool is_fine_string(const FieldRule& rule, const Message& message, const Reflection& reflection,
                    std::string* scratch) {
  if (!rule.is_single_string || rule.subkey) return false;
  const std::string& bytes = reflection.GetStringReference(message, rule.field, scratch);
  return bytes.size() >= rule.min_bytes && bytes.size() <= rule.max_bytes &&
         (!rule.utf8 || bytes.empty() || is_utf8(bytes));
}

absl::Status check_message(const MessageRules& rules, const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  if (rules.refuses_unknown && !reflection.GetUnknownFields(message).empty()) [[unlikely]]
    return absl::InvalidArgumentError(
        absl::StrCat(message.GetDescriptor()->name(), ": has a field that is not known here"));
  std::string scratch;
  for (const FieldRule& rule : rules.fields) {
    if (is_fine_string(rule, message, reflection, &scratch)) continue;
    if (absl::Status status = check_field(rule, message, reflection); !status.ok()) return status;
  }
  for (const OneofRules& choice : rules.oneofs) {
    const FieldDescriptor* set = reflection.GetOneofFieldDescriptor(message, choice.oneof);
    if (set == nullptr && choice.required) [[unlikely]]
      return absl::InvalidArgumentError(absl::StrCat(message.GetDescriptor()->name(), ".",
                                                     choice.oneof->name(), ": must be there"));
    if (set == nullptr) continue;
    const std::optional<FieldRule>& rule = choice.by_index[set->index_in_oneof()];
    if (!rule) continue;
    if (absl::Status status = check_field(*rule, message, reflection); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// Prints a sensitive field as its length; other kinds of sensitive values only as being there.
class LengthPrinter : public google::protobuf::TextFormat::FastFieldValuePrinter {
 public:
  using Generator = google::protobuf::TextFormat::BaseTextGenerator;
  void PrintString(const std::string& value, Generator* out) const override { length(value, out); }
  void PrintBytes(const std::string& value, Generator* out) const override { length(value, out); }
  void PrintInt32(int32_t, Generator* out) const override { hidden(out); }
  void PrintUInt32(uint32_t, Generator* out) const override { hidden(out); }
  void PrintInt64(int64_t, Generator* out) const override { hidden(out); }
  void PrintUInt64(uint64_t, Generator* out) const override { hidden(out); }

 private:
  static void length(const std::string& value, Generator* out) {
    out->PrintString(absl::StrCat("<", value.size(), " bytes>"));
  }
  static void hidden(Generator* out) { out->PrintLiteral("<hidden>"); }
};

// The bounds that go with what a number stands for.
std::optional<WideInt> highest(pb::Bound bound) {
  switch (bound) {
    case pb::HLC:
      return Hlc::kWordMax;
    case pb::MS:
      return Hlc::kMsMax;
    case pb::COUNT:
      return crdt::kDotCounterMax;
    default:
      return std::nullopt;
  }
}

FieldRule read_options(const FieldDescriptor* field) {
  const auto& options = field->options();
  FieldRule rule;
  rule.field = field;
  if (options.HasExtension(pb::min)) rule.min = options.GetExtension(pb::min);
  if (options.HasExtension(pb::max)) rule.max = options.GetExtension(pb::max);
  if (options.HasExtension(pb::bound)) rule.max = highest(options.GetExtension(pb::bound));
  if (options.HasExtension(pb::min_bytes)) rule.min_bytes = options.GetExtension(pb::min_bytes);
  if (options.HasExtension(pb::max_bytes)) rule.max_bytes = options.GetExtension(pb::max_bytes);
  if (options.HasExtension(pb::max_items)) rule.max_items = options.GetExtension(pb::max_items);
  rule.utf8 = options.GetExtension(pb::utf8);
  rule.subkey = options.GetExtension(pb::is_subkey);
  rule.required = options.GetExtension(pb::required);
  rule.ascending = options.GetExtension(pb::ascending);

  const bool is_bytes = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  rule.is_single_string = is_bytes && !field->is_repeated();
  const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  const bool is_number = !is_bytes && !is_message &&
                         field->cpp_type() != FieldDescriptor::CPPTYPE_DOUBLE &&
                         field->cpp_type() != FieldDescriptor::CPPTYPE_FLOAT &&
                         field->cpp_type() != FieldDescriptor::CPPTYPE_BOOL;
  VORDB_ASSERT(is_number || (!rule.min && !rule.max), "min and max are for integers");
  VORDB_ASSERT(is_bytes || !rule.of_bytes(), "byte rules are for strings and bytes");
  VORDB_ASSERT(!rule.required || (is_message && !field->is_repeated()), "a message can lack");
  VORDB_ASSERT(!rule.ascending || field->is_repeated(), "a list has an order");
  return rule;
}

}  // namespace

struct Constraints::Tables {
  absl::flat_hash_map<const Descriptor*, std::unique_ptr<MessageRules>> rules;
  std::vector<const Descriptor*> types;  // in the order in which they were found
  google::protobuf::TextFormat::Printer printer;
  bool refuses_unknown = false;

  // Finds all types first, so that rules of types that contain themselves can point at each other.
  void find(const Descriptor* type) {
    if (!rules.emplace(type, nullptr).second) return;
    rules[type] = std::make_unique<MessageRules>();
    types.push_back(type);
    for (int i = 0; i < type->field_count(); ++i) {
      if (type->field(i)->message_type() != nullptr) find(type->field(i)->message_type());
    }
  }

  // Types with no rule anywhere below them: they are not descended into.
  bool matters(const Descriptor* type, std::vector<const Descriptor*>* above) const {
    if (refuses_unknown) return true;
    for (const Descriptor* seen : *above) {
      if (seen == type) return false;
    }
    above->push_back(type);
    bool found = false;
    for (int i = 0; i < type->field_count() && !found; ++i) {
      const FieldDescriptor* field = type->field(i);
      found = read_options(field).has_rules() ||
              (field->message_type() != nullptr && matters(field->message_type(), above));
    }
    for (int i = 0; i < type->oneof_decl_count(); ++i) found |= one_required(type->oneof_decl(i));
    above->pop_back();
    return found;
  }

  void fill(const Descriptor* type, MessageRules* out) {
    out->refuses_unknown = refuses_unknown;
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      if (field->options().GetExtension(pb::sensitive)) {
        printer.RegisterFieldValuePrinter(field, new LengthPrinter);  // the printer owns it
      }
      FieldRule rule = read_options(field);
      std::vector<const Descriptor*> above;
      if (field->message_type() != nullptr && matters(field->message_type(), &above)) {
        rule.message = rules[field->message_type()].get();
      }
      if (!rule.has_rules()) continue;
      if (field->real_containing_oneof() == nullptr) {
        out->fields.push_back(rule);
      } else {
        choice_of(field->real_containing_oneof(), out).by_index[rule.field->index_in_oneof()] =
            rule;
      }
    }
    for (int i = 0; i < type->oneof_decl_count(); ++i) {
      if (one_required(type->oneof_decl(i))) choice_of(type->oneof_decl(i), out).required = true;
    }
  }

  static bool one_required(const OneofDescriptor* oneof) {
    return oneof->options().GetExtension(pb::one_required);
  }

  static OneofRules& choice_of(const OneofDescriptor* oneof, MessageRules* out) {
    for (OneofRules& rules : out->oneofs) {
      if (rules.oneof == oneof) return rules;
    }
    out->oneofs.push_back(
        {oneof, false, std::vector<std::optional<FieldRule>>(oneof->field_count())});
    return out->oneofs.back();
  }
};

Constraints::Constraints(const std::vector<const Descriptor*>& roots, Unknown unknown)
    : tables_(std::make_unique<Tables>()) {
  tables_->refuses_unknown = unknown == Unknown::kRefuse;
  for (const Descriptor* root : roots) tables_->find(root);
  for (const Descriptor* type : tables_->types) tables_->fill(type, tables_->rules.at(type).get());
  tables_->printer.SetSingleLineMode(true);
  tables_->printer.SetHideUnknownFields(true);
}

bool has_unknown_fields(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return true;
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->message_type() == nullptr) continue;
    const int items = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < items; ++i) {
      if (has_unknown_fields(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                                  : reflection.GetMessage(message, field)))
        return true;
    }
  }
  return false;
}

Constraints::~Constraints() = default;

absl::Status Constraints::check(const Message& message) const {
  const auto found = tables_->rules.find(message.GetDescriptor());
  VORDB_ASSERT(found != tables_->rules.end(), "the type has a table");
  return check_message(*found->second, message);
}

std::string Constraints::redact(const Message& message) const {
  std::string text;
  tables_->printer.PrintToString(message, &text);
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace vordb
