#include "sim/call.h"

namespace vordb::sim {

bool changes_table(Operation operation) {
  return operation == Operation::kCreateBucket || operation == Operation::kDeleteBucket;
}

bool Call::is_mutation() const {
  switch (operation) {
    case Operation::kPut:
    case Operation::kDelete:
    case Operation::kSetAdd:
    case Operation::kSetRemove:
    case Operation::kCounterIncrement:
    case Operation::kCounterDecrement:
    case Operation::kCreateBucket:
    case Operation::kDeleteBucket:
      return true;
    default:
      return false;
  }
}

std::string name_of(const Call& call) {
  return "bucket " + std::to_string(call.bucket) + " key " + std::to_string(call.key) + " call " +
         std::to_string(call.id) + " by client " + std::to_string(call.client) + " at node " +
         std::to_string(call.node);
}

std::string text_of(const ClientReply& reply) {
  switch (reply.kind) {
    case ClientReply::Kind::kValue:
      return reply.value;
    case ClientReply::Kind::kCounter:
      return std::to_string(reply.counter);
    case ClientReply::Kind::kContains:
      return reply.contains ? "contains" : "lacks";
    case ClientReply::Kind::kMembers: {
      std::string text;
      for (const std::string& item : reply.items) text += item + " ";
      return text;
    }
    default:
      return "";
  }
}

}  // namespace vordb::sim
