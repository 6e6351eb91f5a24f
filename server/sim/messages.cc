#include "server/sim/messages.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/message_names.h"

namespace vordb::server {

using Json = nlohmann::json;

Json json_of(const sim::MessageCoverage& messages) {
  Json json = Json::object();
  for (size_t row = 0; row < kMessageRows; ++row) {
    for (size_t state = 0; state < kTakerStates; ++state) {
      const uint64_t seen = messages.seen(row, TakerState(state));
      if (seen > 0) json[vordb::message_table()[row].name()][to_string(TakerState(state))] = seen;
    }
  }
  return json;
}

void add_json(const Json& json, sim::MessageCoverage& messages) {
  for (size_t row = 0; row < kMessageRows; ++row) {
    const auto of = json.find(vordb::message_table()[row].name());
    if (of == json.end()) continue;
    for (size_t state = 0; state < kTakerStates; ++state) {
      messages.count(row, TakerState(state), of->value(to_string(TakerState(state)), uint64_t{0}));
    }
  }
}

namespace {

// The states in which it may come and never did.
std::string unseen_of(const sim::MessageCoverage& messages, size_t row) {
  std::vector<std::string> unseen;
  for (size_t state = 0; state < kTakerStates; ++state) {
    const bool possible = vordb::message_table()[row].possible(TakerState(state));
    if (possible && messages.seen(row, TakerState(state)) == 0)
      unseen.push_back(to_string(TakerState(state)));
  }
  return absl::StrJoin(unseen, ", ");
}

}  // namespace

std::vector<std::string> unmet_messages(const sim::MessageCoverage& messages) {
  std::vector<std::string> unmet;
  for (size_t row = 0; row < kMessageRows; ++row) {
    const std::string unseen = unseen_of(messages, row);
    if (!unseen.empty())
      unmet.push_back(
          absl::StrCat("message ", vordb::message_table()[row].name(), " never came in: ", unseen));
  }
  return unmet;
}

void message_table(std::string& out, const sim::MessageCoverage& messages) {
  absl::StrAppendFormat(&out, "\n%-20s %-11s  %-11s %9s %6s %6s  %s\n", "message", "from", "to",
                        "handed", "states", "seen", "never seen in");
  sim::MessageCoverage::Cells all;
  for (size_t row = 0; row < kMessageRows; ++row) {
    const MessageRow& of = vordb::message_table()[row];
    const sim::MessageCoverage::Cells cells = messages.cells(row);
    absl::StrAppendFormat(&out, "%-20s %-11s  %-11s %9u %6u %6u  %s\n", of.name(),
                          kActorNames[size_t(of.from)], kActorNames[size_t(of.to)],
                          messages.seen(row), cells.possible, cells.seen, unseen_of(messages, row));
    all.possible += cells.possible;
    all.seen += cells.seen;
  }
  absl::StrAppend(&out, "messages met ", all.seen, " of the ", all.possible,
                  " states of their takers that are possible\n");
}

}  // namespace vordb::server
