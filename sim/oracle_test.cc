// Whole histories against the oracles: what a client may see passes, what it must not see is found,
// by the right property. No node is involved; each bad history stands for a bug that a node could
// have.
#include "sim/oracle.h"

#include <doctest/doctest.h>

#include "sim/error_oracle.h"

namespace vordb::sim {
namespace {

constexpr uint32_t kLww = 0, kSet = 1, kCounter = 2, kShort = 3, kShortSet = 4, kShortCounter = 5,
                   kChurn = 6;

Catalogue make_catalogue() {
  std::vector<BucketPlan> plans(7);
  plans[kLww].config.name = "lww";
  plans[kLww].is_default = true;
  plans[kLww].value_bytes_max = 50;
  plans[kSet].config = {"set", BucketType::kOrswot, 0, 3, 1, 1};
  plans[kSet].is_default = true;
  plans[kCounter].config = {"counter", BucketType::kPnCounter, 0, 3, 1, 1};
  plans[kCounter].is_default = true;
  plans[kShort].config = {"short", BucketType::kLww, 1, 3, 1, 1};
  plans[kShort].is_default = true;
  plans[kShortSet].config = {"short-set", BucketType::kOrswot, 1, 3, 1, 1};
  plans[kShortSet].is_default = true;
  plans[kShortCounter].config = {"short-counter", BucketType::kPnCounter, 1, 3, 1, 1};
  plans[kShortCounter].is_default = true;
  plans[kChurn].config = {"churn", BucketType::kLww, 0, 3, 1, 1};
  plans[kChurn].churns = true;
  for (BucketPlan& plan : plans) {
    plan.keys = 3;
    plan.elements = 6;
  }
  return Catalogue(plans);
}

// One client that plays calls one after the other (or leaves them open) and the clock that it does
// it by.
class History {
 public:
  History() : catalogue_(make_catalogue()), oracles_(catalogue_, findings_) {}

  Call begin(Operation operation, uint32_t bucket, uint32_t key = 0) {
    Call call;
    call.id = ++last_id_;
    call.operation = operation;
    call.bucket = bucket;
    call.key = key;
    call.span.begin = ++step_;
    call.now = {now_ms_, now_ms_};
    call.attempts = 1;
    if (operation == Operation::kSetAdd || operation == Operation::kSetRemove ||
        operation == Operation::kSetContains)
      call.elements = {1};
    return call;
  }

  Call open(Call call) {
    oracles_.began(call);
    return call;
  }

  void end(Call call, ClientReply reply, uint64_t timestamp_ms = 0) {
    call.span.end = ++step_;
    call.now.high_ms = now_ms_;
    reply.timestamp_ms = timestamp_ms == 0 ? now_ms_ : timestamp_ms;
    oracles_.answered(call, reply, causes_);
  }

  Call ok(Operation operation, uint32_t bucket, uint64_t timestamp_ms = 0) {
    Call call = open(begin(operation, bucket));
    end(call, {}, timestamp_ms);
    return call;
  }

  void get(uint32_t bucket, uint64_t writer) {
    ClientReply reply;
    reply.kind = ClientReply::Kind::kValue;
    reply.value = catalogue_.value_of(bucket, 0, writer);
    end(open(begin(Operation::kGet, bucket)), reply);
  }

  void nothing(Operation operation, uint32_t bucket) {
    ClientReply reply;
    reply.kind = ClientReply::Kind::kNotFound;
    end(open(begin(operation, bucket)), reply);
  }

  void members(uint32_t bucket, std::vector<std::string> items) {
    ClientReply reply;
    reply.kind = ClientReply::Kind::kMembers;
    reply.items = std::move(items);
    end(open(begin(Operation::kSetMembers, bucket)), reply);
  }

  void value(uint32_t bucket, int64_t shown) {
    ClientReply reply;
    reply.kind = ClientReply::Kind::kCounter;
    reply.counter = shown;
    end(open(begin(Operation::kCounterValue, bucket)), reply);
  }

  void refused(Call call, ErrorCode code) {
    end(call, ClientReply::failed({code, Outcome::kRejected, "no", ""}));
  }

  void crash() { oracles_.crashed(++step_); }
  void lose(const Call& call) { oracles_.lost_sight(call, ++step_); }
  void listed(Call call, const std::vector<std::string>& keys) {
    call.span.end = ++step_;
    call.now.high_ms = now_ms_;
    oracles_.listed(call, keys);
  }
  void pass_ms(uint64_t ms) { now_ms_ += ms; }

  bool clean() const { return findings_.clean(); }
  // Exactly this property is violated first.
  bool finds(Property property) const {
    return !clean() && findings_.violations()[0].property == property;
  }

  ErrorCauses causes_;
  Findings findings_;
  Catalogue catalogue_;
  Oracles oracles_;
  uint64_t now_ms_ = 1'000'000;

 private:
  uint64_t last_id_ = 0;
  Step step_ = 0;
};

const std::string kE1 = Catalogue::element_name(1);

TEST_CASE("oracles: an ordinary history passes and makes properties relevant") {
  History h;
  const Call put = h.ok(Operation::kPut, kLww);
  h.get(kLww, put.id);
  h.ok(Operation::kSetAdd, kSet);
  h.members(kSet, {kE1});
  h.ok(Operation::kCounterIncrement, kCounter);
  h.crash();
  h.get(kLww, put.id);
  h.members(kSet, {kE1});
  h.value(kCounter, 1);
  h.ok(Operation::kDelete, kLww);
  h.nothing(Operation::kGet, kLww);
  CHECK(h.clean());
  for (const Property property : {Property::kRegisterAckedSurvives, Property::kSetAckedSurvives,
                                  Property::kCounterAckedSurvives, Property::kRegisterDeletedStays})
    CHECK(h.findings_.count(property).relevant > 0);
}

TEST_CASE("oracles: bytes that no call wrote are found") {
  History h;
  const Call put = h.ok(Operation::kPut, kLww);
  ClientReply reply;
  reply.kind = ClientReply::Kind::kValue;
  reply.value = h.catalogue_.value_of(kLww, 0, put.id);
  reply.value.back() = char(reply.value.back() ^ 1);
  h.end(h.open(h.begin(Operation::kGet, kLww)), reply);
  CHECK(h.finds(Property::kRegisterValueWritten));
}

TEST_CASE("oracles: another key's value is found") {
  History h;
  const Call put = h.ok(Operation::kPut, kLww);
  ClientReply reply;
  reply.kind = ClientReply::Kind::kValue;
  reply.value = h.catalogue_.value_of(kLww, 1, put.id);
  h.end(h.open(h.begin(Operation::kGet, kLww)), reply);
  CHECK(h.finds(Property::kRegisterValueWritten));
}

TEST_CASE("oracles: a stale register is found") {
  History h;
  const Call old = h.ok(Operation::kPut, kLww);
  h.ok(Operation::kPut, kLww);
  h.get(kLww, old.id);
  CHECK(h.finds(Property::kRegisterNotStale));
}

TEST_CASE("oracles: a register that a crash took is found") {
  History h;
  h.ok(Operation::kPut, kLww);
  h.crash();
  h.nothing(Operation::kGet, kLww);
  CHECK(h.finds(Property::kRegisterAckedSurvives));
}

TEST_CASE("oracles: a deleted register that returns is found") {
  History h;
  const Call put = h.ok(Operation::kPut, kLww);
  h.ok(Operation::kDelete, kLww);
  h.get(kLww, put.id);
  CHECK(h.finds(Property::kRegisterDeletedStays));
}

TEST_CASE("oracles: an expired register that is shown is found, one that expires early too") {
  History late;
  const Call put = late.ok(Operation::kPut, kShort);
  late.pass_ms(1'002);
  late.get(kShort, put.id);
  CHECK(late.finds(Property::kRegisterExpiredHidden));
  History early;
  early.ok(Operation::kPut, kShort);
  early.pass_ms(500);
  early.nothing(Operation::kGet, kShort);
  CHECK(early.finds(Property::kRegisterNotStale));
  History right;
  right.ok(Operation::kPut, kShort);
  right.pass_ms(1'002);
  right.nothing(Operation::kGet, kShort);
  CHECK(right.clean());
}

TEST_CASE("oracles: a refused put that is read is found") {
  History h;
  const Call put = h.open(h.begin(Operation::kPut, kLww));
  h.causes_.no_space = true;
  h.refused(put, ErrorCode::kDiskFull);
  CHECK(h.clean());
  h.get(kLww, put.id);
  CHECK(h.finds(Property::kRegisterNotStale));
}

TEST_CASE("oracles: a put of unknown outcome may show or not, and settles") {
  for (const bool shows : {false, true}) {
    History h;
    const Call old = h.ok(Operation::kPut, kLww);
    const Call unknown = h.open(h.begin(Operation::kPut, kLww));
    h.crash();
    h.lose(unknown);
    h.get(kLww, shows ? unknown.id : old.id);
    CHECK(h.clean());
    CHECK(h.findings_.count(Property::kRegisterUnknownSettles).relevant > 0);
    h.get(kLww, shows ? old.id : unknown.id);
    CHECK(h.finds(Property::kRegisterNotStale));
  }
}

TEST_CASE("oracles: a member that nobody added, a lost one and a removed one are found") {
  History invented;
  invented.members(kSet, {kE1});
  CHECK(invented.finds(Property::kSetMemberAdded));
  History lost;
  lost.ok(Operation::kSetAdd, kSet);
  lost.nothing(Operation::kSetMembers, kSet);
  CHECK(lost.finds(Property::kSetAddNotLost));
  History returned;
  returned.ok(Operation::kSetAdd, kSet);
  returned.ok(Operation::kSetRemove, kSet);
  returned.members(kSet, {kE1});
  CHECK(returned.finds(Property::kSetRemovedStays));
  History crashed;
  crashed.ok(Operation::kSetAdd, kSet);
  crashed.crash();
  crashed.members(kSet, {});
  CHECK(crashed.finds(Property::kSetAckedSurvives));
}

TEST_CASE("oracles: a member that bears no name of ours, or two in the wrong order, are found") {
  History foreign;
  foreign.ok(Operation::kSetAdd, kSet);
  foreign.members(kSet, {"garbage"});
  CHECK(foreign.finds(Property::kSetMemberAdded));
  History disordered;
  Call add = disordered.begin(Operation::kSetAdd, kSet);
  add.elements = {1, 2};
  disordered.end(disordered.open(add), {});
  disordered.members(kSet, {Catalogue::element_name(2), kE1});
  CHECK(disordered.finds(Property::kSetPagesOrdered));
}

TEST_CASE("oracles: a remove with a context that takes a newer add is found") {
  History h;
  Call read = h.ok(Operation::kSetAdd, kSet);
  const Span origin{read.span.begin, read.span.begin + 1};
  h.ok(Operation::kSetAdd, kSet);
  Call remove = h.begin(Operation::kSetRemove, kSet);
  remove.context = "token";
  remove.context_origin = origin;
  h.end(h.open(remove), {});
  h.members(kSet, {});
  CHECK(h.finds(Property::kSetContextRemoves));
}

TEST_CASE("oracles: a remove with a context that takes what its read did not show is found") {
  for (const bool shown : {true, false}) {
    History h;
    Call read = h.begin(Operation::kSetMembers, kSet);
    const Call added = h.ok(Operation::kSetAdd, kSet);
    Call remove = h.begin(Operation::kSetRemove, kSet);
    remove.context = "token";
    remove.context_origin = {read.span.begin, added.span.end};
    remove.context_of_all = true;
    const std::vector<uint32_t> elements = shown ? remove.elements : std::vector<uint32_t>{};
    remove.context_shows = std::make_shared<const std::vector<uint32_t>>(elements);
    h.end(h.open(remove), {});
    h.members(kSet, {});
    CHECK((shown ? h.clean() : h.finds(Property::kSetContextRemoves)));
  }
}

TEST_CASE("oracles: an expired set that is shown, or that an add brings back, is found") {
  History shown;
  shown.ok(Operation::kSetAdd, kShortSet);
  shown.pass_ms(1'002);
  shown.members(kShortSet, {kE1});
  CHECK(shown.finds(Property::kSetExpiredHidden));
  History revived;
  revived.ok(Operation::kSetAdd, kShortSet);
  revived.pass_ms(1'002);
  Call add = revived.begin(Operation::kSetAdd, kShortSet);
  add.elements = {2};
  revived.end(revived.open(add), {});
  revived.members(kShortSet, {kE1, Catalogue::element_name(2)});
  CHECK(revived.finds(Property::kSetRemovedStays));
}

TEST_CASE("oracles: a counter that loses, doubles or keeps what was deleted is found") {
  History lost;
  lost.ok(Operation::kCounterIncrement, kCounter);
  lost.crash();
  lost.value(kCounter, 0);
  CHECK(lost.finds(Property::kCounterAckedSurvives));
  History doubled;
  doubled.ok(Operation::kCounterIncrement, kCounter);
  doubled.value(kCounter, 2);
  CHECK(doubled.finds(Property::kCounterExplained));
  History kept;
  kept.ok(Operation::kCounterIncrement, kCounter);
  kept.ok(Operation::kDelete, kCounter);
  kept.value(kCounter, 1);
  CHECK(kept.finds(Property::kCounterResetStays));
  History expired;
  expired.ok(Operation::kCounterIncrement, kShortCounter);
  expired.pass_ms(1'002);
  expired.ok(Operation::kCounterIncrement, kShortCounter);
  expired.value(kShortCounter, 2);
  CHECK_FALSE(expired.clean());
}

TEST_CASE("oracles: a repeated token that has a second effect or answer is found") {
  History doubled;
  Call add = doubled.begin(Operation::kCounterIncrement, kCounter);
  add.request_token = "t";
  add.crossed_crash = true;
  doubled.end(doubled.open(add), {});
  doubled.value(kCounter, 2);
  CHECK(doubled.finds(Property::kCounterExplained));
  History answers;
  ClientReply first, second;
  first.timestamp_ms = 5;
  second.timestamp_ms = 6;
  answers.oracles_.repeated(add, first, first);
  CHECK(answers.clean());
  answers.oracles_.repeated(add, first, second);
  CHECK(answers.finds(Property::kTokenOnce));
}

TEST_CASE("oracles: a timestamp that goes back is found") {
  History h;
  h.ok(Operation::kPut, kLww);
  h.crash();
  --h.now_ms_;
  h.ok(Operation::kPut, kLww);
  CHECK(h.finds(Property::kTimestampsRise));
}

TEST_CASE("oracles: buckets that vanish, return or show dropped data are found") {
  History vanished;
  vanished.ok(Operation::kCreateBucket, kChurn);
  vanished.refused(vanished.open(vanished.begin(Operation::kPut, kChurn)),
                   ErrorCode::kBucketNotFound);
  CHECK(vanished.finds(Property::kBucketPresence));
  History returned;
  returned.ok(Operation::kCreateBucket, kChurn);
  returned.ok(Operation::kDeleteBucket, kChurn);
  returned.ok(Operation::kPut, kChurn);
  CHECK(returned.finds(Property::kBucketPresence));
  History dropped;
  dropped.ok(Operation::kCreateBucket, kChurn);
  const Call put = dropped.ok(Operation::kPut, kChurn);
  dropped.ok(Operation::kDeleteBucket, kChurn);
  dropped.ok(Operation::kCreateBucket, kChurn);
  dropped.get(kChurn, put.id);
  CHECK(dropped.finds(Property::kRegisterDeletedStays));
  History twice;
  twice.ok(Operation::kCreateBucket, kChurn);
  twice.ok(Operation::kCreateBucket, kChurn);
  CHECK(twice.finds(Property::kBucketPresence));
}

TEST_CASE("oracles: a listing that leaves out, invents or doubles a key is found") {
  const std::string k0 = Catalogue::key_name(0), k1 = Catalogue::key_name(1);
  const auto list = [](History& h, std::vector<std::string> keys) {
    h.listed(h.open(h.begin(Operation::kListKeys, kLww)), keys);
  };
  for (const int kind : {0, 1, 2, 3}) {
    History h;
    h.ok(Operation::kPut, kLww);
    list(h, kind == 0   ? std::vector{k0}
            : kind == 1 ? std::vector<std::string>{}
            : kind == 2 ? std::vector{k0, k1}
                        : std::vector{k0, k0});
    CHECK((kind == 0 ? h.clean() : h.finds(Property::kKeysListed)));
  }
}

TEST_CASE("oracles: a key may be listed twice only where its bucket is created again in between") {
  for (const bool again : {false, true}) {
    History h;
    h.ok(Operation::kCreateBucket, kChurn);
    h.ok(Operation::kPut, kChurn);
    const Call list = h.open(h.begin(Operation::kListKeys, kChurn));
    if (again) {
      h.ok(Operation::kDeleteBucket, kChurn);
      h.ok(Operation::kCreateBucket, kChurn);
      h.ok(Operation::kPut, kChurn);
    }
    h.listed(list, {Catalogue::key_name(0), Catalogue::key_name(0)});
    CHECK((again ? h.clean() : h.finds(Property::kKeysListed)));
  }
}

TEST_CASE("oracles: a refusal without a cause is found") {
  for (const ErrorCode code : {ErrorCode::kCorrupt, ErrorCode::kDiskFull, ErrorCode::kUnavailable,
                               ErrorCode::kBadRequest, ErrorCode::kTooLarge}) {
    History h;
    h.refused(h.open(h.begin(Operation::kPut, kLww)), code);
    CHECK(h.finds(Property::kErrorsHaveCause));
  }
  History h;
  h.causes_.damaged = true;
  h.refused(h.open(h.begin(Operation::kPut, kLww)), ErrorCode::kCorrupt);
  CHECK(h.clean());
}

}  // namespace
}  // namespace vordb::sim
