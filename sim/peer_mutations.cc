#include "sim/peer_mutations.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <utility>

#include "proto/peer.pb.h"

namespace vordb::sim {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

constexpr size_t kPartsMax = 64;  // kept of one type
constexpr size_t kHugeBytes = 70'000;

constexpr uint64_t kExtremes[] = {0,
                                  1,
                                  2,
                                  127,
                                  UINT16_MAX,
                                  UINT16_MAX + 1,
                                  INT32_MAX,
                                  UINT32_MAX - 1,
                                  UINT32_MAX,
                                  (uint64_t{1} << 47) - 1,
                                  uint64_t{1} << 47,
                                  (uint64_t{1} << 62) - 1,
                                  uint64_t{1} << 62,
                                  (uint64_t{1} << 62) + 1,
                                  INT64_MAX,
                                  uint64_t{1} << 63,
                                  UINT64_MAX - 1,
                                  UINT64_MAX};

// Every message inside, itself first.
void collect(Message* message, std::vector<Message*>& all) {
  all.push_back(message);
  const Reflection& reflection = *message->GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(*message, &set);
  for (const FieldDescriptor* field : set) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      collect(reflection.MutableMessage(message, field), all);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(*message, field); ++i) {
      collect(reflection.MutableRepeatedMessage(message, field, i), all);
    }
  }
}

}  // namespace

PeerMutations::~PeerMutations() = default;

void PeerMutations::learn(const pb::PeerMessage& message) {
  pb::PeerMessage copy = message;
  std::vector<Message*> all;
  collect(&copy, all);
  for (Message* part : all) {
    auto& known = parts_[part->GetDescriptor()->full_name()];
    std::unique_ptr<Message> kept(part->New());
    kept->CopyFrom(*part);
    if (known.size() < kPartsMax) {
      known.push_back(std::move(kept));
    } else {
      known[choose_.below(kPartsMax)] = std::move(kept);
    }
  }
}

const Message* PeerMutations::known_part(const Descriptor* type) {
  const auto known = parts_.find(type->full_name());
  return known == parts_.end() ? nullptr : known->second[choose_.below(known->second.size())].get();
}

bool PeerMutations::mutate(pb::PeerMessage* message) {
  if (choose_.below(8) == 0) return flip_bytes(message);
  for (uint64_t changes = 1 + choose_.below(3); changes > 0; --changes) {
    std::vector<Message*> all;
    collect(message, all);
    change_field(all[choose_.below(all.size())]);
  }
  // What arrives has been bytes: an ill-formed string is none of a message.
  return message->ParseFromString(message->SerializeAsString());
}

bool PeerMutations::flip_bytes(pb::PeerMessage* message) {
  std::string encoded = message->SerializeAsString();
  if (encoded.empty()) return false;
  for (uint64_t flips = 1 + choose_.below(3); flips > 0; --flips) {
    const size_t at = choose_.below(encoded.size());
    encoded[at] = char(encoded[at] ^ (1 << choose_.below(8)));
  }
  return message->ParseFromString(encoded);
}

void PeerMutations::change_field(Message* message) {
  const Descriptor* type = message->GetDescriptor();
  if (type->field_count() == 0) return;
  const FieldDescriptor* field = type->field(int(choose_.below(uint64_t(type->field_count()))));
  // Of a choice, rather the one that is there.
  if (field->containing_oneof() && choose_.below(8) != 0) {
    const FieldDescriptor* set =
        message->GetReflection()->GetOneofFieldDescriptor(*message, field->containing_oneof());
    if (set) field = set;
  }
  if (field->is_repeated()) return change_list(message, field);
  const Reflection& reflection = *message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return change_part(message, field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(message, field, !reflection.GetBool(*message, field));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetString(message, field, bytes(reflection.GetString(*message, field)));
    default:
      return set_number(message, field, -1);
  }
}

void PeerMutations::change_part(Message* message, const FieldDescriptor* field) {
  const Reflection& reflection = *message->GetReflection();
  const Message* other = known_part(field->message_type());
  if (other == nullptr || choose_.below(3) == 0) return reflection.ClearField(message, field);
  reflection.MutableMessage(message, field)->CopyFrom(*other);
}

void PeerMutations::change_list(Message* message, const FieldDescriptor* field) {
  const Reflection& reflection = *message->GetReflection();
  const int size = reflection.FieldSize(*message, field);
  const auto some = [&] { return int(choose_.below(uint64_t(size))); };
  if (size == 0 || choose_.below(6) == 0) return grow_list(message, field, 1);
  switch (choose_.below(6)) {
    case 0:
      return reflection.ClearField(message, field);
    case 1:
      return reflection.RemoveLast(message, field);
    case 2: {
      const int a = some();
      const int b = some();
      return reflection.SwapElements(message, field, a, b);
    }
    case 3:
      return grow_list(message, field, choose_.below(40) == 0 ? 2000 : 30);
    default:
      break;
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return change_field(reflection.MutableRepeatedMessage(message, field, some()));
    case FieldDescriptor::CPPTYPE_STRING: {
      const int at = some();
      std::string changed = bytes(reflection.GetRepeatedString(*message, field, at));
      return reflection.SetRepeatedString(message, field, at, std::move(changed));
    }
    default:
      return set_number(message, field, some());
  }
}

// By copies of its last element, or by one of another list.
void PeerMutations::grow_list(Message* message, const FieldDescriptor* field, size_t by) {
  const Reflection& reflection = *message->GetReflection();
  const int size = reflection.FieldSize(*message, field);
  for (size_t i = 0; i < by; ++i) {
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        const Message* part = size == 0 || choose_.below(2) == 0
                                  ? known_part(field->message_type())
                                  : &reflection.GetRepeatedMessage(*message, field, size - 1);
        if (part == nullptr) return;
        std::unique_ptr<Message> copy(part->New());  // the list moves as it grows
        copy->CopyFrom(*part);
        reflection.AddMessage(message, field)->CopyFrom(*copy);
        break;
      }
      case FieldDescriptor::CPPTYPE_STRING:
        reflection.AddString(
            message, field,
            size == 0 ? bytes("") : reflection.GetRepeatedString(*message, field, size - 1));
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        reflection.AddUInt32(message, field, 0);
        set_number(message, field, size + int(i));
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        reflection.AddUInt64(message, field, 0);
        set_number(message, field, size + int(i));
        break;
      default:
        return;
    }
  }
}

// Of a list, its element `index`; else the field itself.
void PeerMutations::set_number(Message* message, const FieldDescriptor* field, int index) {
  const Reflection& r = *message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
      if (index < 0) {
        const uint64_t now = number(field, r.GetUInt32(*message, field));
        return r.SetUInt32(message, field, uint32_t(now));
      }
      return r.SetRepeatedUInt32(
          message, field, index,
          uint32_t(number(field, r.GetRepeatedUInt32(*message, field, index))));
    case FieldDescriptor::CPPTYPE_UINT64:
      if (index < 0) {
        return r.SetUInt64(message, field, number(field, r.GetUInt64(*message, field)));
      }
      return r.SetRepeatedUInt64(message, field, index,
                                 number(field, r.GetRepeatedUInt64(*message, field, index)));
    case FieldDescriptor::CPPTYPE_INT64:
      if (index < 0) {
        const uint64_t now = number(field, uint64_t(r.GetInt64(*message, field)));
        r.SetInt64(message, field, int64_t(now));
      }
      return;
    default:
      return;
  }
}

uint64_t PeerMutations::number(const FieldDescriptor* field, uint64_t before) {
  if (field->name() == "op" && !operations_.empty() && choose_.below(2) == 0) {
    return operations_[choose_.below(operations_.size())];
  }
  switch (choose_.below(8)) {
    case 0:
      return before + 1;
    case 1:
      return before - 1;
    case 2:
      return choose_.below(20);
    case 3:
      return choose_.bits();
    default:
      return kExtremes[choose_.below(std::size(kExtremes))];
  }
}

std::string PeerMutations::bytes(std::string before) {
  switch (choose_.below(7)) {
    case 0:
      return "";
    case 1:
      return std::string(choose_.below(4) == 0 ? kHugeBytes * 16 : kHugeBytes, 'x');
    case 2:
      return before + before;
    case 3:
      return std::string(1, char(choose_.below(4)));
    case 4:
      return std::string(1, char(choose_.below(4))) + before;
    case 5:
      return before.substr(0, before.size() / 2);
    default:
      if (before.empty()) return std::string(1, '\xff');
      before[choose_.below(before.size())] ^= char(1 + choose_.below(255));
      return before;
  }
}

}  // namespace vordb::sim
