// The answers about the node and its cluster (io/http_reply.h).
#include <nlohmann/json.hpp>

#include "io/http_reply.h"

namespace vordb::io {
namespace {

using Json = nlohmann::ordered_json;

HttpResponse answer(int status, const Json& json) {
  HttpResponse response;
  response.status = status;
  response.body = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

HttpResponse refusal(const ClientError& error) {
  HttpEcho echo;
  return to_http(echo, ClientReply::failed(error));
}

void append_figures(Json& json, const std::vector<std::pair<std::string, uint64_t>>& figures) {
  for (const auto& [name, value] : figures) json[name] = value;
}

}  // namespace

HttpResponse to_http(const NodeStatus& status) {
  return answer(200, {{"status", status.state},
                      {"num_vnodes", status.num_vnodes},
                      {"node_id", status.node_id},
                      {"ring_version", status.ring_version}});
}

HttpResponse readiness(const NodeStatus& status) {
  return answer(status.serving ? 200 : 503, {{"ready", status.serving}, {"status", status.state}});
}

HttpResponse to_http(const std::vector<MemberInfo>& members) {
  Json list = Json::array();
  for (const MemberInfo& member : members) {
    list.push_back({{"node_id", member.node_id},
                    {"address", member.address},
                    {"status", member.status},
                    {"zone", member.zone},
                    {"partitions", member.partitions},
                    {"connected", member.connected},
                    {"node", member.node},
                    {"incarnation", member.incarnation},
                    {"features", member.features}});
  }
  return answer(200, {{"members", std::move(list)}});
}

HttpResponse to_http(const RingInfo& ring) {
  Json owners = Json::array(), versions = Json::array(), moves = Json::array();
  for (size_t p = 0; p < ring.partitions.size(); ++p) {
    const RingInfo::Partition& partition = ring.partitions[p];
    owners.push_back(partition.owners);
    versions.push_back(partition.version);
    if (!partition.next.empty()) moves.push_back({{"partition", p}, {"next", partition.next}});
  }
  return answer(200, {{"version", ring.version},
                      {"ring_size", ring.partitions.size()},
                      {"partitions_owned", ring.partitions_owned},
                      {"owners", std::move(owners)},
                      {"partition_versions", std::move(versions)},
                      {"moves", std::move(moves)},
                      {"features", ring.features}});
}

HttpResponse to_http(const HandoffInfo& handoff) {
  Json moves = Json::array();
  for (const HandoffInfo::Move& move : handoff.moves) {
    moves.push_back({{"partition", move.partition},
                     {"begun", move.begun},
                     {"from", move.from},
                     {"to", move.to}});
  }
  Json json = {{"version", handoff.version},
               {"moving", handoff.moves.size()},
               {"draining", handoff.draining},
               {"draining_here", handoff.draining_here}};
  append_figures(json, handoff.figures);
  json["moves"] = std::move(moves);
  return answer(200, json);
}

HttpResponse to_http(const RepairInfo& repair) {
  Json json = Json::object();
  append_figures(json, repair.figures);
  return answer(200, json);
}

HttpResponse to_http(const PlanInfo& plan) {
  if (plan.error) return refusal(*plan.error);
  Json loads = Json::array();
  for (const PlanInfo::Load& load : plan.loads) {
    loads.push_back({{"node_id", load.node_id}, {"before", load.before}, {"after", load.after}});
  }
  return answer(200, {{"change", plan.change},
                      {"node_id", plan.node_id},
                      {"partitions_moved", plan.partitions_moved},
                      {"replicas_moved", plan.replicas_moved},
                      {"members", std::move(loads)}});
}

HttpResponse to_http(const AdminOutcome& outcome, const std::string& action) {
  if (outcome.error) return refusal(*outcome.error);
  Json json = {{"ok", true}};
  if (!action.empty()) json["action"] = action;
  return answer(200, json);
}

}  // namespace vordb::io
