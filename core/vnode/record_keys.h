// Where each record lies. A key is: placement (n, partition), table, and within the entries bucket
// id, length-prefixed key and raw subkey, so that one key's entries, one bucket's keys and one
// vnode's records each are one range.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/crdt/dot.h"
#include "core/crdt/hlc.h"
#include "core/ids.h"

namespace vordb::vnode {

enum class Table : char {
  kEntries = 'e',    // bucket, key, subkey -> Entry
  kDots = 'd',       // dot -> DotRecord
  kTouched = 't',    // bucket, key, subkey, dot -> nothing: the dots of an entry that the log still
                     // holds (rule 3)
  kPurges = 'p',     // bucket, key, dot -> nothing: the purges of a key that the log still holds
  kLeftOvers = 'x',  // bucket, key, subkey -> nothing: entries with a context left over (rule 6)
  kDue = 'g',  // time, bucket, key, subkey -> nothing: entries that the sweep looks at once that
               // time is stable
  kAnswers = 'a',  // request token -> AnsweredRequest
};

// Records in the meta family.
std::string node_record_key();
std::string configuration_record_key();
std::string acceptor_record_key();
std::string vnode_state_key(PlacementId id);
// A row of a vnode's clock: it comes right behind the vnode's record.
std::string clock_row_key(PlacementId id, const crdt::ReplicaId& replica);
// Of either. False: the key is neither.
bool parse_stored_key(std::string_view key, PlacementId* id);
std::string vnode_states_begin();
std::string vnode_states_end();
std::string ceiling_key(uint16_t shard);
std::string ceilings_begin();
std::string ceilings_end();

// The first bytes of every record of one table of a vnode, and the first key after the table.
std::string table_begin(PlacementId id, Table table);
std::string table_end(PlacementId id, Table table);
// The key of the record of this name in a table.
std::string record_key(PlacementId id, Table table, std::string_view name);

// The part of an entry's key after placement and table: bucket, key, subkey. Its order is the order
// of the records.
std::string entry_name(BucketId bucket, std::string_view key, std::string_view subkey);
// The names of one key's entries lie in [key_begin, key_end); those of one bucket in [bucket_begin,
// bucket_end).
std::string key_begin(BucketId bucket, std::string_view key);
std::string key_end(BucketId bucket, std::string_view key);
std::string bucket_begin(BucketId bucket);
std::string bucket_end(BucketId bucket);

// The smallest string above all strings that begin with `prefix`; empty when there is none.
std::string prefix_end(std::string prefix);

struct EntryName {
  BucketId bucket = 0;
  std::string_view key;
  std::string_view subkey;
};
// False when the bytes are no entry name.
bool parse_entry_name(std::string_view name, EntryName* parsed);

std::string dot_name(const crdt::Dot& dot);
bool parse_dot_name(std::string_view name, crdt::Dot* dot);
inline constexpr size_t kDotNameBytes = 4 + 8 + 8 + 8;

// The dots that the log holds of one entry lie under this prefix, each as a dot name.
std::string touched_prefix(BucketId bucket, std::string_view key, std::string_view subkey);

std::string due_name(Hlc when, std::string_view entry);
inline constexpr size_t kDueTimeBytes = 8;
inline constexpr size_t kTablePrefixBytes = 1 + 2 + 1;

}  // namespace vordb::vnode
