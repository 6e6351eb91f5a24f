# Where a source file goes:
#
#   proto/*.proto              -> vordb_proto, included as "proto/x.pb.h"
#   core/ io/ sim/ **/*.cc     -> vordb_core, vordb_io, vordb_sim
#   server/<name>_main.cc      -> program <name> with - for _, e.g. vordb_cli_main.cc -> vordb-cli
#   server/common/**/*.cc      -> vordb_server_common: linked by every program; sees core only
#   server/sim/**/*.cc         -> vordb_server_sim: linked by vordb-sim only; sees sim, never io
#   other server/**/*.cc       -> vordb_server: linked by every program but vordb-sim; sees io
#   properties/**/*.cc         -> vordb_properties_support (helpers of the property suites)
#   any *_test.cc              -> the test program of its folder (cmake/tests.cmake)
#
# A folder without sources yet still gets its target, built from cmake/empty.cc.

# Sets `out` to the sources below `folder` (relative to the checkout) that are neither tests nor
# programs.
function(vordb_sources out folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${folder}/*.cc")
  list(FILTER sources EXCLUDE REGEX "_(test|main)\\.cc$")
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

function(vordb_static_library target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC")
  if(NOT arg_SOURCES)
    set(arg_SOURCES "${CMAKE_SOURCE_DIR}/cmake/empty.cc")
  endif()
  add_library(${target} STATIC ${arg_SOURCES})
  target_include_directories(${target} PUBLIC "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE vordb_flags)
endfunction()

# vordb_library(<folder> PUBLIC <targets>...): the library vordb_<folder>.
function(vordb_library folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PUBLIC")
  vordb_sources(sources ${folder})
  vordb_static_library(vordb_${folder} SOURCES ${sources} PUBLIC ${arg_PUBLIC})
endfunction()

function(vordb_proto_library)
  set(gen "${CMAKE_BINARY_DIR}/gen")
  file(MAKE_DIRECTORY "${gen}/proto")
  file(GLOB protos CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/proto/*.proto")
  set(generated)
  foreach(proto IN LISTS protos)
    get_filename_component(stem "${proto}" NAME_WE)
    set(outputs "${gen}/proto/${stem}.pb.cc" "${gen}/proto/${stem}.pb.h")
    # Each depends on all schema files: they import each other, and protoc takes milliseconds.
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND protobuf::protoc "--proto_path=${CMAKE_SOURCE_DIR}" "--cpp_out=${gen}" "${proto}"
      DEPENDS ${protos}
      COMMENT "protoc proto/${stem}.proto"
      VERBATIM)
    list(APPEND generated ${outputs})
  endforeach()
  if(NOT generated)
    set(generated "${CMAKE_SOURCE_DIR}/cmake/empty.cc")
  endif()
  add_library(vordb_proto STATIC ${generated})
  target_compile_options(vordb_proto PRIVATE -w)
  target_include_directories(vordb_proto SYSTEM PUBLIC "${gen}")
  target_link_libraries(vordb_proto PUBLIC protobuf::libprotobuf)
endfunction()

# The programs, and the libraries that hold the rest of server/ and of properties/.
function(vordb_server_programs)
  vordb_sources(sources server)
  set(common ${sources})
  list(FILTER common INCLUDE REGEX "/server/common/")
  set(sim ${sources})
  list(FILTER sim INCLUDE REGEX "/server/sim/")
  set(server ${sources})
  list(FILTER server EXCLUDE REGEX "/server/(common|sim)/")

  vordb_static_library(vordb_server_common SOURCES ${common} PUBLIC vordb_core CLI11::CLI11)
  vordb_static_library(vordb_server SOURCES ${server}
    PUBLIC vordb_server_common vordb_io tomlplusplus::tomlplusplus)
  vordb_static_library(vordb_server_sim SOURCES ${sim}
    PUBLIC vordb_server_common vordb_sim edit::edit)

  vordb_sources(support properties)
  vordb_static_library(vordb_properties_support SOURCES ${support} PUBLIC vordb_io vordb_sim)

  file(GLOB mains CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/server/*_main.cc")
  set(programs)
  foreach(main IN LISTS mains)
    get_filename_component(name "${main}" NAME_WE)
    string(REGEX REPLACE "_main$" "" name "${name}")
    string(REPLACE "_" "-" name "${name}")
    # Mind the dash: the target vordb-sim is the program, vordb_sim the library.
    add_executable(${name} "${main}")
    if(name STREQUAL "vordb-sim")
      target_link_libraries(${name} PRIVATE vordb_server_sim vordb_flags)
    else()
      target_link_libraries(${name} PRIVATE vordb_server vordb_flags)
    endif()
    list(APPEND programs ${name})
  endforeach()
  # A node allocates for each request and frees much later on another thread; sanitizers bring an allocator of their own.
  if(TARGET vordb AND NOT VORDB_SANITIZE)
    find_library(VORDB_JEMALLOC jemalloc REQUIRED)
    target_link_libraries(vordb PRIVATE "${VORDB_JEMALLOC}")
  endif()
  set(VORDB_PROGRAMS ${programs} PARENT_SCOPE)
endfunction()
