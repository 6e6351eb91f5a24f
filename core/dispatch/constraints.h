// What must hold of messages from outside, as proto/options.proto states it beside each field, and
// which of their fields no log may show. The tables are made from the descriptors: a new message
// type, or a new option on a field, is checked and redacted without a line of code here.
#pragma once

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
  explicit Constraints(const std::vector<const google::protobuf::Descriptor*>& roots);
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

}  // namespace vordb
