// One key's part of a body of updates, as it is written and read.
#pragma once

#include <string_view>
#include <vector>

#include "core/crdt/entry.h"
#include "core/vnode/dot_log.h"
#include "core/vnode/tasks.h"

namespace vordb::pb {
class KeyUpdate;
}

namespace vordb::vnode {

void add_entry(std::string_view subkey, const crdt::Entry& entry, pb::KeyUpdate* update);
// With its answer, if its mutation had a request token.
void add_dot(const LoggedDot& logged, pb::KeyUpdate* update);
// The dots that were added, with their answers. False: one of them is none.
bool take_dots(const pb::KeyUpdate& update, std::vector<LoggedDot>* dots);
// `origin` waits for the update.
void add_origin(const Origin& origin, pb::KeyUpdate* update);

}  // namespace vordb::vnode
