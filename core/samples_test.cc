// Samples of what lies on disks and goes over wires: proto/samples/ holds one file for each kind of
// record and message, with its text and its bytes. Each must be read for what it says and be
// written as the same bytes. What has no sample fails here.
//
// A new kind gets its sample by VORDB_REWRITE_SAMPLES=1, which writes the files that are missing
// and no other: a file that exists is what some disk or node of an older version says, and stays.
#include <doctest/doctest.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/cluster/ballot.h"
#include "core/cluster/configuration.h"
#include "core/codec.h"
#include "core/message_table.h"
#include "core/peer_check.h"
#include "core/peer_wire.h"
#include "core/vnode/record_keys.h"
#include "proto/client.pb.h"
#include "proto/options.pb.h"
#include "proto/peer.pb.h"

using namespace vordb;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::TextFormat;

namespace {

const std::string kFolder = std::string(VORDB_SOURCE_DIR) + "/proto/samples/";

struct Sample {
  std::string text;
  std::string key;  // of a record
  std::string bytes;
};

// ---- a message with something in every field, as the schema allows it

constexpr int kDeepest = 9;
void fill(Message* message, int depth, uint32_t round);

std::string some_text(const FieldDescriptor* field, uint32_t round) {
  const auto& options = field->options();
  if (options.GetExtension(pb::is_subkey)) return std::string(1, '\1') + char('a' + round);
  if (field->name().find("address") != std::string::npos)
    return absl::StrCat("host:", 7001 + round);
  if (field->name() == "type") return "lww";
  std::string text = absl::StrCat(field->name(), round).substr(0, 16);
  text.resize(std::max<size_t>(text.size(), options.GetExtension(pb::min_bytes)), '.');
  if (options.HasExtension(pb::max_bytes))
    text.resize(std::min<size_t>(text.size(), options.GetExtension(pb::max_bytes)));
  return text;
}

int64_t some_number(const FieldDescriptor* field, uint32_t round) {
  const auto& options = field->options();
  int64_t number = 1 + round;
  if (options.GetExtension(pb::bound) == pb::HLC) number = 113'600'000'000'000'000 + round;
  if (options.GetExtension(pb::bound) == pb::MS) number = 1'733'400'000'000 + round;
  if (options.HasExtension(pb::max)) number = std::min(number, options.GetExtension(pb::max));
  return number;
}

void fill_field(Message* message, const FieldDescriptor* field, int depth, uint32_t round) {
  const auto* reflection = message->GetReflection();
  const bool many = field->is_repeated();
  const int64_t n = some_number(field, round);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (depth > 0) {
        fill(many ? reflection->AddMessage(message, field)
                  : reflection->MutableMessage(message, field),
             depth - 1, round);
      }
      return;
    case FieldDescriptor::CPPTYPE_STRING:
      return many ? reflection->AddString(message, field, some_text(field, round))
                  : reflection->SetString(message, field, some_text(field, round));
    case FieldDescriptor::CPPTYPE_UINT32:
      return many ? reflection->AddUInt32(message, field, uint32_t(n))
                  : reflection->SetUInt32(message, field, uint32_t(n));
    case FieldDescriptor::CPPTYPE_UINT64:
      return many ? reflection->AddUInt64(message, field, uint64_t(n))
                  : reflection->SetUInt64(message, field, uint64_t(n));
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->SetInt64(message, field, n);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->SetBool(message, field, field->name() != "has_places");
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->SetEnumValue(message, field, 1);
    default:
      FAIL("a type that no sample has: " << field->full_name());
  }
}

// A oneof keeps what it has.
void fill(Message* message, int depth, uint32_t round) {
  const Descriptor* type = message->GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (field->real_containing_oneof() != nullptr) continue;
    const uint32_t items = field->is_repeated() ? 2 : 1;
    for (uint32_t item = 0; item < items; ++item) fill_field(message, field, depth, round + item);
  }
}

// ---- files

std::string print(const Message& message) {
  std::string text;
  TextFormat::PrintToString(message, &text);
  return text;
}

void write_sample(const std::string& file, const Sample& sample) {
  std::filesystem::create_directories(std::filesystem::path(file).parent_path());
  std::ofstream out(file, std::ios::binary);
  out << sample.text;
  const auto put = [&](const char* what, const std::string& bytes) {
    const std::string hex = absl::BytesToHexString(bytes);
    out << "--- " << what << "\n";
    for (size_t at = 0; at < hex.size(); at += 80) out << hex.substr(at, 80) << "\n";
  };
  if (!sample.key.empty()) put("key", sample.key);
  put("bytes", sample.bytes);
}

Sample read_sample(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  Sample sample;
  std::string hex;
  std::string* part = nullptr;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("--- ")) {
      if (part) *part = absl::HexStringToBytes(std::exchange(hex, {}));
      part = line == "--- key" ? &sample.key : &sample.bytes;
    } else if (part) {
      hex += line;
    } else {
      sample.text += line + "\n";
    }
  }
  if (part) *part = absl::HexStringToBytes(hex);
  return sample;
}

// The samples that were looked at: the folder holds no other.
std::set<std::string>& seen() {
  static std::set<std::string> names;
  return names;
}

// The sample of this name; one that is missing may be written from `message`.
Sample sample_of(const std::string& name, const std::string& key, const Message& message,
                 const std::string& bytes) {
  const std::string file = kFolder + name + ".txt";
  seen().insert(name + ".txt");
  if (!std::filesystem::exists(file) && std::getenv("VORDB_REWRITE_SAMPLES"))
    write_sample(file, {print(message), key, bytes});
  REQUIRE_MESSAGE(std::filesystem::exists(file),
                  "no sample " << name << ": write it with VORDB_REWRITE_SAMPLES=1");
  return read_sample(file);
}

// Read for what it says, and written again as the same bytes.
void check_message(const Sample& sample, Message* read, const std::string& name) {
  INFO(name);
  std::unique_ptr<Message> said(read->New());
  REQUIRE(TextFormat::ParseFromString(sample.text, said.get()));
  CHECK(print(*read) == print(*said));
  CHECK(read->SerializeAsString() == said->SerializeAsString());
}

void check_wire(const std::string& name, const Message& some) {
  const Sample sample = sample_of(name, "", some, some.SerializeAsString());
  std::unique_ptr<Message> read(some.New());
  REQUIRE(read->ParseFromString(sample.bytes));
  CHECK(read->SerializeAsString() == sample.bytes);
  check_message(sample, read.get(), name);
}

void check_record(const std::string& name, const std::string& key, const Message& some) {
  const Sample sample = sample_of(name, key, some, seal_record(key, some));
  CHECK_MESSAGE(sample.key == key, name << " lies elsewhere now");
  std::unique_ptr<Message> read(some.New());
  REQUIRE_MESSAGE(open_record(key, sample.bytes, read.get()).ok(), name);
  CHECK(seal_record(key, *read) == sample.bytes);
  check_message(sample, read.get(), name);
}

template <typename M>
M filled() {
  M message;
  fill(&message, kDeepest, 0);
  return message;
}

// Of a cluster of three, one gone, with a bucket of its own and a partition that moves.
Configuration some_configuration() {
  std::vector<Member> members;
  for (NodeNumber node = 1; node <= 3; ++node) {
    Member member;
    member.node = node;
    member.node_id = absl::StrCat("node", node);
    member.address = absl::StrCat("10.0.0.", node, ":7001");
    member.zone = "east";
    member.nonce = 100 + node;
    member.disk_id = std::string(16, char('a' + node));
    members.push_back(member);
  }
  Configuration made = found_cluster(std::string(16, 'c'), 2, members, BucketConfig{});
  BucketConfig config;
  config.name = "sessions";
  config.type = BucketType::kOrswot;
  config.ttl_seconds = 60;
  Configuration next = *create_bucket(made, config);
  next.members[2].status = MemberStatus::kLeaving;
  next.partitions[0].move = next.partitions[0].pv = next.epoch;
  next.partitions[0].next = {1, 2};
  next.partitions[1].draining = {3};
  next.removed_epoch = 16;
  next.recent_operations = {7, 0x0102030405060708};
  return next;
}

Configuration with_features() {
  Configuration made = some_configuration();
  made.members[0].features = made.members[1].features = made.features_on = {"short-replicas"};
  return made;
}

pb::Configuration record_of(const Configuration& configuration) {
  pb::Configuration record;
  to_pb(configuration, &record);
  return record;
}

// Every configuration inside becomes one that a node takes.
void put_configurations(Message* message) {
  if (message->GetDescriptor() == pb::Configuration::descriptor()) {
    message->CopyFrom(record_of(some_configuration()));
    return;
  }
  const auto* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->message_type() != nullptr && !field->is_repeated())
      put_configurations(reflection->MutableMessage(message, field));
  }
}

// With this body, and what goes around it.
pb::PeerMessage peer_message(const MessageRow& row) {
  pb::PeerMessage message = filled<pb::PeerMessage>();
  Message* of = &message;
  if (row.of_cluster) of = message.mutable_cluster_message();
  const FieldDescriptor* body = of->GetDescriptor()->FindFieldByNumber(row.body);
  fill(of->GetReflection()->MutableMessage(of, body), kDeepest, 0);
  message.mutable_from_replica()->set_node(message.from_node());
  message.clear_has_places();
  put_configurations(&message);
  return message;
}

using vnode::Table;

// Nothing for a table whose records are keys alone.
std::unique_ptr<Message> record_in(Table table, std::string* name) {
  switch (table) {
    case Table::kEntries:
      *name = "entry";
      return std::make_unique<pb::Entry>(filled<pb::Entry>());
    case Table::kDots:
      *name = "dot";
      return std::make_unique<pb::DotRecord>(filled<pb::DotRecord>());
    case Table::kAnswers:
      *name = "answer";
      return std::make_unique<pb::AnsweredRequest>(filled<pb::AnsweredRequest>());
    case Table::kTouched:
    case Table::kPurges:
    case Table::kLeftOvers:
    case Table::kDue:
      return nullptr;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("samples: every message between nodes has one, and it passes the checks of today") {
  for (const MessageRow& row : message_table()) {
    const std::string name = "peer/" + row.name();
    check_wire(name, peer_message(row));
    pb::PeerMessage read;
    REQUIRE(read_peer_message(read_sample(kFolder + name + ".txt").bytes, {}, &read).ok());
    CHECK_MESSAGE(check_peer_message(read) == absl::OkStatus(), name);
  }
}

TEST_CASE("samples: the short form of a message means what its full form says") {
  for (const MessageRow& row : message_table()) {
    const pb::PeerMessage full = peer_message(row);
    pb::PeerMessage brief = full;
    put_in_form(WireForm::kShort, &brief);
    if (!brief.has_places()) continue;
    const std::string name = "peer/" + row.name() + ".short";
    check_wire(name, brief);
    const Sample sample = read_sample(kFolder + name + ".txt");
    pb::PeerMessage read;
    REQUIRE(read_peer_message(sample.bytes, program_features(), &read).ok());
    CHECK(check_peer_message(read) == absl::OkStatus());
    put_in_form(WireForm::kShort, &read);
    CHECK(read.SerializeAsString() == sample.bytes);
  }
}

TEST_CASE("samples: greetings between nodes") {
  check_wire("peer/hello", filled<pb::PeerHello>());
  check_wire("peer/welcome", filled<pb::PeerWelcome>());
}

TEST_CASE("samples: every request and answer of clients") {
  for (const Descriptor* type : {pb::Request::descriptor(), pb::Response::descriptor()}) {
    const auto* bodies = type->FindOneofByName("body");
    for (int i = 0; i < bodies->field_count(); ++i) {
      std::unique_ptr<Message> message(
          google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
      fill(message.get(), kDeepest, 0);
      fill(message->GetReflection()->MutableMessage(message.get(), bodies->field(i)), kDeepest, 0);
      check_wire("client/" + type->name() + "." + bodies->field(i)->name(), *message);
    }
  }
  check_wire("client/CausalToken", filled<pb::CausalToken>());
}

TEST_CASE("samples: every record on a disk, and where it lies") {
  const PlacementId id{3, 5};
  const crdt::ReplicaId replica{1, 16, 0x100000001};
  pb::NodeRecord node = filled<pb::NodeRecord>();
  pb::AcceptorRecord acceptor = filled<pb::AcceptorRecord>();
  put_configurations(&node);
  put_configurations(&acceptor);
  check_record("disk/node", vnode::node_record_key(), node);
  check_record("disk/acceptor", vnode::acceptor_record_key(), acceptor);
  check_record("disk/vnode_state", vnode::vnode_state_key(id), filled<pb::VnodeState>());
  check_record("disk/clock_row", vnode::clock_row_key(id, replica), filled<pb::ReplicaClock>());
  check_record("disk/ceiling", vnode::ceiling_key(2), filled<pb::CeilingRecord>());
  for (const char table : std::string("edtpxga")) {
    std::string name;
    const std::unique_ptr<Message> some = record_in(Table(table), &name);
    if (!some) continue;
    check_record("disk/" + name, vnode::record_key(id, Table(table), "name"), *some);
  }
}

TEST_CASE("samples: configurations of before and after features are read and written as they are") {
  const std::string key = vnode::configuration_record_key();
  for (const auto& [name, some] : {std::pair{"disk/configuration", some_configuration()},
                                   std::pair{"disk/configuration.features", with_features()}}) {
    check_record(name, key, record_of(some));
    pb::Configuration record;
    REQUIRE(open_record(key, read_sample(kFolder + name + ".txt").bytes, &record).ok());
    const absl::StatusOr<Configuration> read = from_pb(record);
    REQUIRE(read.status() == absl::OkStatus());
    CHECK(*read == some);
    CHECK(record_of(*read).SerializeAsString() == record.SerializeAsString());
  }
}

TEST_CASE("samples: the folder holds no sample that nothing reads") {
  if (seen().empty()) return;  // this case runs alone
  for (const auto& file : std::filesystem::recursive_directory_iterator(kFolder)) {
    if (!file.is_regular_file()) continue;
    const std::string name = std::filesystem::relative(file.path(), kFolder).string();
    CHECK_MESSAGE((name == "README.md" || seen().contains(name)), name);
  }
}
