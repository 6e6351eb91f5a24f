// What tests of causality say: these dots were seen.
#pragma once

#include <initializer_list>

#include "core/crdt/causal_past.h"

namespace vordb::crdt {

inline CausalPast seen(std::initializer_list<Dot> dots) {
  CausalPast past;
  for (const Dot& dot : dots) past.add(dot);
  return past;
}

}  // namespace vordb::crdt
