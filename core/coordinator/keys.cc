// The keys of a bucket, in partition order: one partition after the other is asked until the page
// is full. A page ends with where the next begins: four hexadecimal digits of the partition, a
// colon, and the last key.
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

void Coordinator::list_keys(ClientRequest request, Context& context) {
  const Bucket* bucket = context.configuration.bucket(std::string_view(request.bucket));
  if (!bucket) {
    return refuse(request, ErrorCode::kBucketNotFound, "no bucket has this name",
                  "create it with POST /buckets", context);
  }
  Pending pending;
  std::string after;
  if (!request.after.empty() && (!parse_page_end(request.after, &pending.partition, &after) ||
                                 pending.partition >= context.configuration.ring_size)) {
    return refuse(request, ErrorCode::kBadRequest, "`after` is none that a page has given",
                  "give back the `next` of the page before unchanged", context);
  }
  if (request.limit > kLargestPage) {
    return refuse(request, ErrorCode::kBadRequest, "`limit` is too large", "1 to 10000", context);
  }
  pending.client = request.client;
  pending.operation = Operation::kListKeys;
  pending.deadline_us =
      context.env.clock.monotonic_us() + context.options.read_quorum_timeout_ms * 1000;
  pending.limit = request.limit == 0 ? kDefaultPage : request.limit;
  pending.bucket = bucket->id;
  pending.replication_n = bucket->config.replication_n;
  pending.now_ms = hlc_.tick(context.env.clock.wall_ms()).ms();
  list_next(pending_.insert(std::move(pending)), std::move(after), context);
}

void Coordinator::list_next(OpId op, std::string after, Context& context) {
  const Pending& pending = *pending_.find(op);
  KeyList list;
  list.op = op;
  list.shard = shard_;
  list.placement = {pending.replication_n, uint16_t(pending.partition)};
  list.bucket = pending.bucket;
  list.after = std::move(after);
  list.limit = pending.limit - uint32_t(pending.keys.size());
  list.now_ms = pending.now_ms;
  context.outbox.push_back(
      Envelope{ActorId{ActorKind::kVnode, 0, list.placement}, std::move(list)});
}

void Coordinator::step(KeyListReply reply, Context& context) {
  Pending* pending = pending_.find(reply.op);
  if (!pending) return;
  for (std::string& key : reply.keys) pending->keys.push_back(std::move(key));
  const bool full = pending->keys.size() >= pending->limit;
  const bool at_end = pending->partition + 1 == context.configuration.ring_size;
  if (!reply.error && !full && !at_end) {
    ++pending->partition;
    return list_next(reply.op, {}, context);
  }
  Pending done = pending_.take(reply.op);
  ClientReply out;
  if (reply.error) {
    out = ClientReply::failed(*std::move(reply.error));
  } else {
    out.kind = ClientReply::Kind::kKeys;
    if (full) out.next = page_end(done.partition, done.keys.back());
    out.items = std::move(done.keys);
  }
  out.operation = Operation::kListKeys;
  answer(done.client, std::move(out), context);
}

}  // namespace vordb::coordinator
