#include "core/cluster/membership.h"

#include <utility>

#include "core/assert.h"
#include "core/codec.h"
#include "core/fingerprint.h"
#include "core/vnode/record_keys.h"

namespace vordb::cluster {

namespace {

ClientError to_error(const absl::Status& status) {
  ErrorCode code = ErrorCode::kBadRequest;
  if (absl::IsAlreadyExists(status)) code = ErrorCode::kBucketExists;
  if (absl::IsNotFound(status)) code = ErrorCode::kBucketNotFound;
  if (absl::IsPermissionDenied(status)) code = ErrorCode::kForbidden;
  return ClientError{code, Outcome::kRejected, std::string(status.message()), ""};
}

}  // namespace

void Membership::step(BucketChange change, Context& context) {
  queue_.push_back(std::move(change));
  apply_next(context);
}

void Membership::apply_next(Context& context) {
  while (!applying_ && !queue_.empty()) {
    BucketChange change = std::move(queue_.front());
    queue_.pop_front();
    absl::StatusOr<Configuration> next = change.create
                                             ? create_bucket(*current_, change.config)
                                             : delete_bucket(*current_, change.config.name);
    if (!next.ok()) {
      reply(change, to_error(next.status()), context);
      continue;
    }
    next_ = std::make_shared<const Configuration>(*std::move(next));
    applying_ = std::move(change);
    pb::Configuration record;
    to_pb(*next_, &record);
    Batch batch;
    const std::string key = vnode::configuration_record_key();
    batch.put(kMetaFamily, key, seal_record(key, record));
    context.env.disk.commit(ActorId{ActorKind::kMembership, 0, {}}, next_op_++, std::move(batch));
  }
}

void Membership::step(const DiskEvent& event, Context& context) {
  VORDB_ASSERT(event.kind == DiskEvent::Kind::kCommitted && applying_,
               "a configuration became durable");
  current_ = next_;
  shards_behind_ = shards_;
  for (uint16_t shard = 0; shard < shards_; ++shard) {
    context.outbox.push_back(
        Envelope{ActorId{ActorKind::kCoordinator, shard, {}}, ConfigurationChosen{current_}});
  }
}

void Membership::step(ConfigurationInUse in_use, Context& context) {
  VORDB_ASSERT(applying_ && in_use.epoch == current_->epoch && shards_behind_ > 0,
               "a shard that was told of this configuration");
  if (--shards_behind_ > 0) return;
  reply(*applying_, std::nullopt, context);
  applying_.reset();
  apply_next(context);
}

void Membership::reply(const BucketChange& change, std::optional<ClientError> error,
                       Context& context) {
  BucketChangeReply out;
  out.op = change.op;
  out.error = std::move(error);
  context.outbox.push_back(
      Envelope{ActorId{ActorKind::kCoordinator, change.shard, {}}, std::move(out)});
}

void Membership::add_to(Fingerprint& fingerprint) const {
  fingerprint.add(checksum(*current_));
  fingerprint.add(queue_.size());
  fingerprint.add(applying_.has_value());
  fingerprint.add(shards_behind_);
  fingerprint.add(next_op_);
}

}  // namespace vordb::cluster
