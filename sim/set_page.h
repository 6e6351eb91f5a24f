// The answer to a read of a set or of a page of it, taken apart: what it says of each element.
#pragma once

#include <string>
#include <vector>

#include "sim/oracle.h"

namespace vordb::sim {

struct ShownElement {
  uint32_t element;
  bool present;
};

// Every element that the page speaks of, in order. A page that is no page of this set (foreign
// names, wrong order, too long) is reported and says nothing.
std::vector<ShownElement> elements_shown(OracleContext& context, const Call& call,
                                         const ClientReply& reply);

// Calls visit(element) for each element that the mutation names; a delete names all.
template <typename Elements, typename Visitor>
void for_each_named(const Call& call, Elements& elements, Visitor&& visit) {
  if (call.operation == Operation::kDelete) {
    for (auto& element : elements) visit(element);
  } else {
    for (const uint32_t element : call.elements) visit(elements[element]);
  }
}

// For reports.
std::string name_of_element(const Call& call, uint32_t element);

}  // namespace vordb::sim
