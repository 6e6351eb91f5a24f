#include "io/metrics_families.h"

#include <algorithm>
#include <utility>

#include "core/message_names.h"

namespace vordb::io {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// One figure of the shards, summed over them, or of all the highest.
struct FigureRow {
  uint64_t ShardFigures::*member;
  const char* name;
  const char* help;
  MetricType type;
  bool highest = false;
};
constexpr FigureRow kFigures[] = {
    {&ShardFigures::cache_hits, "vordb_cache_hit_total", "Reads answered from the key cache.",
     MetricType::Counter},
    {&ShardFigures::cache_misses, "vordb_cache_miss_total",
     "Reads that the key cache could not answer.", MetricType::Counter},
    {&ShardFigures::cache_bytes, "vordb_cache_bytes", "Bytes in the key cache.", MetricType::Gauge},
    {&ShardFigures::keys_purged, "vordb_keys_purged_total", "Expired keys whose data was removed.",
     MetricType::Counter},
    {&ShardFigures::contexts_withheld, "vordb_contexts_withheld_total",
     "Answers without a causal context, which would have been larger than 4 KiB.",
     MetricType::Counter},
    {&ShardFigures::commits, "vordb_commits_total", "Batches made durable.", MetricType::Counter},
    {&ShardFigures::corrupt_vnodes, "vordb_corrupt_vnodes",
     "Partitions not served because their data is damaged.", MetricType::Gauge},
    {&ShardFigures::waiting_operations, "vordb_waiting_operations", "Requests under way.",
     MetricType::Gauge},
    {&ShardFigures::delta_messages, "vordb_gossip_delta_sent_total",
     "Messages with entries sent to other owners.", MetricType::Counter},
    {&ShardFigures::delta_keys, "vordb_gossip_delta_keys_total",
     "Keys whose entries were sent to other owners.", MetricType::Counter},
    {&ShardFigures::delta_bytes, "vordb_gossip_delta_bytes_total", "Bytes of these entries.",
     MetricType::Counter},
    {&ShardFigures::gossip_keys, "vordb_gossip_repair_keys_total",
     "Keys whose entries were sent because an owner was found to lack them.", MetricType::Counter},
    {&ShardFigures::gossip_bytes, "vordb_gossip_repair_bytes_total", "Bytes of these entries.",
     MetricType::Counter},
    {&ShardFigures::repairs, "vordb_read_repairs_total",
     "Reads that found an owner behind and had it sent what it lacked.", MetricType::Counter},
    {&ShardFigures::due_entries, "vordb_due_entries",
     "Tombstones, resets and deadlines that the last sweeps found: they go once every owner "
     "knows.",
     MetricType::Gauge},
    {&ShardFigures::scrubbing_vnodes, "vordb_scrubbing_vnodes",
     "Placements here that are being compared with another owner.", MetricType::Gauge},
    {&ShardFigures::scrub_ranges, "vordb_scrub_ranges_total",
     "Ranges of entries that another owner holds just so.", MetricType::Counter},
    {&ShardFigures::scrub_entries, "vordb_scrub_entries_total", "Entries in them.",
     MetricType::Counter},
    {&ShardFigures::scrub_differences, "vordb_scrub_differences_total",
     "Ranges of entries that differ between owners with equal clocks: never, unless something is "
     "wrong.",
     MetricType::Counter},
    {&ShardFigures::scrub_given_up, "vordb_scrubs_given_up_total",
     "Comparisons with an owner that did not answer or was never at rest.", MetricType::Counter},
    {&ShardFigures::unacknowledged_dots, "vordb_unacknowledged_dots",
     "Mutations that some other owner has not said to hold.", MetricType::Gauge},
    {&ShardFigures::stable_lag_ms, "vordb_convergence_lag_ms",
     "How far behind the clock the time lies up to which all owners hold everything; 0 while they "
     "agree and nothing waits for that.",
     MetricType::Gauge, true},
    {&ShardFigures::moving_vnodes, "vordb_moving_vnodes", "Placements here that move.",
     MetricType::Gauge},
    {&ShardFigures::receiving_vnodes, "vordb_receiving_vnodes",
     "Of them: those that take over what others hold.", MetricType::Gauge},
    {&ShardFigures::counting_vnodes, "vordb_counting_vnodes",
     "And of those: what holds enough for its move to end.", MetricType::Gauge},
    {&ShardFigures::draining_vnodes, "vordb_draining_vnodes",
     "Placements here that hand over what they hold.", MetricType::Gauge},
    {&ShardFigures::fetching_vnodes, "vordb_fetching_vnodes",
     "Placements here that receive a snapshot.", MetricType::Gauge},
    {&ShardFigures::handoff_received_bytes, "vordb_handoff_received_bytes_total",
     "Bytes received in snapshots.", MetricType::Counter},
    {&ShardFigures::handoff_sent_bytes, "vordb_handoff_sent_bytes_total",
     "Bytes sent in snapshots.", MetricType::Counter},
    {&ShardFigures::handoff_received_entries, "vordb_handoff_received_entries_total",
     "Entries received in snapshots.", MetricType::Counter},
};

MetricFamily single(const char* name, const char* help, MetricType type, uint64_t value) {
  MetricFamily made = family(name, help, type);
  made.metric.emplace_back();
  made.metric.back().counter.value = double(value);
  made.metric.back().gauge.value = double(value);
  return made;
}

void add(MetricFamily& made, std::vector<ClientMetric::Label> labels, double value) {
  made.metric.emplace_back();
  made.metric.back().label = std::move(labels);
  made.metric.back().counter.value = value;
  made.metric.back().gauge.value = value;
}

// Events by actor and kind, of both directions: only those that there were.
MetricFamily event_counts(const char* name, const char* help,
                          const std::vector<ShardSample>& samples,
                          decltype(TelemetryCounts::received) TelemetryCounts::*table) {
  MetricFamily made = family(name, help, MetricType::Counter);
  for (size_t actor = 0; actor < size_t(kActorKinds); ++actor) {
    for (size_t tag = 0; tag < kTagNames.size(); ++tag) {
      uint64_t sum = 0;
      for (const ShardSample& sample : samples) sum += (sample.telemetry.*table)[actor][tag];
      if (sum > 0)
        add(made, {{"actor", kActorNames[actor]}, {"kind", kTagNames[tag]}}, double(sum));
    }
  }
  return made;
}

void append_peer_families(const PeerCounters& peers, std::vector<MetricFamily>* families) {
  constexpr MetricType kCounter = MetricType::Counter;
  const auto append = [families](const char* name, const char* help,
                                 const std::atomic<uint64_t>& value) {
    families->push_back(single(name, help, kCounter, value.load(std::memory_order_relaxed)));
  };
  append("vordb_peer_bytes_sent_total", "Bytes sent to other nodes.", peers.bytes_sent);
  append("vordb_peer_bytes_received_total", "Bytes received from other nodes.",
         peers.bytes_received);
  append("vordb_peer_messages_sent_total", "Messages sent to other nodes.", peers.messages_sent);
  append("vordb_peer_messages_received_total", "Messages received from other nodes.",
         peers.messages_received);
  append("vordb_peer_batches_sent_total",
         "Writes to other nodes; each carries what a turn brought.", peers.batches_sent);
  append("vordb_peer_connections_made_total", "Connections to other nodes that were made.",
         peers.connections_made);
  append("vordb_peer_connections_lost_total", "Connections to other nodes that broke.",
         peers.connections_lost);
  append("vordb_peer_connections_refused_total", "Greetings refused by either side.",
         peers.connections_refused);
  append("vordb_peer_garbage_total", "Connections closed for what they carried.", peers.garbage);
  MetricFamily dropped = family("vordb_peer_messages_dropped_total",
                                "Messages dropped; what they carried comes again.", kCounter);
  add(dropped, {{"reason", "unreachable"}}, double(peers.dropped_unreachable));
  add(dropped, {{"reason", "queue_full"}}, double(peers.dropped_full));
  add(dropped, {{"reason", "not_taken"}}, double(peers.dropped_arrived));
  families->push_back(std::move(dropped));
}

void append_other_members(const ShardFigures& figures, const std::vector<PeerSample>& others,
                          std::vector<MetricFamily>* families) {
  MetricFamily up = family("vordb_peer_up", "1: this member is connected to.", MetricType::Gauge);
  MetricFamily dots = family("vordb_peer_unacknowledged_dots",
                             "Mutations that this member has not said to hold.", MetricType::Gauge);
  MetricFamily ahead =
      family("vordb_peer_clock_ahead_ms", "How far this node's wall clock is before that member's.",
             MetricType::Gauge);
  MetricFamily queued =
      family("vordb_peer_queue_bytes", "Bytes that wait for this member.", MetricType::Gauge);
  MetricFamily shed = family("vordb_peer_queue_shed_total",
                             "Messages that found its queue full; what they carried comes again.",
                             MetricType::Counter);
  for (const PeerSample& other : others) {
    const auto label = [&] { return std::vector<ClientMetric::Label>{{"peer", other.node_id}}; };
    const auto found = figures.peers.find(other.node);
    const PeerFigures of = found == figures.peers.end() ? PeerFigures{} : found->second;
    add(up, label(), other.connected);
    add(dots, label(), double(of.unacknowledged_dots));
    if (of.clock_ahead_ms) add(ahead, label(), double(*of.clock_ahead_ms));
    add(queued, label(), double(other.queued_bytes));
    add(shed, label(), double(other.shed));
  }
  for (MetricFamily* made : {&up, &dots, &ahead, &queued, &shed})
    families->push_back(std::move(*made));
}

MetricFamily convergence_lags(const LagHistogram& lags) {
  MetricFamily made = family("vordb_convergence_ms",
                             "Milliseconds from a mutation being durable here until every owner "
                             "has said to hold it; of samples.",
                             MetricType::Histogram);
  made.metric.emplace_back();
  made.metric.back().histogram = histogram(lags.buckets, LagHistogram::kBoundsMs, lags.sum_ms);
  return made;
}

}  // namespace

MetricFamily family(std::string name, std::string help, MetricType type) {
  MetricFamily made;
  made.name = std::move(name);
  made.help = std::move(help);
  made.type = type;
  return made;
}

ShardFigures sum_of(const std::vector<ShardSample>& samples) {
  ShardFigures sum;
  for (const ShardSample& sample : samples) {
    sum.vnodes += sample.figures.vnodes;
    sum.convergence.add(sample.figures.convergence);
    for (const auto& [why, times] : sample.figures.turned_away) sum.turned_away[why] += times;
    for (const auto& [node, peer] : sample.figures.peers) {
      PeerFigures& into = sum.peers[node];
      into.unacknowledged_dots += peer.unacknowledged_dots;
      if (peer.clock_ahead_ms) into.clock_ahead_ms = peer.clock_ahead_ms;
    }
    for (const FigureRow& row : kFigures) {
      const uint64_t value = sample.figures.*row.member;
      sum.*row.member = row.highest ? std::max(sum.*row.member, value) : sum.*row.member + value;
    }
  }
  return sum;
}

std::vector<std::pair<std::string, uint64_t>> handoff_figures(const ShardFigures& figures) {
  return {{"receiving_here", figures.receiving_vnodes},
          {"counting_here", figures.counting_vnodes},
          {"fetching_here", figures.fetching_vnodes},
          {"handing_over_here", figures.draining_vnodes},
          {"received_bytes", figures.handoff_received_bytes},
          {"received_entries", figures.handoff_received_entries},
          {"sent_bytes", figures.handoff_sent_bytes}};
}

std::vector<std::pair<std::string, uint64_t>> repair_figures(const ShardFigures& figures) {
  return {{"delta_messages_sent", figures.delta_messages},
          {"delta_keys_sent", figures.delta_keys},
          {"delta_bytes_sent", figures.delta_bytes},
          {"repair_keys_sent", figures.gossip_keys},
          {"repair_bytes_sent", figures.gossip_bytes},
          {"read_repairs", figures.repairs},
          {"due_entries", figures.due_entries},
          {"scrubs_under_way", figures.scrubbing_vnodes},
          {"scrub_ranges_equal", figures.scrub_ranges},
          {"scrub_entries_equal", figures.scrub_entries},
          {"scrub_ranges_different", figures.scrub_differences},
          {"scrubs_given_up", figures.scrub_given_up},
          {"unacknowledged_dots", figures.unacknowledged_dots},
          {"convergence_lag_ms", figures.stable_lag_ms},
          {"corrupt_vnodes", figures.corrupt_vnodes}};
}

void append_node_families(const std::vector<ShardSample>& samples, const NodeFigures& node,
                          std::vector<MetricFamily>* families) {
  constexpr MetricType kGauge = MetricType::Gauge;
  const ShardFigures figures = sum_of(samples);
  for (const FigureRow& row : kFigures)
    families->push_back(single(row.name, row.help, row.type, figures.*row.member));
  const auto append = [families](const char* name, const char* help, uint64_t value) {
    families->push_back(single(name, help, kGauge, value));
  };
  append("vordb_vnodes", "Placements that live on this node.", figures.vnodes);
  append("vordb_ring_version", "Version of the ring in use.", node.ring_version);
  append("vordb_partitions_owned", "Partitions that this node owns.", node.partitions_owned);
  append("vordb_cluster_other_members", "Members beside this node.", node.others.size());
  append("vordb_cluster_connected", "Other members with a live connection.",
         uint64_t(std::count_if(node.others.begin(), node.others.end(),
                                [](const PeerSample& other) { return other.connected; })));
  append("vordb_moving_partitions", "Partitions that get new owners.", node.moving_partitions);
  append("vordb_draining_partitions", "Partitions that earlier owners still hand over.",
         node.draining_partitions);
  append_other_members(figures, node.others, families);
  MetricFamily turned_away =
      family("vordb_peer_messages_turned_away_total",
             "Messages of nodes that are not listened to, by why.", MetricType::Counter);
  for (const auto& [why, times] : figures.turned_away)
    add(turned_away, {{"reason", to_string(why)}}, double(times));
  families->push_back(std::move(turned_away));
  families->push_back(convergence_lags(figures.convergence));
  if (node.peers) append_peer_families(*node.peers, families);
  families->push_back(event_counts("vordb_events_received_total", "Events that reached actors.",
                                   samples, &TelemetryCounts::received));
  families->push_back(event_counts("vordb_events_sent_total",
                                   "Messages sent to actors of other shards and nodes.", samples,
                                   &TelemetryCounts::sent));
  uint64_t violated = 0;
  for (const ShardSample& sample : samples) violated += sample.telemetry.violated;
  families->push_back(single("vordb_constraints_violated_total",
                             "Inputs refused for what their schema demands.", MetricType::Counter,
                             violated));
}

}  // namespace vordb::io
