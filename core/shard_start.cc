#include "core/shard_start.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/codec.h"
#include "core/dispatch/constraints.h"
#include "core/vnode/record_keys.h"

namespace vordb {

namespace {

constexpr uint32_t kFormat = 2;

// The record's message, or NotFound.
absl::Status read_record(Env& env, const std::string& key, google::protobuf::Message* message) {
  ReadRequest request;
  request.begin = key;
  const ReadResult result = env.disk.read_at_start(request);
  if (!result.status.ok()) return result.status;
  if (result.records.empty()) return absl::NotFoundError("no such record");
  const absl::Status status = open_record(key, result.records[0].value, message);
  if (!status.ok() || !has_unknown_fields(*message)) return status;
  return absl::FailedPreconditionError(
      "a newer program has written to this disk what this one would lose: start the newer one");
}

absl::Status write_node(Env& env, const pb::NodeRecord& node, const Configuration* founding) {
  Batch batch;
  put_node(node, &batch);
  if (founding) put_configuration(*founding, &batch);
  return env.disk.commit_at_start(batch);
}

Configuration founding_alone(const NodeOptions& options, uint64_t nonce, Env& env) {
  Member first;
  first.node = 1;
  first.node_id = options.node_id;
  first.address = options.address;
  first.zone = options.zone;
  first.nonce = nonce;
  first.features = options.features;
  return cluster::founding_entry(options, {first}, env.random);
}

// The disk's own name, for as long as it is one of a founder.
void name_disk(Env& env, pb::NodeRecord* node) {
  node->set_disk_id(cluster::draw_disk_id(env.random));
  node->set_nonce(cluster::nonce_of(node->disk_id()));
}

// The first start on an empty disk.
absl::Status begin(const NodeOptions& options, Env& env, pb::NodeRecord* node) {
  *node = node_record(options, 1, 0);
  if (!options.initial_members.empty()) {
    name_disk(env, node);
    return write_node(env, *node, nullptr);
  }
  node->set_nonce(env.random.next() | 1);
  if (!options.seed_nodes.empty()) return write_node(env, *node, nullptr);
  const Configuration founding = founding_alone(options, node->nonce(), env);
  node->set_node(founding.last_node);
  return write_node(env, *node, &founding);
}

absl::Status check_identity(const NodeOptions& options, const pb::NodeRecord& node) {
  if (node.format() != kFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat("the data is of format ", node.format(), ", this program reads ", kFormat));
  }
  if (node.node_id() != options.node_id) {
    return absl::FailedPreconditionError(absl::StrCat("the data directory belongs to node ",
                                                      node.node_id(), ", not ", options.node_id));
  }
  if (node.ring_size() != options.ring_size) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the cluster was created with ring_size ", node.ring_size(), ", not ", options.ring_size));
  }
  return absl::OkStatus();
}

absl::Status read_configuration(Env& env, StartState* state) {
  pb::Configuration record;
  const absl::Status status = read_record(env, vnode::configuration_record_key(), &record);
  if (absl::IsNotFound(status) && state->node == 0) {
    state->configuration = std::make_shared<const Configuration>();
    return absl::OkStatus();
  }
  if (absl::IsNotFound(status)) return absl::DataLossError("the configuration record is missing");
  if (!status.ok()) return status;
  absl::StatusOr<Configuration> configuration = from_pb(record);
  if (!configuration.ok()) return configuration.status();
  const Member* self = configuration->member(state->node);
  if (!self) return absl::DataLossError("the configuration does not know this node");
  state->incarnation = self->admitted;
  state->configuration = std::make_shared<const Configuration>(*std::move(configuration));
  return absl::OkStatus();
}

// Whoever leaves takes no part in what is new.
absl::Status check_features(const NodeOptions& options, const StartState& state) {
  const Member* own = state.configuration->member(state.node);
  if (!own || own->status == MemberStatus::kLeaving || own->status == MemberStatus::kRemoved) {
    return absl::OkStatus();
  }
  const Features lacks = lacking(state.configuration->features_on, options.features);
  if (lacks.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(switched_on_text(lacks));
}

// The setting counts at a first start only.
void warn_of_other_members(const std::vector<Seed>& listed, const pb::NodeRecord& node, Env& env) {
  if (node.node() == 0 || listed.empty()) return;
  if (node.founded_with() == cluster::members_text(listed)) return;
  env.telemetry.log(LogLevel::kWarning,
                    "initial_members is ignored: this node is a member already, and was not "
                    "founded with that list");
}

absl::Status read_founding(const pb::NodeRecord& node, StartState* state) {
  state->founding.disk_id = node.disk_id();
  state->founding.founder = node.founder();
  if (!node.has_founding_entry()) return absl::OkStatus();
  absl::StatusOr<Configuration> entry = from_pb(node.founding_entry());
  if (!entry.ok()) return entry.status();
  state->founding.entry = std::make_shared<const Configuration>(*std::move(entry));
  return absl::OkStatus();
}

absl::Status read_votes(Env& env, StartState* state) {
  pb::AcceptorRecord record;
  const absl::Status status = read_record(env, vnode::acceptor_record_key(), &record);
  if (absl::IsNotFound(status)) return absl::OkStatus();
  if (!status.ok()) return status;
  absl::StatusOr<cluster::Votes> votes = cluster::from_pb(record);
  if (!votes.ok()) return votes.status();
  state->votes = *std::move(votes);
  return absl::OkStatus();
}

}  // namespace

void put_node(const pb::NodeRecord& node, Batch* batch) {
  const std::string key = vnode::node_record_key();
  batch->put(kMetaFamily, key, seal_record(key, node));
}

void put_configuration(const Configuration& configuration, Batch* batch) {
  const std::string key = vnode::configuration_record_key();
  pb::Configuration record;
  to_pb(configuration, &record);
  batch->put(kMetaFamily, key, seal_record(key, record));
}

pb::NodeRecord node_record(const NodeOptions& options, uint64_t boot, uint64_t nonce) {
  pb::NodeRecord node;
  node.set_node_id(options.node_id);
  node.set_boot(boot);
  node.set_column_families(options.column_families);
  node.set_ring_size(options.ring_size);
  node.set_format(kFormat);
  node.set_nonce(nonce);
  return node;
}

absl::StatusOr<StartState> start_node(uint16_t shard, const NodeOptions& options, Env& env) {
  std::vector<Seed> listed;
  if (!options.initial_members.empty()) {
    absl::StatusOr<std::vector<Seed>> members = cluster::listed_members(options);
    if (!members.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("initial_members ", members.status().message()));
    }
    listed = *std::move(members);
  }
  pb::NodeRecord node;
  absl::Status status = read_record(env, vnode::node_record_key(), &node);
  if (absl::IsNotFound(status) && shard == 0) {
    status = begin(options, env, &node);
  } else if (status.ok()) {
    status = check_identity(options, node);
    if (status.ok() && shard == 0) {
      node.set_boot(node.boot() + 1);
      if (node.node() == 0 && !listed.empty() && node.disk_id().empty()) name_disk(env, &node);
      warn_of_other_members(listed, node, env);
      status = write_node(env, node, nullptr);
    }
  }
  if (!status.ok()) return status;
  StartState state;
  state.node = node.node();
  state.boot = node.boot();
  state.nonce = node.nonce();
  state.column_families = uint16_t(node.column_families());
  if (status = read_configuration(env, &state); !status.ok()) return status;
  if (status = check_features(options, state); !status.ok()) return status;
  if (status = read_founding(node, &state); !status.ok()) return status;
  if (status = read_votes(env, &state); !status.ok()) return status;
  return state;
}

}  // namespace vordb
