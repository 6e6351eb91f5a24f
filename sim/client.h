// A simulated client: one call at a time to one node at a time, now and then a second one right
// behind it on the same connection (client_behind.cc), retries with its request token
// after an unknown outcome, and now and then rudeness (hanging up before the answer, asking again
// for what was answered). Sticky clients stay with their node; others go to another one when they
// are refused, wait too long, or feel like it.
//
// A client keeps the truth about its calls: what it cannot know it tells the oracles as unknown,
// never as refused. What it lost sight of stays open until the world says that all is settled.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "sim/bound.h"
#include "sim/call.h"
#include "sim/chooser.h"
#include "sim/client_wire.h"
#include "sim/workload.h"

namespace vordb::sim {

struct ErrorCauses;
class Oracles;

// What a client needs of the world around it.
class ClientHost {
 public:
  virtual ~ClientHost() = default;
  // How many nodes there are to ask, 0 .. nodes() - 1; of which some may be down, have left or not
  // joined yet. Never lowered in a run.
  virtual uint32_t nodes() const = 0;
  // Sends a request to a node; false: nobody listens there and nothing was sent.
  virtual bool send_request(uint32_t client, uint32_t node, std::string bytes) = 0;
  virtual void think_later(uint32_t client, uint64_t delay_us) = 0;
  virtual uint64_t next_call_id() = 0;
  virtual Step step() const = 0;
  virtual const uint64_t& now_us() const = 0;
  // Bounds of all nodes' clocks for a call that began now (low) or ends now (high), and how often
  // any of their wall clocks was stepped.
  virtual NowBounds now_bounds() const = 0;
  virtual uint32_t clock_steps() const = 0;
  // What may have made `node` refuse a request that was sent to it at `since_us` or later.
  virtual ErrorCauses causes(uint32_t node, uint64_t since_us) const = 0;
  // Requests sent before this time have been carried out wherever they ever will be: no coordinator
  // and no vnode has them waiting, though an effect may still be on its way to others.
  virtual uint64_t carried_out_before_us() const = 0;
  // A line of the trace that nobody hashes; only worth making when there is a sink.
  virtual void note(uint32_t client, const std::string& text) = 0;
  virtual bool is_heard() const = 0;
  // A mutation was acknowledged, and the oracles know it.
  virtual void acknowledged(const Call& call, const ClientReply& reply) = 0;
  virtual void late_answer(uint32_t client, const std::string& text) = 0;
};

// What all clients of a run did.
struct ClientFigures {
  uint64_t calls = 0;
  uint64_t acknowledged = 0;  // mutations
  uint64_t answered = 0;      // reads
  uint64_t refused = 0;
  uint64_t unknown = 0;
  uint64_t retries = 0;
  uint64_t abandoned = 0;
  uint64_t repeats = 0;
  uint64_t pipelined = 0;  // calls sent right behind another
  uint64_t ordered = 0;    // of those: calls that had to wait for it
  uint64_t contexts_given = 0;
  uint64_t timeouts = 0;  // clients that would not wait any longer
  uint64_t switches = 0;  // to another node
  std::array<uint64_t, kOperations> by_operation{};
};

// A client that rests does so until some time before this; longer than any run.
inline constexpr uint64_t kRestUsMax = uint64_t{1} << 37;

class SimClient {
 public:
  enum class Mode : uint8_t { kSilent, kLoad, kScript };

  SimClient(uint32_t index, const WorkloadPlan& plan, const Catalogue& catalogue,
            const Workload& workload, Chooser& chooser, Oracles& oracles, ClientFigures& figures,
            ClientHost& host);

  // For a copy that shall live in another world.
  void attach(const Workload& workload, Chooser& chooser, Oracles& oracles, ClientFigures& figures,
              ClientHost& host) {
    workload_.bind(workload);
    choices_.bind(chooser);
    calls_.bind(chooser);
    calls_behind_.bind(chooser);
    oracles_.bind(oracles);
    figures_.bind(figures);
    host_.bind(host);
  }

  void set_mode(Mode mode) { mode_ = mode; }
  // Calls to make in order in mode kScript; each is repeated until it is answered.
  void give_script(std::vector<Call> calls) { script_.assign(calls.begin(), calls.end()); }

  void think();
  // `of_earlier_life`: the node that sent it has crashed since.
  void answer(std::string_view bytes, bool of_earlier_life);
  // This answer must reach the client in the moment in which it is given: what was asked right
  // behind begins then.
  bool takes_at_once(std::string_view bytes) const;
  // A node went down: what was asked of it will not be answered.
  void node_crashed(uint32_t node);
  // The client notices that its connection is gone.
  void disconnected();
  // Whatever it asked so far and got no answer to has taken effect by now, on every node, or never
  // will: a node alone has crashed, or a cluster has been whole and at rest for long enough.
  void settled();
  // Time has passed.
  void look_at_clock();

  bool busy() const { return current_.has_value(); }
  bool done() const { return !busy() && (mode_ != Mode::kScript || script_.empty()); }
  // When the request under way was sent; nothing: none is.
  std::optional<uint64_t> waiting_since_us() const;
  // The first step of the oldest call that is still open.
  Step oldest_open() const { return current_.has_value() ? current_->span.begin : kNever; }
  const Call* current() const { return current_.has_value() ? &*current_ : nullptr; }

 private:
  struct Seen {  // a causal token and the call that brought it
    uint32_t bucket;
    uint32_t key;
    std::string context;
    Span origin;
    bool of_all;  // it read the whole key
    std::shared_ptr<const std::vector<uint32_t>> shows;
    std::shared_ptr<const Promise> promise;
  };
  struct Abandoned {
    Call call;            // id 0: nothing is left to be told of it
    uint32_t request_id;  // 0: no answer can come any more
    uint64_t sent_at_us;
  };
  struct Repeat {
    Call call;
    ClientReply first;
  };

  // Sent while `current_` had no answer, to the same node on the same connection.
  struct Behind {
    Call call;
    uint32_t request_id = 0;
    bool begun = false;                // the oracles know of it
    std::optional<std::string> early;  // its answer, come before that of `current_`
  };

  void think_again();
  bool asks();
  void begin_call(Call call);
  void send_behind();
  void take_behind();
  void drop_behind();
  void tell_begun(Call& call, Step step);
  void give_up(Call call);
  void send();
  void choose_node(Call& call);
  void look_elsewhere();
  bool sticky() const;
  void finish(const ClientReply& reply);
  void finish_page(const ClientReply& reply);
  void failed(const ClientError& error);
  void abandon(bool may_be_answered);
  void lose(Call call);
  void late(uint32_t request_id, const ClientReply& reply);
  void remember_context(const Call& call, const ClientReply& reply);
  void end_call();
  NowBounds bounds_at_end(const Call& call) const;
  void dress(Call& call, const Choices& choices);
  void trace_call(const Call& call, const std::string& how);

  const uint32_t index_;
  const WorkloadPlan& plan_;
  const Catalogue& catalogue_;
  Bound<const Workload> workload_;
  Choices choices_;
  Choices calls_;         // what it asks
  Choices calls_behind_;  // and right behind that
  Bound<Oracles> oracles_;
  Bound<ClientFigures> figures_;
  Bound<ClientHost> host_;

  Mode mode_ = Mode::kSilent;
  std::optional<Call> current_;
  std::optional<Behind> behind_;
  std::optional<std::string> early_answer_;  // to `current_`, to be looked at next
  std::optional<Repeat> repeating_;          // `current_` is this call, sent once more
  std::optional<Repeat> to_repeat_;
  std::vector<Abandoned> abandoned_;
  std::vector<Seen> seen_;
  std::deque<Call> script_;
  uint32_t node_ = 0;
  uint32_t unheard_ = 0;             // attempts in a row that reached nobody
  bool chosen_ = false;              // `node_` was
  bool impatient_ = false;           // for the call under way
  std::vector<std::string> listed_;  // the pages of a listing so far
  uint32_t request_id_ = 0;
  uint64_t sent_at_us_ = 0;
  uint32_t clock_steps_at_begin_ = 0;
  Step crashed_at_ = 0;
  Step settled_at_ = 0;
  bool waiting_ = false;       // an answer is expected
  bool disconnected_ = false;  // the crash is known to the world, not yet to this client
  bool hang_up_ = false;
};

}  // namespace vordb::sim
