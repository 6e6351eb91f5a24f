// When an entry is worth a look of whoever forgets (Table::kDue).
#pragma once

#include <optional>
#include <string_view>

#include "core/crdt/entry.h"
#include "core/crdt/hlc.h"

namespace vordb::vnode {

// Nothing: it stays until a mutation removes it.
std::optional<Hlc> due_at(std::string_view subkey, const crdt::Entry& entry);

}  // namespace vordb::vnode
