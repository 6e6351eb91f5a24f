#include "core/vnode/key_update.h"

#include <string>

#include "core/codec.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

void add_entry(std::string_view subkey, const crdt::Entry& entry, pb::KeyUpdate* update) {
  pb::KeyEntry* to = update->add_entries();
  to->set_subkey(std::string(subkey));
  to_pb(entry, to->mutable_entry());
}

void add_dot(const LoggedDot& logged, pb::KeyUpdate* update) {
  pb::LoggedDot* to = update->add_dots();
  to_pb(logged.dot, to->mutable_dot());
  for (const std::string& subkey : logged.subkeys) to->add_subkeys(subkey);
  to->set_purge(logged.purge);
  if (logged.answer) to_pb(*logged.answer, update->add_answers());
}

void add_origin(const Origin& origin, pb::KeyUpdate* update) {
  pb::Origin* to = update->add_origins();
  to->set_node(origin.node);
  to->set_shard(origin.shard);
  to->set_op(origin.op);
}

}  // namespace vordb::vnode
