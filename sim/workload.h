// What clients ask: random calls over a catalogue, most of them on few hot keys so that they meet,
// some on cold ones. What a client asks is drawn from the choices that it brings.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/fields.h"
#include "sim/call.h"
#include "sim/catalogue.h"
#include "sim/chooser.h"

namespace vordb::sim {

struct WorkloadPlan {
  std::vector<BucketPlan> buckets;
  std::array<uint32_t, kOperations>
      weights{};  // by Operation; of the operations that a bucket's type has
  uint32_t clients = 8;
  uint32_t think_us_max = 2000;        // between two calls of one client
  uint32_t hot_per_million = 800'000;  // calls that go to the first hot_keys of a bucket
  uint32_t hot_keys = 3;
  uint32_t token_per_million = 300'000;    // mutations that carry a request token
  uint32_t context_per_million = 200'000;  // calls that give a causal token back, when there is one
  uint32_t quorum_per_million = 10'000;    // calls that ask for more replicas than a node alone has
  uint32_t abandon_per_million = 5'000;    // calls whose client hangs up before the answer
  uint32_t pipeline_per_million = 100'000;  // calls whose client asks again before the answer
  uint32_t repeat_per_million = 50'000;  // acknowledged calls with a token that are sent once more
  uint64_t patience_ms = 13'000;         // an answer that takes longer is a violation
  // Of a cluster: clients that stay with their node, calls of others that go to another node for no
  // reason, calls whose client does not wait longer than timeout_ms.
  uint32_t sticky_per_million = 400'000;
  uint32_t switch_per_million = 100'000;
  uint32_t impatient_per_million = 100'000;
  uint64_t timeout_ms = 1'000;
  VORDB_FIELDS(WorkloadPlan, buckets, weights, clients, think_us_max, hot_per_million, hot_keys,
               token_per_million, context_per_million, quorum_per_million, abandon_per_million,
               pipeline_per_million, repeat_per_million, patience_ms, sticky_per_million,
               switch_per_million, impatient_per_million, timeout_ms)
};

class Workload {
 public:
  Workload(const WorkloadPlan& plan, const Catalogue& catalogue);

  // A call of a client that may do anything. Its id, client, span and context are left to the
  // client.
  Call next(const Choices& choices) const;
  // One to send right behind `first`, mostly on the same key.
  Call next_after(const Call& first, const Choices& choices) const;

  // Reads that together show everything, through each of these nodes: the audit at the end of a
  // run.
  std::vector<Call> audit(const std::vector<uint32_t>& nodes) const;

 private:
  void pick_rest(Call& call, const Choices& choices) const;
  Operation pick_operation(const BucketPlan& plan, const Choices& choices) const;
  uint32_t pick_key(const BucketPlan& plan, const Choices& choices) const;
  void pick_elements(Call& call, const BucketPlan& plan, const Choices& choices) const;

  const WorkloadPlan& plan_;
  const Catalogue& catalogue_;
};

}  // namespace vordb::sim
