#include "core/cluster/founding.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/big_endian.h"
#include "core/cluster/operations.h"

namespace vordb::cluster {

namespace {

constexpr size_t kListedMax = 9;
constexpr size_t kAddressBytesMax = 1024;
constexpr uint64_t kAgainUs = 300'000;
constexpr size_t kWarningsMax = 64;

// One line for each thing that must be equal.
std::string common_text(const NodeOptions& options, const std::vector<Seed>& members) {
  return absl::StrCat("initial_members = ", members_text(members),
                      "\nring_size = ", options.ring_size,
                      "\nreplication_n = ", int(options.replication_n),
                      "\ndefault_write_quorum = ", int(options.default_write_quorum),
                      "\ndefault_read_quorum = ", int(options.default_read_quorum),
                      "\ndefault_ttl_seconds = ", options.default_ttl_seconds);
}

// The first line that is another.
std::string difference(const std::string& name, const std::string& text,
                       const std::string& other_name, const std::string& other) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  const std::vector<std::string> others = absl::StrSplit(other, '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string theirs = i < others.size() ? others[i] : "nothing";
    if (lines[i] == theirs) continue;
    return absl::StrCat("founding: at ", name, " ", lines[i], ", at ", other_name, " ", theirs);
  }
  return absl::StrCat("founding: ", other_name, " names more than ", name, " knows of");
}

pb::ClusterMessage entry_message(const Configuration& configuration, const std::string& founder,
                                 const std::string& reply_address) {
  pb::ClusterMessage body;
  pb::FoundingEntry* entry = body.mutable_founding_entry();
  entry->set_founder(founder);
  to_pb(configuration, entry->mutable_configuration());
  entry->set_reply_address(reply_address);
  return body;
}

}  // namespace

absl::StatusOr<std::vector<Seed>> listed_members(const NodeOptions& options) {
  std::vector<Seed> members;
  bool named = false;
  for (const std::string& text : options.initial_members) {
    const std::optional<Seed> member = parse_initial_member(text);
    if (!member || member->address.size() > kAddressBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("holds \"", text,
                       "\": must be node_id=host:port of cluster ports, port 1 to 65535, an IPv6 "
                       "address in brackets"));
    }
    for (const Seed& other : members) {
      if (other.name == member->name || other.address == member->address) {
        return absl::InvalidArgumentError(absl::StrCat("names ", member->name, "=", member->address,
                                                       " and ", other.name, "=", other.address,
                                                       ": names and addresses must differ"));
      }
    }
    named |= member->name == options.node_id;
    members.push_back(*member);
  }
  if (members.size() > kListedMax) {
    return absl::InvalidArgumentError(absl::StrCat("must name at most ", kListedMax, " members"));
  }
  if (!named) {
    return absl::InvalidArgumentError(
        absl::StrCat("must name this node, ", options.node_id, ", too"));
  }
  if (!options.seed_nodes.empty()) {
    return absl::InvalidArgumentError(
        "and seed_nodes exclude one another: a node founds a cluster or joins one");
  }
  std::sort(members.begin(), members.end(),
            [](const Seed& a, const Seed& b) { return a.name < b.name; });
  return members;
}

std::string members_text(const std::vector<Seed>& members) {
  return absl::StrJoin(members, ",", [](std::string* out, const Seed& member) {
    absl::StrAppend(out, member.name, "=", member.address);
  });
}

Configuration founding_entry(const NodeOptions& options, std::vector<Member> members,
                             Random& random) {
  std::string cluster_id;
  append_big_endian(cluster_id, random.next());
  append_big_endian(cluster_id, random.next());
  BucketConfig defaults;
  defaults.ttl_seconds = options.default_ttl_seconds;
  defaults.replication_n = options.replication_n;
  defaults.write_quorum = options.default_write_quorum;
  defaults.read_quorum = options.default_read_quorum;
  return found_cluster(std::move(cluster_id), options.ring_size, std::move(members), defaults);
}

std::string draw_disk_id(Random& random) {
  std::string disk_id;
  append_big_endian(disk_id, random.next());
  append_big_endian(disk_id, random.next());
  return disk_id;
}

uint64_t nonce_of(std::string_view disk_id) {
  return read_big_endian<uint64_t>(disk_id.substr(0, sizeof(uint64_t))) | 1;
}

Founding::Founding(const NodeOptions& options, FoundingRecord record)
    : options_(options), record_(std::move(record)) {
  // Checked when the node started.
  members_ = *listed_members(options_);
  text_ = common_text(options_, members_);
  if (decides()) record_.founder = record_.disk_id;
}

void Founding::tick(uint64_t now_us, Random& random, FoundingEffects& effects) {
  if (decides() && !record_.entry) decide(random, effects);
  choose(effects);
  if (now_us < again_us_) return;
  again_us_ = now_us + kAgainUs + random.next() % kAgainUs;
  refused_.clear();
  if (record_.entry && !writing_) send_entries(effects);
  for (const Seed& member : members_) {
    if (member.name != options_.node_id) send_hello(member.address, effects);
  }
}

void Founding::step(const pb::ClusterMessage& message, FoundingEffects& effects) {
  if (message.has_founding_hello()) receive_hello(message.founding_hello(), effects);
  if (message.has_founding_entry()) receive_entry(message.founding_entry(), effects);
  if (message.has_founding_stored()) receive_stored(message.founding_stored());
  if (message.has_founding_refusal() && message.founding_refusal().disk_id() == record_.disk_id) {
    warn_once(message.founding_refusal().message(), effects);
  }
  choose(effects);
}

void Founding::durable(FoundingEffects& effects) {
  writing_ = false;
  if (!decides()) return send_hello(members_.front().address, effects);
  send_entries(effects);
  choose(effects);
}

// A majority holds it: another member than this one too, if there is one.
void Founding::choose(FoundingEffects& effects) const {
  if (!record_.entry || writing_) return;
  if ((1 + stored_.size()) * 2 > members_.size()) effects.chosen = record_.entry;
}

void Founding::receive_hello(const pb::FoundingHello& hello, FoundingEffects& effects) {
  const auto refuse = [&](std::string why) {
    warn_once(why, effects);
    if (!refused_.insert(hello.node_id()).second) return;
    effects.letters.emplace_back(hello.reply_address(), founding_refusal(hello, std::move(why)));
  };
  if (hello.text() != text_) {
    return refuse(difference(options_.node_id, text_, hello.node_id(), hello.text()));
  }
  if (hello.node_id() == options_.node_id) return;
  if (hello.node_id() != members_.front().name) {
    if (!decides() || writing_) return;
    if (record_.entry) {
      const Member* member = member_by_id(*record_.entry, hello.node_id());
      if (member->disk_id == hello.disk_id()) return;
      return refuse(absl::StrCat("founding: ", hello.node_id(),
                                 " is in the founding entry with another disk, which is lost: "
                                 "replace it once the cluster serves. If it never does, empty the "
                                 "data directories of all listed members and start them anew"));
    }
    answers_.erase(hello.node_id());
    if (hello.founder() == record_.disk_id) {
      answers_[hello.node_id()] =
          Answer{hello.disk_id(), hello.zone(),
                 Features(hello.features().begin(), hello.features().end())};
    }
    return;
  }
  if (record_.founder.empty()) {
    record_.founder = hello.disk_id();
    writing_ = effects.record_changed = true;
  } else if (record_.founder != hello.disk_id()) {
    refuse(absl::StrCat("founding: ", options_.node_id, " has answered another disk of ",
                        hello.node_id(),
                        ", which is lost. Unless a listed member serves, nothing was acknowledged: "
                        "empty the data directories of all listed members and start them anew"));
  } else if (!writing_) {
    send_hello(hello.reply_address(), effects);
  }
}

// All must have answered this disk: whoever has not may have answered, or hold, another.
void Founding::decide(Random& random, FoundingEffects& effects) {
  std::vector<Member> members;
  for (const Seed& listed : members_) {
    const bool own = listed.name == options_.node_id;
    const auto answer = answers_.find(listed.name);
    if (!own && answer == answers_.end()) return;
    Member member;
    member.node = NodeNumber(members.size() + 1);
    member.node_id = listed.name;
    member.address = listed.address;
    member.zone = own ? options_.zone : answer->second.zone;
    member.features = own ? options_.features : answer->second.features;
    member.disk_id = own ? record_.disk_id : answer->second.disk_id;
    member.nonce = nonce_of(member.disk_id);
    members.push_back(std::move(member));
  }
  record_.entry =
      std::make_shared<const Configuration>(founding_entry(options_, std::move(members), random));
  writing_ = effects.record_changed = true;
}

void Founding::receive_entry(const pb::FoundingEntry& entry, FoundingEffects& effects) {
  // The first member waits for word that others have stored its own.
  if (decides() || writing_) return;
  absl::StatusOr<Configuration> told = vordb::from_pb(entry.configuration());
  if (!told.ok() || told->ring_size != options_.ring_size) {
    return warn_once("founding: an ill-formed entry was refused", effects);
  }
  const Member* self = member_by_id(*told, options_.node_id);
  if (entry.founder() != record_.founder || !self || self->disk_id != record_.disk_id) {
    return warn_once("founding: an entry that is not for this disk was refused", effects);
  }
  effects.chosen = std::make_shared<const Configuration>(*std::move(told));
}

void Founding::receive_stored(const pb::FoundingStored& stored) {
  if (!record_.entry || stored.founder() != record_.disk_id) return;
  for (const Member& m : record_.entry->members) {
    if (m.disk_id == stored.disk_id() && m.disk_id != record_.disk_id) stored_.insert(m.disk_id);
  }
}

// The founder is named only once that is durable.
void Founding::send_hello(const std::string& address, FoundingEffects& effects) const {
  pb::ClusterMessage body;
  pb::FoundingHello* hello = body.mutable_founding_hello();
  hello->set_node_id(options_.node_id);
  hello->set_disk_id(record_.disk_id);
  hello->set_zone(options_.zone);
  if (!writing_) hello->set_founder(record_.founder);
  hello->set_text(text_);
  hello->set_reply_address(options_.address);
  hello->mutable_features()->Assign(options_.features.begin(), options_.features.end());
  effects.letters.emplace_back(address, std::move(body));
}

void Founding::send_entries(FoundingEffects& effects) const {
  for (const Member& m : record_.entry->members) {
    if (m.disk_id == record_.disk_id || stored_.contains(m.disk_id)) continue;
    effects.letters.emplace_back(m.address,
                                 entry_message(*record_.entry, record_.disk_id, options_.address));
  }
}

void Founding::warn_once(const std::string& text, FoundingEffects& effects) {
  if (warned_.size() < kWarningsMax && warned_.insert(text).second) {
    effects.warnings.push_back(text);
  }
}

pb::ClusterMessage answer_hello(const pb::FoundingHello& hello, const Configuration& current,
                                const std::string& founder, const std::string& reply_address) {
  for (const Member& m : current.members) {
    if (m.disk_id.empty() || m.disk_id != hello.disk_id()) continue;
    if (m.status == MemberStatus::kRemoved) {
      return founding_refusal(hello, absl::StrCat("founding: the cluster has removed this disk of ",
                                                  m.node_id, ": empty it, and join by seed_nodes"));
    }
    return entry_message(current, founder, reply_address);
  }
  if (member_by_id(current, hello.node_id())) {
    return founding_refusal(
        hello, absl::StrCat("founding: ", hello.node_id(),
                            " is a member with another disk, which is lost: replace it, or let "
                            "this node join by seed_nodes"));
  }
  return founding_refusal(hello,
                          absl::StrCat("founding: the cluster is there, and ", hello.node_id(),
                                       " is none of its members: let it join by seed_nodes"));
}

pb::ClusterMessage founding_refusal(const pb::FoundingHello& hello, std::string why) {
  pb::ClusterMessage body;
  body.mutable_founding_refusal()->set_disk_id(hello.disk_id());
  body.mutable_founding_refusal()->set_message(std::move(why));
  return body;
}

}  // namespace vordb::cluster
