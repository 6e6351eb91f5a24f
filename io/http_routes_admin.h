// The part of io/http_routes.h about the node and its cluster.
#pragma once

#include "io/http_routes.h"

namespace vordb::io {

// Whatever is no data route: a question to the node, or an answer at once.
HttpRoute route_admin(HttpRequest& request);

// An answer at once: no such route, or not with this method.
HttpRoute no_such_route();
HttpRoute wrong_method(const std::string& allow);

}  // namespace vordb::io
