# Tests: all *_test.cc of a folder make one doctest program, <folder>_test, and each test case in it
# becomes a case of ctest, named "<folder>: <case>".

add_library(vordb_tests_main OBJECT cmake/tests_main.cc)
target_link_libraries(vordb_tests_main PUBLIC doctest::doctest)

# vordb_tests(<folder> PRIVATE <targets>...)
function(vordb_tests folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PRIVATE")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${folder}/*_test.cc")
  if(NOT sources)
    message(STATUS "${folder}: no tests yet")
    return()
  endif()
  set(program ${folder}_test)
  add_executable(${program} ${sources})
  target_link_libraries(${program} PRIVATE ${arg_PRIVATE} vordb_tests_main vordb_flags)
  target_precompile_headers(${program} PRIVATE ${VORDB_TEST_HEADERS})
  # The code under test is optimised as shipped; optimising the tests too would only cost build time.
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${program} PRIVATE -O0)
  endif()
  target_compile_definitions(${program} PRIVATE
    "VORDB_SOURCE_DIR=\"${CMAKE_SOURCE_DIR}\""
    "VORDB_BIN_DIR=\"${CMAKE_RUNTIME_OUTPUT_DIRECTORY}\""
    "VORDB_LIB_DIR=\"${CMAKE_BINARY_DIR}\"")
  if(VORDB_LTO)
    target_compile_definitions(${program} PRIVATE VORDB_LTO)
  endif()
  if(folder MATCHES "^(server|properties)$" AND VORDB_PROGRAMS)
    # They start the programs, so a build of the test alone must bring them.
    add_dependencies(${program} ${VORDB_PROGRAMS})
  endif()

  set(case_list "${CMAKE_BINARY_DIR}/${program}_cases.cmake")
  add_custom_command(TARGET ${program} POST_BUILD
    BYPRODUCTS "${case_list}"
    COMMAND "${CMAKE_COMMAND}" -D "FOLDER=${folder}" -D "PROGRAM=$<TARGET_FILE:${program}>"
            -D "OUTPUT=${case_list}" -D "WORKING_DIRECTORY=${CMAKE_SOURCE_DIR}"
            -D "TSAN_SUPPRESSIONS=${CMAKE_SOURCE_DIR}/cmake/tsan.supp"
            -P "${CMAKE_SOURCE_DIR}/cmake/list_test_cases.cmake"
    COMMENT "Listing the cases of ${program}"
    VERBATIM)
  # ctest reads the list when it starts; a program that was not built is a failing case.
  set(include_file "${CMAKE_BINARY_DIR}/${program}_include.cmake")
  file(WRITE "${include_file}"
    "if(EXISTS \"${case_list}\")\n  include(\"${case_list}\")\n"
    "else()\n  add_test(\"${folder}: not built\" ${program}_not_built)\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${include_file}")
endfunction()
