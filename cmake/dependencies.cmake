# Third-party packages, all from Debian 12 (`make deps` installs them). Nothing is downloaded or
# vendored at configure time.

find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(absl REQUIRED CONFIG)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS headers system CONFIG)
find_package(spdlog REQUIRED CONFIG)
find_package(fmt REQUIRED CONFIG)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(nlohmann_json REQUIRED CONFIG)
find_package(valijson REQUIRED CONFIG)
find_package(tomlplusplus REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(doctest REQUIRED CONFIG)
find_package(rapidcheck REQUIRED CONFIG)

# Debian ships no CMake package for xxHash and zstd, and RocksDB's looks for development files of
# libraries that the shared librocksdb brings along by itself; each is one header folder and one
# library.
function(vordb_import_library target header)
  string(MAKE_C_IDENTIFIER "VORDB_${target}" variable)
  find_path(${variable}_INCLUDE ${header} REQUIRED)
  find_library(${variable}_LIBRARY NAMES ${ARGN} REQUIRED)
  add_library(${target} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION "${${variable}_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${${variable}_INCLUDE}")
endfunction()

vordb_import_library(xxhash::xxhash xxhash.h xxhash)
vordb_import_library(zstd::zstd zstd.h zstd)
vordb_import_library(edit::edit editline/readline.h edit)
vordb_import_library(rocksdb::rocksdb rocksdb/db.h rocksdb)
