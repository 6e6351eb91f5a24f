// One client request on its way through the cluster: which bucket and placement, which owners, how
// many of them, what the answer means. Each shard has one; it serves the requests of that shard's
// connections.
//
//   lanes.h         order on a connection
//   coordinator.cc  accept, refuse, time out      data.cc     a request on one key: what it needs
//   read.cc         owners asked and merged       write.cc    one owner mutates, W hold it
//   spread.cc       entries and dots pushed on    answer.cc   entries to answers
//   keys.cc         the listing of keys
//
// What holds (CLUSTER.md rules 11-16):
// - An attempt belongs to one version of the placement and has an operation id of its own, so that
//   what comes late from an earlier one is nobody's. Only the mutation itself, which is sent once,
//   keeps its id while the version changes: until it is answered all acknowledgements are ignored.
// - Quorums count distinct members of the owner sets (owner_sets.h) and are never lowered.
// - Requests of one connection on one key take effect in their order.
// - Each request is answered once. Refused means: nothing was applied and nothing will be. Unknown
//   is answered from the moment at which the mutation was handed to an owner.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/client_api.h"
#include "core/cluster/configuration.h"
#include "core/coordinator/lanes.h"
#include "core/coordinator/work.h"
#include "core/crdt/hlc.h"
#include "core/env.h"
#include "core/fields.h"
#include "core/node_options.h"
#include "core/op_table.h"
#include "core/taker_state.h"

namespace vordb {
class KeyCache;
namespace pb {
class PeerMessage;
}  // namespace pb
}  // namespace vordb

namespace vordb::coordinator {

// What a step may use beside the coordinator itself.
struct Turn {
  Env& env;
  const Configuration& configuration;
  const NodeOptions& options;
  const KeyCache& cache;  // of this shard's vnodes, to be asked ahead
  std::vector<Envelope>& outbox;
  NodeNumber node = 0;                       // this one
  const std::vector<NodeNumber>& suspected;  // asked last; ascending
  bool paused = false;                       // mutations are refused
  bool clock_ahead = false;                  // likewise
};

class Coordinator {
 public:
  // `first_op` is random: an answer or an acknowledgement that was meant for an earlier life names
  // no operation of this one.
  Coordinator(uint16_t shard, uint64_t first_op) : shard_(shard), pending_(first_op) {}

  void submit(ClientRequest request, Turn& turn);
  // Requests that waited for others of their connection (lanes.h) and may go ahead: each call runs
  // the oldest. Their time to be answered begins here.
  bool has_ready() const { return next_ready_ < ready_.size(); }
  void run_ready(Turn& turn);
  void step(KeyMutationReply reply, Turn& turn);
  void step(KeyReadReply reply, Turn& turn);
  void step(KeyListReply reply, Turn& turn);
  void step(KeyAck ack, Turn& turn);
  void step(BucketChangeReply reply, Turn& turn);
  // What the operation waits for that this answer of another node names.
  TakerState state_for(const pb::PeerMessage& answer) const;
  // Operations whose placement has other owners now, or fewer members, begin a new attempt.
  void configuration_changed(Turn& turn);
  // Asks again, asks others, and answers what has waited too long.
  void tick(Turn& turn);

  // Requests that were not answered yet.
  size_t waiting() const {
    return pending_.size() + lanes_.waiting() + (ready_.size() - next_ready_);
  }
  // Answers whose causal context was too large to be given.
  uint64_t contexts_withheld() const { return contexts_withheld_; }
  // Reads that found an owner behind, and had it sent what it lacked.
  uint64_t repairs() const { return repairs_; }

 private:
  // ---- coordinator.cc
  void run(Admitted request, Turn& turn);
  bool refuse_unready(const Admitted& request, Turn& turn);
  void answer(ClientId client, const LaneUse& lanes, ClientReply reply, Turn& turn);
  void finish(OpId op, ClientReply reply, Turn& turn);
  void fail(OpId op, ClientError error, Turn& turn);
  void refuse(const Admitted& request, ErrorCode code, std::string message, std::string hint,
              Turn& turn);
  void answer_buckets(const Admitted& request, Turn& turn);
  void change_bucket(Admitted request, Turn& turn);
  void expire(OpId op, Turn& turn);
  void wake(OpId op, Turn& turn);
  void adopt(OpId op, Turn& turn);
  void bucket_dropped(OpId op, Turn& turn);
  OpId renew(OpId op);

  // ---- data.cc
  LaneUse lanes_of(const ClientRequest& request, const Turn& turn) const;
  void access_key(Admitted request, Turn& turn);
  bool check_type(const Admitted& request, const Bucket& bucket, Turn& turn);
  bool check_quorum(const Admitted& request, const Bucket& bucket, PlacementId placement,
                    Turn& turn);
  bool check_present(const Admitted& request, const Work& work, Turn& turn);
  void mutate(Admitted request, const Bucket& bucket, Turn& turn);
  void read(Admitted request, const Bucket& bucket, Turn& turn);

  // ---- read.cc
  void ask(OpId op, Turn& turn);
  void gather(OpId op, Turn& turn);
  void send_reads(OpId op, OwnerMask to, Turn& turn);
  void take_one(OpId op, KeyReadReply reply, Turn& turn);
  void take_answer(OpId op, KeyReadReply reply, Turn& turn);
  void gathered(OpId op, Turn& turn);
  void answer_read(OpId op, MergedAnswers merged, Turn& turn);
  void repair(const Pending& pending, const MergedAnswers& merged, Turn& turn);
  void prepare_mutation(OpId op, MergedAnswers merged, Turn& turn);

  // ---- write.cc
  NodeNumber choose_mutator(const Pending& pending, Turn& turn) const;
  void begin_mutation(OpId op, Turn& turn);
  void wait_for_owner(OpId op, Turn& turn);
  void send_mutation(OpId op, Turn& turn);
  void mutation_refused(OpId op, ClientError error, Turn& turn);
  void collect(OpId op, Turn& turn);
  void settle_unchanged(OpId op, Turn& turn);
  void take_own(KeyMutationReply reply, Turn& turn);

  // ---- spread.cc
  void push_names(OpId op, Turn& turn);
  void push_dot(OpId op, Turn& turn);
  void check_spread(OpId op, Turn& turn);
  static OwnerMask holding(const Work& work);

  // ---- answer.cc
  static ClientReply to_reply(const Pending& pending, const KeyState& state, bool more,
                              std::string_view last);

  // ---- keys.cc
  void list_keys(Admitted request, Turn& turn);
  void list_ahead(OpId op, std::string after, Turn& turn);
  void ask_part(OpId op, Turn& turn);
  void gather_parts(OpId op, Turn& turn);
  void end_listing(OpId op, ClientReply reply, Turn& turn);

  bool troubled(PlacementId placement, Turn& turn) const;

  uint16_t shard_;
  HlcClock hlc_;
  OpTable<Pending> pending_;
  Lanes lanes_;
  std::vector<Admitted> ready_;
  size_t next_ready_ = 0;
  uint64_t contexts_withheld_ = 0;
  uint64_t repairs_ = 0;
  // Placements whose vnode of this node refused lately: until then others are asked first.
  std::map<PlacementId, uint64_t> troubled_until_us_;
  VORDB_FIELDS(Coordinator, shard_, hlc_, pending_, lanes_, ready_, next_ready_, contexts_withheld_,
               repairs_, troubled_until_us_)
};

// The bucket that an operation on buckets names.
std::string_view bucket_named(const ClientRequest& request);

// Which of `nodes` to ask first: this one, then those that are not suspected, then the others; 0:
// all are in `without`, or are no members.
NodeNumber first_choice(const OwnerSets& sets, OwnerMask among, OwnerMask without, bool self_last,
                        const Turn& turn);

// `message`, for the vnode of its placement on `node`.
template <typename M>
Envelope to_owner(NodeNumber node, M message, const Turn& turn) {
  const ActorId to{ActorKind::kVnode, 0, message.placement};
  return Envelope{to, std::move(message), node == turn.node ? 0 : node};
}

// The time after which to try again, for the `round`-th time.
uint64_t retry_delay_us(uint8_t round, const Turn& turn);

}  // namespace vordb::coordinator
