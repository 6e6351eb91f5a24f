#include "core/vnode/key_update.h"

#include <map>
#include <string>
#include <utility>

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

bool take_dots(const pb::KeyUpdate& update, std::vector<LoggedDot>* dots) {
  for (const pb::LoggedDot& d : update.dots()) {
    if (d.dot().counter() == 0) return false;
    LoggedDot& logged = dots->emplace_back();
    logged.dot = from_pb(d.dot());
    logged.subkeys.assign(d.subkeys().begin(), d.subkeys().end());
    logged.purge = d.purge();
  }
  std::map<crdt::Dot, TokenAnswer> answers;
  for (const pb::TokenAnswer& a : update.answers()) {
    const Answer answer = from_pb(a.answer());
    answers[answer.dot] = {a.token(), answer};
  }
  for (LoggedDot& logged : *dots) {
    const auto answer = answers.find(logged.dot);
    if (answer != answers.end()) logged.answer = std::move(answer->second);
  }
  return true;
}

void add_origin(const Origin& origin, pb::KeyUpdate* update) {
  pb::Origin* to = update->add_origins();
  to->set_node(origin.node);
  to->set_shard(origin.shard);
  to->set_op(origin.op);
}

}  // namespace vordb::vnode
