// The part of io/http_routes.h that turns requests about data and buckets into the backend's.
#pragma once

#include <string>

#include "io/http_routes.h"

namespace vordb::io {

// What is between the request's segments and its operation.
struct DataTarget {
  Operation operation = Operation::kPing;
  bool by_bucket_type = false;
  std::string bucket;  // empty: the default bucket of the operation's type
  std::string key;
};

HttpRoute route_data(DataTarget target, HttpRequest& request, ClientCodec& codec);
HttpRoute route_create_bucket(HttpRequest& request, ClientCodec& codec);

HttpRoute refused(HttpResponse answer);

}  // namespace vordb::io
