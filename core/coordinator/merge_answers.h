// What several owners say of one key, merged; and who of them holds the result already.
//
// An answer is an owner's durable entries together with the contiguous clock that fills them
// (DATA.md rule 6): an entry that it lacks means "nothing is live, under that clock".
//
// Who holds the result. An owner holds a merged entry when it shows the same live dots and the same
// baseline, and has seen every dot that another answer shows live and the result does not. Whatever
// it is merged with among the answers then shows the result. So a read that is answered once W
// owners hold it, or have taken in (durably) what an owner that holds it has sent them, is never
// followed by one that shows less: that is what write-back (CLUSTER.md rule 15) must prove.
//
// Not seen: a removal by somebody who saw the addition, where no answer shows the element live.
// Both answers then say "absent", one because it knows of the removal and one because it knows of
// neither. `exact_absence` sees it for the entries that were asked for by name, by comparing the
// clocks, which differ more often than the entries do.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/coordinator/owner_sets.h"
#include "core/crdt/version_vector.h"
#include "core/fields.h"
#include "core/vnode/key_state.h"

namespace vordb::coordinator {

struct OwnerAnswer {
  OwnerMask owner = 0;                    // one bit
  std::shared_ptr<const KeyState> state;  // null: no entries
  crdt::VersionVector base;
  bool more = false;  // a page that ended before the set did
  VORDB_FIELDS(OwnerAnswer, owner, state, base, more)
};

struct MergedAnswers {
  std::shared_ptr<const KeyState> state;
  // Of pages: what lies behind the first page's end was not compared and is left out.
  bool more = false;
  std::string last;  // if `more`: the last subkey that was compared
  // Every entry that an answer shows or that was asked for by name, in order, and its holders.
  struct Name {
    std::string subkey;
    OwnerMask holders = 0;
  };
  std::vector<Name> names;
};

MergedAnswers merge_answers(std::span<const OwnerAnswer> answers,
                            std::span<const std::string> asked, bool exact_absence);

}  // namespace vordb::coordinator
