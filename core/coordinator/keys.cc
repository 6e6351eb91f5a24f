// The keys of a bucket, in partition order, until the page is full. A page ends with where the next
// begins: four hexadecimal digits of the partition, a colon, and the last key.
//
// Each partition is asked of one owner, and of the next one when that fails. Where there are other
// nodes, some partitions are asked ahead of their turn.
#include <algorithm>
#include <utility>

#include "core/cluster/ring.h"
#include "core/coordinator/coordinator.h"

namespace vordb::coordinator {

namespace {

constexpr uint32_t kDefaultPage = 1000;
constexpr uint32_t kLargestPage = 10000;

std::string page_end(uint32_t partition, std::string_view key) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string end;
  for (int shift = 12; shift >= 0; shift -= 4) end.push_back(kDigits[partition >> shift & 0xf]);
  end.push_back(':');
  end.append(key);
  return end;
}

bool parse_page_end(std::string_view end, uint32_t* partition, std::string* key) {
  if (end.size() < 5 || end[4] != ':') return false;
  *partition = 0;
  for (const char c : end.substr(0, 4)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && !(c >= 'a' && c <= 'f')) return false;
    *partition = *partition * 16 + uint32_t(digit ? c - '0' : c - 'a' + 10);
  }
  *key = end.substr(5);
  return true;
}

}  // namespace

void Coordinator::list_keys(Admitted request, Turn& turn) {
  const Bucket* bucket = turn.configuration.bucket(std::string_view(request.bucket));
  if (!bucket) {
    return refuse(request, ErrorCode::kBucketNotFound, "no bucket has this name",
                  "create it with POST /buckets", turn);
  }
  Listing listing;
  std::string after;
  const std::string end = request.after.value_or("");  // of a page it is never empty
  if (!end.empty() && (!parse_page_end(end, &listing.next_partition, &after) ||
                       listing.next_partition >= turn.configuration.ring_size)) {
    return refuse(request, ErrorCode::kBadRequest, "`after` is none that a page has given",
                  "give back the `next` of the page before unchanged", turn);
  }
  if (request.limit > kLargestPage) {
    return refuse(request, ErrorCode::kBadRequest, "`limit` is too large", "1 to 10000", turn);
  }
  listing.bucket = bucket->id;
  listing.replication_n = bucket->config.replication_n;
  Pending pending;
  pending.client = request.client;
  pending.lanes = request.use;
  pending.operation = Operation::kListKeys;
  pending.deadline_us = turn.env.clock.monotonic_us() + turn.options.read_quorum_timeout_ms * 1000;
  pending.limit = request.limit == 0 ? kDefaultPage : request.limit;
  pending.now_ms = hlc_.tick(turn.env.clock.now()).ms();
  pending.listing = Box<Listing>(std::move(listing));
  list_ahead(pending_.insert(std::move(pending)), std::move(after), turn);
}

// Asks further partitions; `after` is of the first.
void Coordinator::list_ahead(OpId op, std::string after, Turn& turn) {
  const bool one_by_one =
      turn.configuration.members.size() == 1 || turn.env.buggify(Site::kListsOneByOne);
  const size_t ahead = one_by_one ? 1 : turn.env.knobs.keys_ahead_max;
  for (;;) {
    Pending& pending = *pending_.find(op);
    Listing& listing = *pending.listing;
    if (listing.parts.size() >= ahead || listing.next_partition >= turn.configuration.ring_size)
      return;
    ListingPart part;
    part.listing = op;
    part.after = std::exchange(after, {});
    part.limit = pending.limit - uint32_t(listing.keys.size());
    Pending child;
    child.operation = Operation::kListKeys;
    child.placement = {listing.replication_n, uint16_t(listing.next_partition++)};
    child.now_ms = pending.now_ms;
    child.part = Box<ListingPart>(std::move(part));
    const OpId asked = pending_.insert(std::move(child));
    pending_.find(op)->listing->parts.push_back(asked);
    ask_part(asked, turn);
  }
}

void Coordinator::ask_part(OpId op, Turn& turn) {
  const Pending& pending = *pending_.find(op);
  ListingPart& part = *pending_.find(op)->part;
  const OwnerSets sets = OwnerSets::of(turn.configuration, pending.placement);
  const bool self_last = troubled(pending.placement, turn);
  NodeNumber to = first_choice(sets, sets.owners, part.tried, self_last, turn);
  if (to == 0) to = first_choice(sets, sets.owners, part.tried = 0, self_last, turn);
  part.next_us = turn.env.clock.monotonic_us();
  if (!turn.env.buggify(Site::kListAsksNext)) part.next_us += turn.env.knobs.keys_patience_us;
  if (to == 0) return;  // no owner is left; the listing's own time will end
  part.tried |= sets.bit(to);
  KeyList list;
  list.op = op;
  list.shard = shard_;
  list.placement = pending.placement;
  list.bucket = pending_.find(part.listing)->listing->bucket;
  list.after = part.after;
  list.limit = part.limit;
  list.now_ms = pending.now_ms;
  turn.outbox.push_back(to_owner(to, std::move(list), turn));
}

void Coordinator::step(KeyListReply reply, Turn& turn) {
  Pending* pending = pending_.find(reply.op);
  if (!pending || !pending->part || pending->part->done) return;
  ListingPart& part = *pending->part;
  const OpId listing = part.listing;
  if (reply.error) {
    const OwnerSets sets = OwnerSets::of(turn.configuration, pending->placement);
    const bool all_tried = first_choice(sets, sets.owners, part.tried, false, turn) == 0;
    if (!all_tried) return ask_part(reply.op, turn);
    return end_listing(listing, ClientReply::failed(*std::move(reply.error)), turn);
  }
  part.done = true;
  part.keys = std::move(reply.keys);
  gather_parts(listing, turn);
}

// Takes the parts whose turn has come.
void Coordinator::gather_parts(OpId op, Turn& turn) {
  Pending& pending = *pending_.find(op);
  Listing& listing = *pending.listing;
  while (!listing.parts.empty() && pending_.find(listing.parts.front())->part->done) {
    Pending child = pending_.take(listing.parts.front());
    listing.parts.erase(listing.parts.begin());
    for (std::string& key : child.part->keys) {
      if (listing.keys.size() < pending.limit) listing.keys.push_back(std::move(key));
    }
    if (listing.keys.size() < pending.limit) continue;
    ClientReply full;
    full.next = page_end(child.placement.partition, listing.keys.back());
    return end_listing(op, std::move(full), turn);
  }
  if (listing.parts.empty() && listing.next_partition >= turn.configuration.ring_size) {
    return end_listing(op, ClientReply{}, turn);
  }
  list_ahead(op, {}, turn);
}

void Coordinator::end_listing(OpId op, ClientReply reply, Turn& turn) {
  Listing& listing = *pending_.find(op)->listing;
  for (const OpId part : listing.parts) pending_.take(part);
  if (reply.kind != ClientReply::Kind::kError) {
    reply.kind = ClientReply::Kind::kKeys;
    reply.items = std::move(listing.keys);
  }
  finish(op, std::move(reply), turn);
}

}  // namespace vordb::coordinator
