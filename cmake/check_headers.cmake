# Target check_headers: each header compiled alone (and twice, for its #pragma once), so that no
# file depends on what its includer happened to include before. Not part of the default build;
# `make lint` and `make nightly` run it. -fsyntax-only would leave no object for ninja and ccache to
# remember, and costs as much as -O0 on headers.

add_custom_target(check_headers)

# vordb_check_headers(<folder> <targets that bring its include paths>...)
function(vordb_check_headers folder)
  file(GLOB_RECURSE headers RELATIVE "${CMAKE_SOURCE_DIR}" CONFIGURE_DEPENDS
       "${CMAKE_SOURCE_DIR}/${folder}/*.h")
  if(NOT headers)
    return()
  endif()
  set(units)
  foreach(header IN LISTS headers)
    set(unit "${CMAKE_BINARY_DIR}/check_headers/${header}.cc")
    file(CONFIGURE OUTPUT "${unit}" CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
    list(APPEND units "${unit}")
  endforeach()
  add_library(check_headers_${folder} OBJECT EXCLUDE_FROM_ALL ${units})
  target_compile_options(check_headers_${folder} PRIVATE -O0 -g0)
  target_link_libraries(check_headers_${folder} PRIVATE ${ARGN} doctest::doctest vordb_flags)
  add_dependencies(check_headers check_headers_${folder})
endfunction()
