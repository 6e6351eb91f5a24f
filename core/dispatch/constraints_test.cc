#include "core/dispatch/constraints.h"

#include <doctest/doctest.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>

#include "proto/client.pb.h"
#include "proto/options.pb.h"

namespace vordb {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::FieldDescriptorProto;

const Constraints& client_constraints() {
  static const Constraints constraints({pb::Request::descriptor()});
  return constraints;
}

std::string broken_rule(const google::protobuf::Message& message) {
  return std::string(client_constraints().check(message).message());
}

pb::Request put(std::string key, std::string value) {
  pb::Request request;
  request.mutable_put()->set_key(std::move(key));
  request.mutable_put()->set_value(std::move(value));
  return request;
}

FieldDescriptorProto* add_field(DescriptorProto* type, const char* name, int number,
                                FieldDescriptorProto::Type kind) {
  FieldDescriptorProto* field = type->add_field();
  field->set_name(name);
  field->set_number(number);
  field->set_type(kind);
  field->set_label(FieldDescriptorProto::LABEL_OPTIONAL);
  return field;
}

// A type that no code was written for: { uint64 size; repeated bytes tags; Probe child; string note
// }.
struct RuntimeType {
  RuntimeType() : pool(google::protobuf::DescriptorPool::generated_pool()), factory(&pool) {
    google::protobuf::FileDescriptorProto file;
    file.set_name("probe.proto");
    file.set_syntax("proto3");
    file.add_dependency("proto/options.proto");
    DescriptorProto* type = file.add_message_type();
    type->set_name("Probe");
    auto* size = add_field(type, "size", 1, FieldDescriptorProto::TYPE_UINT64)->mutable_options();
    size->SetExtension(pb::min, 2);
    size->SetExtension(pb::max, 9);
    FieldDescriptorProto* tags = add_field(type, "tags", 2, FieldDescriptorProto::TYPE_BYTES);
    tags->set_label(FieldDescriptorProto::LABEL_REPEATED);
    tags->mutable_options()->SetExtension(pb::max_items, 2u);
    tags->mutable_options()->SetExtension(pb::utf8, true);
    add_field(type, "child", 3, FieldDescriptorProto::TYPE_MESSAGE)->set_type_name("Probe");
    add_field(type, "secret", 4, FieldDescriptorProto::TYPE_STRING)
        ->mutable_options()
        ->SetExtension(pb::sensitive, true);
    descriptor = pool.BuildFile(file)->message_type(0);
    constraints = std::make_unique<Constraints>(std::vector{descriptor});
  }

  std::unique_ptr<google::protobuf::Message> make(uint64_t size) {
    std::unique_ptr<google::protobuf::Message> message(factory.GetPrototype(descriptor)->New());
    message->GetReflection()->SetUInt64(message.get(), descriptor->field(0), size);
    return message;
  }

  google::protobuf::DescriptorPool pool;
  google::protobuf::DynamicMessageFactory factory;
  const google::protobuf::Descriptor* descriptor = nullptr;
  std::unique_ptr<Constraints> constraints;
};

}  // namespace

TEST_CASE("constraints: what the schema allows passes, up to both ends") {
  CHECK(broken_rule(put("k", "")) == "");
  CHECK(broken_rule(put(std::string(65535, 'k'), "v")) == "");
  CHECK(broken_rule(pb::Request()) == "");
}

TEST_CASE(
    "constraints: a broken rule is named with its field and its range, never with the value") {
  CHECK(broken_rule(put("", "v")) == "PutRequest.key: 0 bytes, must be 1..65535");
  CHECK(broken_rule(put(std::string(65536, 'k'), "v")) ==
        "PutRequest.key: 65536 bytes, must be 1..65535");
  CHECK(broken_rule(put("secret\xff", "v")) == "PutRequest.key: must be valid UTF-8");

  pb::Request increment;
  increment.mutable_counter_increment()->set_key("k");
  increment.mutable_counter_increment()->set_amount(-77);
  CHECK(broken_rule(increment) == "CounterIncrementRequest.amount: must be at least 0");

  pb::Request wide = put("k", "v");
  wide.mutable_put()->set_w(256);
  CHECK(broken_rule(wide) == "PutRequest.w: must be at most 255");
}

TEST_CASE("constraints: every element of a repeated field, and their number") {
  pb::Request add;
  add.mutable_set_add()->set_key("k");
  for (int i = 0; i < 1000; ++i) add.mutable_set_add()->add_elements("e");
  CHECK(broken_rule(add) == "");
  *add.mutable_set_add()->mutable_elements(999) = "\xc0\x80";
  CHECK(broken_rule(add) == "SetAddRequest.elements: must be valid UTF-8");
  *add.mutable_set_add()->mutable_elements(999) = "e";
  add.mutable_set_add()->add_elements("e");
  CHECK(broken_rule(add) == "SetAddRequest.elements: 1001 items, must be at most 1000");
}

TEST_CASE("constraints: messages inside messages are checked") {
  pb::Request create;
  pb::BucketConfig* config = create.mutable_create_bucket()->mutable_config();
  config->set_name("b");
  CHECK(broken_rule(create) == "");
  config->set_replication_n(10);
  CHECK(broken_rule(create) == "BucketConfig.replication_n: must be 0..9");
}

TEST_CASE("constraints: a type made at run time is checked and redacted without code for it") {
  RuntimeType type;
  CHECK(type.constraints->check(*type.make(9)).ok());
  CHECK(type.constraints->check(*type.make(10)).message() == "Probe.size: must be 2..9");
  // Above int64: compared as the number that it is.
  CHECK(type.constraints->check(*type.make(UINT64_MAX)).message() == "Probe.size: must be 2..9");

  auto message = type.make(5);
  const auto* reflection = message->GetReflection();
  google::protobuf::Message* child =
      reflection->MutableMessage(message.get(), type.descriptor->field(2));
  CHECK(type.constraints->check(*message).message() == "Probe.size: must be 2..9");
  reflection->SetUInt64(child, type.descriptor->field(0), 3);
  CHECK(type.constraints->check(*message).ok());
  for (const char* tag : {"a", "b", "c"})
    reflection->AddString(child, type.descriptor->field(1), tag);
  CHECK(type.constraints->check(*message).message() == "Probe.tags: 3 items, must be at most 2");

  reflection->SetString(child, type.descriptor->field(3), "hunter2");
  const std::string text = type.constraints->redact(*message);
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(text.find("secret: <7 bytes>") != std::string::npos);
  CHECK(text.find("size: 5") != std::string::npos);
}

TEST_CASE("constraints: redacted text holds lengths for what users sent") {
  pb::Request request = put("my-key", "my-value");
  request.set_request_id(42);
  request.mutable_put()->set_bucket("b");
  // A field that this version does not know may hold anything.
  request.GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(999, "my-unknown");
  const std::string text = client_constraints().redact(request);
  CHECK(text == "request_id: 42 put { bucket: \"b\" key: <6 bytes> value: <8 bytes> }");
}

}  // namespace vordb
