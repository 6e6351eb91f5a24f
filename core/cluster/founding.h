// The listed members found one cluster together, without a join. One node's part in it until it
// holds the founding entry: a value, without doors, that says what to send and what to make
// durable.
//
// The first member by id decides. Each of the others answers one disk of that member, durably and
// for ever, and takes an entry only if it is of that disk and names its own. The entry needs the
// answers of all: so no two disks of the first member, one of them lost, can found two clusters.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/cluster/configuration.h"
#include "core/env/random.h"
#include "core/fields.h"
#include "core/host_port.h"
#include "core/node_options.h"
#include "proto/peer.pb.h"

namespace vordb::cluster {

// The members that these settings list, by id: 1 to 9, with distinct names and addresses, of which
// this node is one. InvalidArgument says what is wrong.
absl::StatusOr<std::vector<Seed>> listed_members(const NodeOptions& options);

// The same list, as one text for all.
std::string members_text(const std::vector<Seed>& members);

// The configuration of a first start that founds a cluster of these members.
Configuration founding_entry(const NodeOptions& options, std::vector<Member> members,
                             Random& random);

// 128 random bits, and the number by which chain entries know that disk.
std::string draw_disk_id(Random& random);
uint64_t nonce_of(std::string_view disk_id);

// What is durable of a node's part.
struct FoundingRecord {
  std::string disk_id;
  std::string founder;                         // the disk of the first member that it answered
  std::shared_ptr<const Configuration> entry;  // of the first member itself
  VORDB_FIELDS(FoundingRecord, disk_id, founder, entry)
};

struct FoundingEffects {
  std::vector<std::pair<std::string, pb::ClusterMessage>> letters;  // by address
  bool record_changed = false;                  // must be made durable; then durable()
  std::shared_ptr<const Configuration> chosen;  // must be made durable, then used
  std::vector<std::string> warnings;
};

class Founding {
 public:
  Founding(const NodeOptions& options, FoundingRecord record);

  void tick(uint64_t now_us, Random& random, FoundingEffects& effects);
  void step(const pb::ClusterMessage& message, FoundingEffects& effects);
  // The last change of the record is on the disk.
  void durable(FoundingEffects& effects);

  const FoundingRecord& record() const { return record_; }
  std::string members_text() const { return cluster::members_text(members_); }

 private:
  struct Answer {
    std::string disk_id;
    std::string zone;
    Features features;
    VORDB_FIELDS(Answer, disk_id, zone, features)
  };

  bool decides() const { return members_.front().name == options_.node_id; }
  void receive_hello(const pb::FoundingHello& hello, FoundingEffects& effects);
  void receive_entry(const pb::FoundingEntry& entry, FoundingEffects& effects);
  void receive_stored(const pb::FoundingStored& stored);
  void decide(Random& random, FoundingEffects& effects);
  void send_hello(const std::string& address, FoundingEffects& effects) const;
  void send_entries(FoundingEffects& effects) const;
  void choose(FoundingEffects& effects) const;
  void warn_once(const std::string& text, FoundingEffects& effects);

  NodeOptions options_;
  std::vector<Seed> members_;  // by id
  std::string text_;           // what all must agree on
  FoundingRecord record_;
  bool writing_ = false;                   // record_ is not durable yet
  std::map<std::string, Answer> answers_;  // by id: who has answered this disk
  std::set<std::string> stored_;           // disks of other members that hold the entry
  std::set<std::string> refused_;          // ids, since the last hellos
  std::set<std::string> warned_;
  uint64_t again_us_ = 0;
  VORDB_FIELDS(Founding, options_, members_, text_, record_, writing_, answers_, stored_, refused_,
               warned_, again_us_)
};

// What a member of a cluster answers to one that still says hello: its configuration if it names
// that disk, else why it does not. `founder`: that this node's disk has answered.
pb::ClusterMessage answer_hello(const pb::FoundingHello& hello, const Configuration& current,
                                const std::string& founder, const std::string& reply_address);
pb::ClusterMessage founding_refusal(const pb::FoundingHello& hello, std::string why);

}  // namespace vordb::cluster
