#include "core/vnode/scrubbing.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/codec.h"
#include "core/crdt/counter.h"
#include "core/crdt/register.h"
#include "core/crdt/set.h"
#include "core/fingerprint.h"
#include "core/vnode/snapshot.h"
#include "core/vnode/stored_vnode.h"
#include "proto/peer.pb.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

using crdt::Entry;

namespace {

// Who holds much more than it was asked about holds something else.
constexpr uint64_t kAnswerEntriesMax = 4 * kDefaultKnobs.scrub_records;
constexpr uint32_t kTriesMax = 20;

// A number of its own for each vnode of a cluster.
uint64_t spread(PlacementId id, NodeNumber node) {
  Fingerprint fingerprint;
  fingerprint.add(id.partition);
  fingerprint.add(id.n);
  fingerprint.add(node);
  return fingerprint.digest().first;
}

}  // namespace

bool Scrubbing::able() const {
  return vnode.roles.owner && vnode.roles.move == 0 && vnode.durable.standing.fenced &&
         !vnode.corrupt && !vnode.gone() && !vnode.fetch;
}

void Scrubbing::tick() {
  const uint64_t now_us = turn.env.clock.monotonic_us();
  if (vnode.scrub) {
    if (vnode.scrub->doubt) judge_doubt();
    if (!vnode.scrub) return;
    const uint64_t patience_us = vnode.scrub->doubt ? turn.env.knobs.scrub_doubt_patience_us
                                                    : turn.env.knobs.scrub_patience_us;
    if (vnode.scrub->session == 0 || vnode.scrub->asked_us + patience_us < now_us) ask();
    return;
  }
  if (interval_us() == 0) return;
  if (vnode.scrub_due_us == 0) {
    // Not all at once after a start.
    vnode.scrub_due_us = now_us + spread(vnode.id, vnode.self.node) % interval_us() + 1;
  }
  if (now_us >= vnode.scrub_due_us || turn.env.buggify(Site::kScrubsNow)) begin(false);
}

void Scrubbing::begin(bool urgent) {
  vnode.scrub_due_us = turn.env.clock.monotonic_us() + interval_us();
  vnode.scrub.reset();
  if (!able()) return;
  Scrub scrub;
  scrub.urgent = urgent;
  for (const NodeNumber owner : vnode.roles.owners) {
    if (owner == vnode.self.node) continue;
    if (urgent || owner > vnode.self.node) scrub.with.push_back(owner);
  }
  if (scrub.with.empty()) return;
  vnode.scrub = std::move(scrub);
  ask();
}

void Scrubbing::ask() {
  Scrub& scrub = *vnode.scrub;
  const auto& owners = vnode.roles.owners;
  if (!able()) return vnode.scrub.reset();
  const bool still = std::find(owners.begin(), owners.end(), scrub.with.back()) != owners.end();
  if (!still || ++scrub.tries > kTriesMax || turn.env.buggify(Site::kScrubGivesUp))
    return give_up();
  scrub.doubt.reset();
  scrub.session = new_session(turn.env.random);
  scrub.asked_us = turn.env.clock.monotonic_us();
  ScrubTask task;
  task.with = scrub.with.back();
  task.session = scrub.session;
  task.epoch = turn.configuration.epoch;
  task.view = turn.env.disk.open_snapshot();
  task.at = scrub.from;
  task.hlc = vnode.time.last();
  go_on(std::move(task), nullptr);
}

void Scrubbing::take_in(const pb::ScrubAsk& ask, NodeNumber from, uint64_t epoch) {
  if (!able() || epoch != turn.configuration.epoch || turn.env.buggify(Site::kScrubIncomparable))
    return answer(from, ask.session(), kIncomparable, 0);
  ScrubTask task;
  task.with = from;
  task.asked = true;
  task.session = ask.session();
  task.epoch = epoch;
  task.view = turn.env.disk.open_snapshot();
  task.at = ask.from();
  task.to = ask.to();
  task.hlc = Hlc{ask.hlc()};
  task.their_clock = {ask.clock_high(), ask.clock_low()};
  task.theirs = {ask.entries(), {ask.hash_high(), ask.hash_low()}};
  go_on(std::move(task), nullptr);
}

void Scrubbing::take_in(const pb::ScrubAnswer& answer, NodeNumber from) {
  if (!vnode.scrub || vnode.scrub->session != answer.session() || vnode.scrub->with.back() != from)
    return;
  Scrub& scrub = *vnode.scrub;
  switch (Verdict(answer.verdict())) {
    case kSame:
      ++vnode.scrubbed.ranges;
      vnode.scrubbed.entries += answer.entries();
      return advance();
    case kDifferent:
      scrub.doubt = Doubt{vnode.time.last(), answer.entries()};
      vnode.await(scrub.doubt->at);
      return;
    case kIncomparable:
      scrub.session = 0;  // the next tick asks again
  }
}

void Scrubbing::judge_doubt() {
  Scrub& scrub = *vnode.scrub;
  const auto views = vnode.peers.agreeing(vnode.standpoint(turn.configuration));
  if (!views) return;
  const crdt::VnodeClock known = vnode.durable.known();
  bool equal = digest_of_fields(vnode.durable.clock) == scrub.clock;
  for (const PeerView* view : *views) {
    if (view->hlc < scrub.doubt->at) return;
    equal = equal && view->clock == known;
  }
  if (!equal) {
    scrub.session = 0;
    return;
  }
  ++vnode.scrubbed.differences;
  turn.env.telemetry.log(
      LogLevel::kError,
      "partition " + std::to_string(vnode.id.partition) + " (n=" + std::to_string(vnode.id.n) +
          "): node " + std::to_string(scrub.with.back()) +
          " holds something else than this one though their clocks are equal, in a range of " +
          std::to_string(scrub.doubt->entries) + " entries");
  advance();
}

void Scrubbing::advance() {
  if (vnode.scrub->to.empty()) return next_owner();
  begin_range(std::string(vnode.scrub->to));
}

void Scrubbing::give_up() {
  ++vnode.scrubbed.given_up;
  next_owner();
}

void Scrubbing::next_owner() {
  vnode.scrub->with.pop_back();
  if (vnode.scrub->with.empty()) return vnode.scrub.reset();
  begin_range({});
}

void Scrubbing::begin_range(std::string from) {
  Scrub& scrub = *vnode.scrub;
  scrub = Scrub{.urgent = scrub.urgent, .with = std::move(scrub.with), .from = std::move(from)};
  if (scrub.urgent) ask();
}

void Scrubbing::go_on(ScrubTask task, ReadResult* arrived) {
  for (;;) {
    std::optional<ReadRequest> request;
    if (!arrived && !(request = next_read(task))) return end(std::move(task));
    const std::optional<ReadResult> result =
        next_result(task, arrived, [&] { return *std::move(request); });
    if (!result) return;
    const absl::Status status = take(*result, task);
    note_damage(status);
    if (status.ok()) continue;
    turn.env.disk.close_snapshot(task.view);
    if (!task.asked) vnode.scrub.reset();
    return;
  }
}

std::optional<ReadRequest> Scrubbing::next_read(const ScrubTask& task) const {
  if (!task.clock_known) {
    ReadRequest stored = read_stored(vnode.id);
    stored.snapshot = task.view;
    return stored;
  }
  const bool wrong =
      task.asked && (task.clock != task.their_clock || task.digest.entries > kAnswerEntriesMax);
  if (task.done || wrong) return std::nullopt;
  ReadRequest page = whole(Table::kEntries);
  page.begin.append(task.at);
  if (task.asked && !task.to.empty()) page.end = record_key(vnode.id, Table::kEntries, task.to);
  page.limit_records = uint32_t(turn.env.knobs.scrub_records);
  page.snapshot = task.view;
  return page;
}

absl::Status Scrubbing::take(const ReadResult& result, ScrubTask& task) {
  if (!result.status.ok()) return result.status;
  if (!task.clock_known) {
    StoredVnode stored;
    const absl::Status decoded = decode_stored(vnode.id, result.records, &stored);
    if (!decoded.ok()) return decoded;
    task.clock_known = true;
    task.clock = digest_of_fields(stored.clock);
    task.base = stored.clock.base();
    return absl::OkStatus();
  }
  for (const Record& record : result.records) {
    if (absl::Status added = add(record, task); !added.ok()) return added;
  }
  if (result.more) task.at = result.records.back().key.substr(kTablePrefixBytes) + '\0';
  if (!task.asked) task.to = result.more ? task.at : std::string();
  task.done = !task.asked || !result.more;
  return absl::OkStatus();
}

// What the base covers is stripped, and what is spent goes, at each owner in its own time.
absl::Status Scrubbing::add(const Record& record, ScrubTask& task) const {
  const std::string_view raw = std::string_view(record.key).substr(kTablePrefixBytes);
  EntryName name;
  Entry entry;
  crdt::EntryKind kind;
  if (absl::Status decoded = decode_entry(record.key, record.value, &entry); !decoded.ok())
    return decoded;
  if (!parse_entry_name(raw, &name) || !crdt::parse_kind(name.subkey, &kind))
    return absl::DataLossError("an entry lies under a key that none has");
  entry.context.strip(task.base);
  const bool spent = kind == crdt::EntryKind::kRegister  ? crdt::register_spent(entry, task.hlc)
                     : kind == crdt::EntryKind::kCounter ? crdt::counter_spent(entry, task.hlc)
                                                         : false;
  if (spent || entry.vacant() || !turn.configuration.bucket(name.bucket)) return absl::OkStatus();
  Fingerprint fingerprint;
  fingerprint.add(task.digest.hash.first);
  fingerprint.add(task.digest.hash.second);
  fingerprint.add(raw);
  add_fields(entry, fingerprint);
  task.digest.hash = fingerprint.digest();
  ++task.digest.entries;
  return absl::OkStatus();
}

void Scrubbing::end(ScrubTask task) {
  turn.env.disk.close_snapshot(task.view);
  if (task.asked) {
    const bool comparable =
        task.clock == task.their_clock && task.epoch == turn.configuration.epoch;
    const Verdict verdict = !comparable                  ? kIncomparable
                            : task.digest == task.theirs ? kSame
                                                         : kDifferent;
    return answer(task.with, task.session, verdict, task.digest.entries);
  }
  if (!vnode.scrub || vnode.scrub->session != task.session) return;
  vnode.scrub->to = task.to;
  vnode.scrub->clock = task.clock;
  if (task.epoch != turn.configuration.epoch) {
    vnode.scrub->session = 0;  // the next tick asks again
    return;
  }
  pb::PeerMessage message;
  pb::ScrubAsk* ask = message.mutable_scrub_ask();
  ask->set_session(task.session);
  ask->set_hlc(task.hlc.word);
  ask->set_from(vnode.scrub->from);
  ask->set_to(std::move(task.to));
  ask->set_clock_high(task.clock.first);
  ask->set_clock_low(task.clock.second);
  ask->set_entries(task.digest.entries);
  ask->set_hash_high(task.digest.hash.first);
  ask->set_hash_low(task.digest.hash.second);
  send(task.with, message);
}

void Scrubbing::answer(NodeNumber to, uint64_t session, Verdict verdict, uint64_t entries) {
  pb::PeerMessage message;
  pb::ScrubAnswer* answer = message.mutable_scrub_answer();
  answer->set_session(session);
  answer->set_verdict(verdict);
  answer->set_entries(entries);
  send(to, message);
}

}  // namespace vordb::vnode
