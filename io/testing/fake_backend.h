// For tests: a backend that answers at once from a map of keys, or holds requests until the test
// answers them. Used on the loop's thread only.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "io/backend.h"

namespace vordb::io::testing {

class FakeBackend : public Backend {
 public:
  std::function<bool(ClientId, ClientReply)> deliver;
  bool hold = false;
  std::vector<ClientRequest> seen;  // in the order of submit()
  std::map<std::string, std::string> values;

  void submit(ClientRequest request) override {
    seen.push_back(request);
    if (!hold) deliver(request.client, answer(request));
  }

  void violated(std::string_view constraint) override { broken.emplace_back(constraint); }
  std::vector<std::string> broken;  // constraints

  // Of what was held: the request at `index` of `seen`.
  bool answer_held(size_t index) { return deliver(seen[index].client, answer(seen[index])); }

  ClientReply answer(const ClientRequest& request) {
    ClientReply reply;
    reply.operation = request.operation;
    reply.timestamp_ms = 1000 + seen.size();
    if (request.operation == Operation::kPut) {
      values[request.key] = request.value;
    } else if (request.operation == Operation::kDelete) {
      values.erase(request.key);
    } else if (request.operation == Operation::kGet) {
      const auto found = values.find(request.key);
      reply.kind = found == values.end() ? ClientReply::Kind::kNotFound : ClientReply::Kind::kValue;
      if (found != values.end()) reply.value = found->second;
    }
    return reply;
  }
};

}  // namespace vordb::io::testing
