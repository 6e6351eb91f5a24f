#include "sim/set_page.h"

#include <optional>

namespace vordb::sim {

std::string name_of_element(const Call& call, uint32_t element) {
  return "set " + std::to_string(call.bucket) + "/" + std::to_string(call.key) + " element " +
         std::to_string(element) + ", " + name_of(call);
}

std::vector<ShownElement> elements_shown(OracleContext& context, const Call& call,
                                         const ClientReply& reply) {
  Findings& findings = context.findings;
  const uint32_t elements = context.catalogue.bucket(call.bucket).elements;
  const auto begin = call.after ? Catalogue::element_index(*call.after) : std::optional<uint32_t>();
  uint32_t next = begin.has_value() ? *begin + 1 : 0;  // the first element not yet accounted for
  findings.evaluated(Property::kSetPagesOrdered, call.after || reply.next);
  if (call.limit > 0 && reply.items.size() > call.limit)
    findings.violated(Property::kSetPagesOrdered,
                      name_of_element(call, next) + ": a page over its limit");
  std::vector<ShownElement> shown;
  for (const std::string& name : reply.items) {
    const auto element = Catalogue::element_index(name);
    if (!element.has_value() || *element >= elements) {
      findings.violated(Property::kSetMemberAdded,
                        name_of_element(call, next) + ": a member that nobody adds: " + name);
      return {};
    }
    if (*element < next) {
      findings.violated(Property::kSetPagesOrdered,
                        name_of_element(call, *element) + " out of order or repeated");
      return {};
    }
    while (next < *element) shown.push_back({next++, false});
    shown.push_back({next++, true});
  }
  if (reply.next) return shown;
  while (next < elements) shown.push_back({next++, false});
  return shown;
}

}  // namespace vordb::sim
