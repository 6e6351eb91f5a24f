# Compiler, linker and cache settings. Everything that is ours links `vordb_flags`; generated code
# and third-party targets do not, so -Werror never meets code that we cannot change.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

# NDEBUG only switches off assertions inside other people's headers (Abseil, Protocol Buffers); our
# own do not look at it and stay on in every build. No -march: a binary runs on any x86-64, and the
# simulator replays a trace on any of them.
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1")

set(VORDB_SANITIZE "" CACHE STRING "Value of -fsanitize=, for the presets asan and tsan")
option(VORDB_LTO "Link-time optimisation (preset release-lto)" OFF)

add_library(vordb_flags INTERFACE)
# -Wmissing-field-initializers objects to {.a = 1}, where leaving out the rest is the point.
target_compile_options(vordb_flags INTERFACE -Wall -Wextra -Werror -Wno-missing-field-initializers
                       -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 at -O3 warns falsely on `"x" + std::string` (GCC bug 105651) and on copies of an empty
  # std::optional (GCC bug 80635). clang's analyzer, in `make lint`, looks for the true ones.
  target_compile_options(vordb_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
  if(VORDB_SANITIZE MATCHES thread)
    # Asio's reference counts use fences, which g++'s ThreadSanitizer does not see; it only says so.
    target_compile_options(vordb_flags INTERFACE -Wno-tsan)
  endif()
endif()

if(VORDB_SANITIZE)
  # Global, not in vordb_flags: a program where only half of the objects know ASan's container
  # annotations reports errors that are none.
  add_compile_options(-fsanitize=${VORDB_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${VORDB_SANITIZE})
endif()

# The flow warnings of g++ 12 are wrong more often where they see through more calls, at link time,
# and behind precompiled headers. The same code passes them without either.
set(VORDB_WRONG_FLOW_WARNINGS -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread
    -Wno-array-bounds -Wno-maybe-uninitialized -Wno-alloc-size-larger-than)

if(VORDB_LTO)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_link_options(${VORDB_WRONG_FLOW_WARNINGS})
  endif()
endif()

# lld links our static libraries several times faster than GNU ld; g++'s LTO plugin needs GNU ld.
find_program(VORDB_LLD NAMES ld.lld ld.lld-14)
if(VORDB_LLD AND NOT (VORDB_LTO AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU"))
  add_link_options(-fuse-ld=lld)
endif()

# ccache sees paths relative to the checkout and ignores the working directory, so that two clones
# or two build directories share their objects.
find_program(VORDB_CCACHE ccache)
if(VORDB_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      "${VORDB_CCACHE}")
endif()
