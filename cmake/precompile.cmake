# Headers that half of a target's sources parse, precompiled: that is where two thirds of the time
# of a build from nothing go. Sources still include all they use: the clang build, and every build
# with ccache (which would find nothing again under a new precompiled header), go without.

if(VORDB_CCACHE OR CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
else()
  # Behind a precompiled header g++ 12 no longer knows whose header it warns about.
  target_compile_options(vordb_flags INTERFACE ${VORDB_WRONG_FLOW_WARNINGS})
endif()

set(VORDB_STANDARD_HEADERS <algorithm> <cstdint> <map> <memory> <optional> <set> <string>
    <string_view> <utility> <variant> <vector>)
set(VORDB_CORE_HEADERS ${VORDB_STANDARD_HEADERS} <absl/container/btree_map.h>
    <absl/container/btree_set.h> <absl/container/inlined_vector.h> <absl/status/statusor.h>
    <absl/strings/str_cat.h> <proto/peer.pb.h> <proto/storage.pb.h>)

set(VORDB_IO_HEADERS ${VORDB_CORE_HEADERS} <functional> <boost/asio.hpp> <nlohmann/json.hpp>
    <spdlog/spdlog.h>)
set(VORDB_SERVER_HEADERS ${VORDB_STANDARD_HEADERS} <functional> <fmt/format.h> <CLI/CLI.hpp>
    <nlohmann/json.hpp> <proto/client.pb.h>)
set(VORDB_TEST_HEADERS ${VORDB_CORE_HEADERS} <doctest/doctest.h> <nlohmann/json.hpp>
    <proto/client.pb.h>)
