// How VorDB sets RocksDB up, and why: each choice that differs from RocksDB's default has its
// reason beside it.
#pragma once

#include "io/rocks_store.h"

namespace rocksdb {
struct DBOptions;
struct ColumnFamilyOptions;
}  // namespace rocksdb

namespace vordb::io {

rocksdb::DBOptions database_options(const RocksStoreOptions& options);
rocksdb::ColumnFamilyOptions family_options(const RocksStoreOptions& options);

}  // namespace vordb::io
