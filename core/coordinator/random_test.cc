// One register of a strict bucket, many clients at once, owners that lose, double and reorder what
// they are sent and learn of new versions late: still each operation takes effect after all that
// ended before it began. Judged by the times that the owners stamp on values, which only grow.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "core/coordinator/testing/coordinator_lab.h"

using namespace vordb;
using namespace vordb::coordinator;

namespace {

using Lab = CoordinatorLab;
constexpr NodeNumber kNodes = 3;

class RandomRegister {
 public:
  RandomRegister(uint64_t seed, const std::string& bucket)
      : state_(seed * 2 + 1), bucket_(bucket), lab_({1, 2, 3}) {}

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    // Nothing is lost any more: every client is answered.
    calm_ = true;
    for (int i = 0; i < 150; ++i) {
      for (NodeNumber node = 1; node <= kNodes; ++node) owner(node).pv = version();
      for (int j = 0; j < 200; ++j) move_message();
      lab_.advance(50);
      look();
    }
    CHECK(lab_.waiting() == 0);
    CHECK(open_.empty());
  }

  int acknowledged = 0;
  int read = 0;
  int unknown = 0;

 private:
  struct Value {
    crdt::Dot dot;
    uint64_t ms = 0;
  };
  struct Owner {
    uint64_t pv = 20;
    uint64_t clock = 0;
    Value value;
    std::vector<crdt::Dot> dots;
  };
  // From owner to owner: a delta or a push.
  struct Transfer {
    NodeNumber from = 0, to = 0;
    Value value;
    uint64_t pv = 0;
    OpId op = 0;
  };
  struct Call {
    bool put = false;
    uint64_t floor = 0;  // the newest time of all that had ended when it began
  };

  uint64_t random(uint64_t below) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return (state_ >> 11) % below;
  }
  Owner& owner(NodeNumber node) { return owners_[node - 1]; }
  uint64_t version() { return lab_.configuration().partitions[0].pv; }

  void step() {
    const uint64_t what = random(40);
    if (what < 3 && open_.size() < 4) {
      const bool put = random(2) == 0;
      const ClientId client = lab_.submit(put ? Operation::kPut : Operation::kGet, bucket_);
      open_[client] = Call{put, newest_};
    } else if (what == 3) {
      lab_.advance(50);
    } else if (what == 4 && random(10) == 0) {
      lab_.change_owners({1, 2, 3});
    } else if (what == 5) {
      owner(NodeNumber(1 + random(kNodes))).pv = version();
    } else {
      move_message();
    }
    look();
  }

  bool lost() { return !calm_ && random(8) == 0; }

  // One message, of the coordinator, to it, or between owners, arrives or is lost.
  void move_message() {
    const uint64_t where = random(3);
    if (where == 0 && !lab_.sent().empty()) {
      const size_t at = random(lab_.sent().size());
      auto [node, message] = std::move(lab_.sent()[at]);
      lab_.sent().erase(lab_.sent().begin() + ptrdiff_t(at));
      // A mutation arrives once or never.
      if (!lost()) std::visit([&, to = node](auto& m) { take(to, m); }, message);
    } else if (where == 1 && !replies_.empty()) {
      const size_t at = random(replies_.size());
      Message message = replies_[at];
      if (calm_ || random(10) != 0) replies_.erase(replies_.begin() + ptrdiff_t(at));  // else again
      if (lost()) return;
      if (auto* m = std::get_if<KeyMutationReply>(&message)) lab_.deliver(*m);
      if (auto* r = std::get_if<KeyReadReply>(&message)) lab_.deliver(*r);
      if (auto* a = std::get_if<KeyAck>(&message)) lab_.deliver(*a);
    } else if (where == 2 && !transfers_.empty()) {
      const size_t at = random(transfers_.size());
      const Transfer transfer = transfers_[at];
      transfers_.erase(transfers_.begin() + ptrdiff_t(at));
      if (lost()) return;
      merge(owner(transfer.to), transfer.value);
      acknowledge(transfer.to, transfer.from, transfer.op, transfer.pv);
    }
  }

  static void merge(Owner& owner, const Value& value) {
    if (value.dot.counter == 0) return;
    owner.clock = std::max(owner.clock, value.ms);
    owner.dots.push_back(value.dot);
    if (std::pair(value.ms, value.dot) > std::pair(owner.value.ms, owner.value.dot)) {
      owner.value = value;
    }
  }
  void acknowledge(NodeNumber node, NodeNumber source, OpId op, uint64_t pv) {
    KeyAck ack = lab_.ack(op, node, source);
    ack.refused = owner(node).pv != pv;
    replies_.push_back(ack);
  }
  void transfer(NodeNumber from, NodeNumber to, OpId op) {
    if (from == to) return acknowledge(to, from, op, owner(from).pv);
    transfers_.push_back({from, to, owner(from).value, owner(from).pv, op});
  }

  // Clocks are far apart: only what an owner has merged puts its times above others'.
  void take(NodeNumber node, KeyMutation& m) {
    Owner& at = owner(node);
    at.clock = std::max(at.clock + 1, uint64_t(1000 / node));
    const Value value{Lab::dot(node, ++last_dot_), at.clock};
    merge(at, value);
    KeyMutationReply reply = lab_.done(m, node, last_dot_);
    reply.timestamp_ms = value.ms;
    reply.moved = at.pv != m.pv;
    replies_.push_back(reply);
    for (NodeNumber other = 1; other <= kNodes; ++other) {
      if (other != node) transfer(node, other, reply.moved ? 0 : m.op);
    }
  }
  void take(NodeNumber node, KeyRead& r) {
    Owner& at = owner(node);
    const Value& v = at.value;
    auto state = v.dot.counter == 0 ? nullptr : Lab::value("", v.dot, v.ms);
    KeyReadReply reply = lab_.answer(r, node, std::move(state));
    reply.moved = at.pv != r.pv;
    replies_.push_back(reply);
  }
  void take(NodeNumber node, KeyPush& push) {
    Owner& at = owner(node);
    const bool has = push.dot.counter == 0 ||
                     std::find(at.dots.begin(), at.dots.end(), push.dot) != at.dots.end();
    if (at.pv != push.pv || !has) return;
    for (const NodeNumber target : push.targets) transfer(node, target, push.op);
  }
  template <typename Other>
  void take(NodeNumber, Other&) {
    FAIL("no such message goes to a vnode here");
  }

  // Judges what was answered.
  void look() {
    for (auto call = open_.begin(); call != open_.end();) {
      if (!lab_.answered(call->first)) {
        ++call;
        continue;
      }
      const ClientReply& reply = lab_.reply(call->first);
      if (reply.kind == ClientReply::Kind::kError) {
        if (reply.error.outcome == Outcome::kUnknown) ++unknown;
      } else {
        CAPTURE(call->second.put);
        if (call->second.put) {
          CHECK(reply.timestamp_ms > call->second.floor);
        } else {
          CHECK(reply.timestamp_ms >= call->second.floor);
        }
        newest_ = std::max(newest_, reply.timestamp_ms);
        ++(call->second.put ? acknowledged : read);
      }
      call = open_.erase(call);
    }
  }

  uint64_t state_;
  std::string bucket_;
  CoordinatorLab lab_;
  Owner owners_[kNodes];
  uint64_t last_dot_ = 0;
  std::vector<Message> replies_;
  std::vector<Transfer> transfers_;
  std::map<ClientId, Call> open_;
  uint64_t newest_ = 0;
  bool calm_ = false;
};

}  // namespace

TEST_CASE("coordinator: strict registers are linearizable whatever the network does") {
  for (const std::string bucket : {"lww 2,2", "lww 3,1", "lww 1,3"}) {
    CAPTURE(bucket);
    int acknowledged = 0, read = 0, unknown = 0;
    for (uint64_t seed = 1; seed <= 150; ++seed) {
      CAPTURE(seed);
      RandomRegister run(seed, bucket);
      run.run(1500);
      acknowledged += run.acknowledged;
      read += run.read;
      unknown += run.unknown;
    }
    CHECK(acknowledged > 500);
    CHECK(read > 500);
    CHECK(unknown > 0);
  }
}
