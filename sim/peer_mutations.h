// Genuine messages of peers made hostile, from a seed: flipped bytes, numbers at their extremes,
// lists emptied, doubled, reordered and blown up, strings emptied and huge, parts taken away or
// put in the place of other parts of their type.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/chooser.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace vordb::pb {
class PeerMessage;
}

namespace vordb::sim {

class PeerMutations {
 public:
  explicit PeerMutations(uint64_t seed) : choose_(seed) {}
  ~PeerMutations();

  // Parts of it may be put into others from now on.
  void learn(const pb::PeerMessage& message);
  // Operations that somebody waits for: an `op` becomes one of these now and then.
  void set_operations(std::vector<uint64_t> operations) { operations_ = std::move(operations); }

  // One to three changes. False: the bytes are no message any more.
  bool mutate(pb::PeerMessage* message);

  Chooser& choose() { return choose_; }

 private:
  using Message = google::protobuf::Message;
  using Field = google::protobuf::FieldDescriptor;

  bool flip_bytes(pb::PeerMessage* message);
  void change_field(Message* message);
  void change_part(Message* message, const Field* field);
  void change_list(Message* message, const Field* field);
  void grow_list(Message* message, const Field* field, size_t by);
  void set_number(Message* message, const Field* field, int index);
  uint64_t number(const Field* field, uint64_t before);
  std::string bytes(std::string before);
  const Message* known_part(const google::protobuf::Descriptor* type);

  Chooser choose_;
  std::vector<uint64_t> operations_;
  std::map<std::string, std::vector<std::unique_ptr<Message>>> parts_;  // by the name of their type
};

}  // namespace vordb::sim
