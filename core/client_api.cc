#include "core/client_api.h"

#include <utility>

namespace vordb {

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
