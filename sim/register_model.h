// What is known about one register: an exact check that its calls fit one order that respects time.
//
// Every put writes a value of its own, so the calls on one value form a cluster: the put and the
// reads that showed it. With s = the earliest end and f = the latest begin among a cluster's calls,
// some order exists exactly if no two clusters u, v have s(u) < f(v) and s(v) < f(u) (Gibbons and
// Korach, "Testing shared memories", 1997). A delete is a cluster of its own, and so is each read
// that found nothing; the latter also needs a reason: a delete, the beginning or an expiry with no
// value surely after it. That part compares pairs only: sound, not complete.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/call.h"

namespace vordb::sim {

class RegisterModel {
 public:
  // Bounds of the moment at which a value expires, in milliseconds; kNever for none.
  struct Deadline {
    uint64_t low_ms = kNever;
    uint64_t high_ms = kNever;
  };

  enum class Verdict : uint8_t {
    kFits,
    kNeverWritten,  // or refused, or overwritten so surely that the model has forgotten it
    kStale,         // a later value, or an absence, came surely between
    kExpired,
    kNoReason,  // nothing there, though an acknowledged value must be
  };

  void put_began(uint64_t call, Step begin, Deadline deadline);
  void delete_began(uint64_t call, Step begin);
  void acknowledged(uint64_t call, Span span, Deadline deadline);
  // It had no effect and never will. False: but a read has shown it.
  bool refused(uint64_t call);
  // If it takes effect, its value expires then; when it shows is open still.
  void carried_out(uint64_t call, Deadline deadline);
  // It took effect up to `end`, or never.
  void lost_sight(uint64_t call, Step end, Deadline deadline);

  // The data was dropped from outside within `span` (its bucket was deleted), surely or perhaps.
  void dropped(Span span, bool surely);

  Verdict read_value(uint64_t put, Span span, NowBounds now);
  Verdict read_nothing(Span span, NowBounds now);

  // Whether a listing within `span` may have named the key, and may have left it out. Takes no
  // note.
  bool may_be_there(Span span, NowBounds now) const;
  bool may_be_absent(Span span, NowBounds now) const;

  void forget_before(Step horizon);

  // The newest sure call is an acknowledged put (or delete, for `value` false) and nothing else may
  // have followed.
  bool last_known(bool value) const;
  // A put or delete of unknown outcome is among what a read may meet.
  bool has_unknown() const;
  // A value is the newest and has surely expired.
  bool surely_expired(NowBounds now) const;

  size_t size() const { return clusters_.size() + absences_.size(); }

 private:
  struct Cluster {
    uint64_t call;    // 0: an absence that was seen or came from outside
    bool value;       // false: a delete or a sighting of nothing
    bool unknown;     // its write was lost sight of
    bool open;        // its write is still under way
    Step first_end;   // s
    Step last_begin;  // f
    Step reach;       // its write took effect no later than this
    Deadline deadline;
  };
  struct Absence {  // a possible reason to find nothing
    uint64_t call;
    Step begin;
    Step end;
  };

  bool conflicts(const Cluster& cluster, bool with_values_only) const;
  const Cluster* find(uint64_t put) const;
  bool absent_for_a_reason(Span span) const;
  void tidy();

  std::vector<Cluster> clusters_;
  std::vector<Absence> absences_{{0, 0, 0}};
  Step horizon_ = 0;
  size_t tidy_above_ = 16;
};

}  // namespace vordb::sim
