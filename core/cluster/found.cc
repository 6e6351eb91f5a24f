// Founding with the listed members: what drives a node's part in it (founding.h), and how it
// becomes a member. Its identity and the entry that holds it become durable in one batch.
#include <utility>

#include "core/cluster/membership.h"
#include "core/shard_start.h"

namespace vordb::cluster {

// A node that is told to join a cluster founds none meanwhile.
bool Membership::founds() const { return founding_ && !join_ && !installing_; }

void Membership::tick_founding(Turn& turn) {
  if (!founds() || turn.env.buggify(Site::kFoundsLater)) return;
  FoundingEffects effects;
  founding_->tick(turn.env.clock.monotonic_us(), turn.env.random, effects);
  perform(std::move(effects), turn);
}

void Membership::receive_founding(const pb::ClusterMessage& message, Turn& turn) {
  if (founds()) {
    FoundingEffects effects;
    founding_->step(message, effects);
    return perform(std::move(effects), turn);
  }
  if (current_->epoch != 0) return answer_founding(message, turn);
  if (founding_ || !message.has_founding_hello()) return;
  const pb::FoundingHello& hello = message.founding_hello();
  send_to(hello.reply_address(),
          founding_refusal(hello, "founding: " + options_.node_id +
                                      " has no initial_members: it is to join by seed_nodes"),
          turn);
}

// By who is a member already.
void Membership::answer_founding(const pb::ClusterMessage& message, Turn& turn) {
  if (!takes_part() || (join_ && join_->phase != Join::Phase::kConfirming)) return;
  if (message.has_founding_hello()) {
    const pb::FoundingHello& hello = message.founding_hello();
    return send_to(hello.reply_address(),
                   answer_hello(hello, *current_, founder_, options_.address), turn);
  }
  const pb::FoundingEntry& entry = message.founding_entry();
  if (!message.has_founding_entry() || founder_.empty() || entry.founder() != founder_) return;
  pb::ClusterMessage body;
  body.mutable_founding_stored()->set_founder(founder_);
  body.mutable_founding_stored()->set_disk_id(self()->disk_id);
  send_to(entry.reply_address(), std::move(body), turn);
}

void Membership::perform(FoundingEffects effects, Turn& turn) {
  for (std::string& warning : effects.warnings) {
    turn.env.telemetry.log(LogLevel::kWarning, warning);
  }
  if (effects.record_changed) {
    Batch batch;
    put_founding_record(batch, 0);
    pending_.push_back({commit(std::move(batch), turn), Pending::Kind::kFounding, {}, 0});
  }
  for (auto& [address, body] : effects.letters) send_to(address, std::move(body), turn);
  if (effects.chosen) store_founding(std::move(effects.chosen), turn);
}

// `node`: this node's number, once it is a member.
void Membership::put_founding_record(Batch& batch, NodeNumber node) const {
  const FoundingRecord& founding = founding_->record();
  pb::NodeRecord record = node_record(options_, boot_, nonce_);
  record.set_node(node);
  record.set_disk_id(founding.disk_id);
  record.set_founder(founding.founder);
  if (node == 0) {
    if (founding.entry) to_pb(*founding.entry, record.mutable_founding_entry());
  } else {
    record.set_founded_with(founding_->members_text());
  }
  put_node(record, &batch);
}

void Membership::store_founding(std::shared_ptr<const Configuration> chosen, Turn& turn) {
  if (installing_) return;
  const NodeNumber node = member_by_id(*chosen, options_.node_id)->node;
  Batch batch;
  put_founding_record(batch, node);
  put_configuration(*chosen, &batch);
  installing_ = std::move(chosen);
  pending_.push_back({commit(std::move(batch), turn), Pending::Kind::kFounded, {}, node});
}

void Membership::founding_durable(Turn& turn) {
  if (!founding_) return;
  FoundingEffects effects;
  founding_->durable(effects);
  if (founds()) perform(std::move(effects), turn);
}

void Membership::founded(NodeNumber node, Turn& turn) {
  founder_ = founding_->record().founder;
  founding_.reset();
  become(node, turn);
}

}  // namespace vordb::cluster
