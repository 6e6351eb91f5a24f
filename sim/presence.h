// What is known about one thing that is either there or not: an element of a set, a bucket. Writes
// of either value and observations of either value come as spans of steps; the question is always
// whether an observation can be explained by one order of all of them that respects time.
//
// The check is sound (a possible history is never refused): an observation needs a *candidate*, a
// write of its value, with no *evidence* of the other value surely between the two. It compares
// pairs, so it may miss what needs three concurrent calls to tell. A write of unknown outcome is a
// candidate and never evidence.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/call.h"

namespace vordb::sim {

class Presence {
 public:
  // Absent from the beginning of the run.
  Presence();

  // A write of `present` began. Until it is settled it may take effect at any later moment.
  void began(uint64_t call, bool present, Step begin);

  // It took effect within its span. A removal that named a context acts on what the context covers:
  // pass the span of the call that brought the context, else the removal's own.
  void acknowledged(uint64_t call, Span span, Span reach);
  void acknowledged(uint64_t call, Span span) { acknowledged(call, span, span); }

  // It had no effect and never will.
  void refused(uint64_t call);

  // If it takes effect, it removes nothing that began after `end`; when that shows is open still.
  void carried_out(uint64_t call, Step end);

  // It took effect at some moment up to `end`, or never.
  void lost_sight(uint64_t call, Step end);

  // It became surely or possibly absent within `span` for a reason that no call names (expiry, a
  // dropped bucket).
  void vanished(Span span, bool surely);

  // Whether `present` may have been seen within `span`; and the same, taking note that it was.
  bool explains(bool present, Span span) const;
  bool observe(bool present, Span span);

  // No call that began before `horizon` is still open: what no later observation can need is
  // forgotten.
  void forget_before(Step horizon);

  // The newest sure knowledge is a write or observation of this value, with nothing of the other
  // value since.
  bool last_known(bool present) const;

  // A write has begun of which it is not known yet whether and when it takes effect.
  bool undecided() const;

  size_t size() const;

 private:
  struct Candidate {
    uint64_t call;
    Step begin;
    Step end;    // its latest possible effect
    Step reach;  // writes that began after this survive it
    bool settled;
  };
  struct Evidence {
    Step begin;
    Step end;
  };

  // The highest begin among `list`'s entries that ended before `step`.
  static Step latest_begin(const std::vector<Evidence>& list, Step step);
  static void collapse(std::vector<Evidence>& list, Step horizon);
  Candidate* find(uint64_t call, bool& present);
  void tidy();

  // Index 0: absent, 1: present.
  std::vector<Candidate> candidates_[2];
  std::vector<Evidence> writes_[2];
  std::vector<Evidence> sightings_[2];
  Step horizon_ = 0;
};

}  // namespace vordb::sim
