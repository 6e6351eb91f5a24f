// What must hold of messages from outside, as proto/options.proto states it beside each field, and
// which of their fields no log may show. The tables are made from the descriptors: a new message
// type, or a new option on a field, is checked and redacted without a line of code here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace google::protobuf {
class Descriptor;
class Message;
}  // namespace google::protobuf

namespace vordb {

class Constraints {
 public:
  // Tables for these message types and for all that they contain.
  enum class Unknown : uint8_t { kLetPass, kRefuse };  // fields that the schema does not have
  explicit Constraints(const std::vector<const google::protobuf::Descriptor*>& roots,
                       Unknown unknown = Unknown::kLetPass);
  ~Constraints();
  Constraints(const Constraints&) = delete;
  Constraints& operator=(const Constraints&) = delete;

  // InvalidArgument for the first field that breaks a rule, such as "PutRequest.key: 0 bytes, must
  // be 1..65535"; its text never holds a field's value. Costs tens of nanoseconds. The message's
  // type is one of the tables'.
  absl::Status check(const google::protobuf::Message& message) const;

  // One line of text with the sensitive fields replaced by their lengths, for logs and traces.
  std::string redact(const google::protobuf::Message& message) const;

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

// Somewhere in the message there is a field that the schema does not have: of a newer program.
bool has_unknown_fields(const google::protobuf::Message& message);

}  // namespace vordb
