# Files that a program carries inside: a C++ source made of the page's parts. It is written anew
# when one of them changes, and is the same wherever it is built.
#
#   vordb_embed_page(<target> <folder>)   adds folder's page.html, *.css and *.js to the target
#
# Run as a script it writes the source: -D FOLDER=... -D OUTPUT=... -D NAMES=a,b

if(CMAKE_SCRIPT_MODE_FILE)
  string(REPLACE "," ";" names "${NAMES}")
  set(source "// Written by cmake/embed.cmake.\n#include \"sim/report/page.h\"\n\n"
    "namespace vordb::sim {\n\nstd::span<const PageFile> page_files() {\n"
    "  static constexpr PageFile kFiles[] = {\n")
  list(JOIN source "" source)
  foreach(name IN LISTS names)
    file(READ "${FOLDER}/${name}" text)
    string(APPEND source "{\"${name}\", R\"page_file(${text})page_file\"},\n")
  endforeach()
  string(APPEND source "  };\n  return kFiles;\n}\n\n}  // namespace vordb::sim\n")
  file(WRITE "${OUTPUT}" "${source}")
  return()
endif()

function(vordb_embed_page target folder)
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${folder}/*.html"
       "${CMAKE_SOURCE_DIR}/${folder}/*.css" "${CMAKE_SOURCE_DIR}/${folder}/*.js")
  set(names)
  foreach(file IN LISTS files)
    get_filename_component(name "${file}" NAME)
    list(APPEND names "${name}")
  endforeach()
  string(REPLACE ";" "," names "${names}")
  set(output "${CMAKE_BINARY_DIR}/gen/${folder}/page_files.cc")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" -D "FOLDER=${CMAKE_SOURCE_DIR}/${folder}" -D "OUTPUT=${output}"
            -D "NAMES=${names}" -P "${CMAKE_SOURCE_DIR}/cmake/embed.cmake"
    DEPENDS ${files} "${CMAKE_SOURCE_DIR}/cmake/embed.cmake"
    COMMENT "Embedding ${folder}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()
