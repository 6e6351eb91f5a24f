# Run after a test program is linked: asks it for its cases and writes one add_test for each to
# OUTPUT. Not doctest_discover_tests, because that one lets a case whose name doctest's own filter
# does not find pass as "0 of 0 succeeded", and keeps silent about names used twice.

cmake_minimum_required(VERSION 3.25)

execute_process(
  COMMAND "${PROGRAM}" --list-test-cases --no-colors=true
  WORKING_DIRECTORY "${WORKING_DIRECTORY}"
  OUTPUT_VARIABLE listing
  RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} could not list its cases: ${result}\n${listing}")
endif()

# These would be taken apart by CMake's lists; a test name can do without them.
if(listing MATCHES ";" OR listing MATCHES "\n[^\n]*[][]=*[][]")
  message(FATAL_ERROR "${PROGRAM}: no ; or [[ or ]] in the names of test cases:\n${listing}")
endif()
string(REGEX REPLACE "\\[doctest\\][^\n]*\n" "" listing "${listing}")
string(REGEX REPLACE "=====+\n" "" listing "${listing}")
string(REPLACE "[" "\\[" listing "${listing}")
string(REPLACE "]" "\\]" listing "${listing}")
string(REPLACE "\n" ";" names "${listing}")

set(script "")
set(seen "")
foreach(name IN LISTS names)
  string(REPLACE "\\[" "[" name "${name}")
  string(REPLACE "\\]" "]" name "${name}")
  if(name STREQUAL "")
    continue()
  endif()
  string(MD5 id "${name}")
  if(id IN_LIST seen)
    message(FATAL_ERROR "${PROGRAM}: two test cases are called '${name}'")
  endif()
  list(APPEND seen ${id})
  string(REPLACE "," "\\," filter "${name}")
  string(APPEND script
    "add_test([==[${FOLDER}: ${name}]==] [==[${PROGRAM}]==] [==[--test-case=${filter}]==])\n"
    "set_tests_properties([==[${FOLDER}: ${name}]==] PROPERTIES\n"
    "  LABELS ${FOLDER} WORKING_DIRECTORY [==[${WORKING_DIRECTORY}]==]\n"
    "  ENVIRONMENT [==[TSAN_OPTIONS=suppressions=${TSAN_SUPPRESSIONS}]==]\n"
    "  FAIL_REGULAR_EXPRESSION [==[test cases: +0 ]==])\n")
endforeach()
if(NOT seen)
  message(FATAL_ERROR "${PROGRAM} has no test cases:\n${listing}")
endif()
file(WRITE "${OUTPUT}" "${script}")
