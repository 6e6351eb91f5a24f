#include "core/client_api.h"

#include <utility>

namespace vordb {

const char* to_string(BucketType type) {
  switch (type) {
    case BucketType::kLww:
      return "lww";
    case BucketType::kOrswot:
      return "orswot";
    case BucketType::kPnCounter:
      return "pn_counter";
  }
  return "unknown";
}

bool parse_bucket_type(std::string_view name, BucketType* type) {
  for (const BucketType t : {BucketType::kLww, BucketType::kOrswot, BucketType::kPnCounter}) {
    if (name == to_string(t)) {
      *type = t;
      return true;
    }
  }
  return false;
}

bool parse_consistency(std::string_view name, uint8_t* write_quorum, uint8_t* read_quorum) {
  struct Preset {
    std::string_view name;
    uint8_t w, r;
  };
  static constexpr Preset kPresets[] = {
      {"eventual", 1, 1}, {"session", 2, 1}, {"consistent", 2, 2}, {"paranoid", 3, 3}};
  for (const Preset& preset : kPresets) {
    if (name != preset.name) continue;
    *write_quorum = preset.w;
    *read_quorum = preset.r;
    return true;
  }
  return false;
}

const char* to_string(Operation operation) {
  static constexpr const char* kNames[kOperations] = {"put",
                                                      "get",
                                                      "delete",
                                                      "set_add",
                                                      "set_remove",
                                                      "set_members",
                                                      "set_contains",
                                                      "counter_increment",
                                                      "counter_decrement",
                                                      "counter_value",
                                                      "list_keys",
                                                      "create_bucket",
                                                      "list_buckets",
                                                      "get_bucket",
                                                      "delete_bucket",
                                                      "ping"};
  return kNames[int(operation)];
}

namespace {

struct ErrorNames {
  const char* tcp;
  const char* http;
};

constexpr ErrorNames kErrorNames[] = {{"BAD_REQUEST", "bad_request"},
                                      {"NOT_FOUND", "bucket_not_found"},
                                      {"ALREADY_EXISTS", "bucket_already_exists"},
                                      {"BAD_REQUEST", "type_mismatch"},
                                      {"BAD_REQUEST", "overflow"},
                                      {"TOO_LARGE", "too_large"},
                                      {"BAD_REQUEST", "token_reused"},
                                      {"UNAVAILABLE", "unavailable"},
                                      {"DISK_FULL", "disk_full"},
                                      {"CORRUPT", "corrupt"},
                                      {"UNAVAILABLE", "purging"},
                                      {"UNAVAILABLE", "not_ready"},
                                      {"FORBIDDEN", "forbidden"},
                                      {"UNAVAILABLE", "left"},
                                      {"FORBIDDEN", "not_empty"},
                                      {"FORBIDDEN", "conflict"},
                                      {"INVALID_REQUEST", "invalid_request"}};

}  // namespace

const char* tcp_code(ErrorCode code) { return kErrorNames[int(code)].tcp; }
const char* http_word(ErrorCode code) { return kErrorNames[int(code)].http; }

ClientReply ClientReply::failed(ClientError error) {
  ClientReply reply;
  reply.kind = Kind::kError;
  reply.error = std::move(error);
  return reply;
}

}  // namespace vordb
