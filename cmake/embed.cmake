# Files that a program carries inside: a C++ source made of what they hold. It is written anew when
# one of them changes, and is the same wherever it is built.
#
#   vordb_embed_page(<target> <folder>)   adds folder's page.html, *.css and *.js to the target, as
#                                         page_files() of sim/report/page.h
#   vordb_embed_schema(<target> <file>)   adds the file, as schema_text() of sim/scenario_schema.h
#
# Run as a script it writes the source: -D OUTPUT=... with -D FOLDER=... -D NAMES=a,b, or with
# -D SCHEMA=...

if(CMAKE_SCRIPT_MODE_FILE)
  if(SCHEMA)
    file(READ "${SCHEMA}" text)
    string(CONCAT source "// Written by cmake/embed.cmake.\n#include \"sim/scenario_schema.h\"\n\n"
      "namespace vordb::sim {\n\nstd::string_view schema_text() {\n"
      "  return R\"schema_file(${text})schema_file\";\n}\n\n}  // namespace vordb::sim\n")
    file(WRITE "${OUTPUT}" "${source}")
    return()
  endif()
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

function(vordb_embed_schema target file)
  set(output "${CMAKE_BINARY_DIR}/gen/${file}.cc")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" -D "SCHEMA=${CMAKE_SOURCE_DIR}/${file}" -D "OUTPUT=${output}"
            -P "${CMAKE_SOURCE_DIR}/cmake/embed.cmake"
    DEPENDS "${CMAKE_SOURCE_DIR}/${file}" "${CMAKE_SOURCE_DIR}/cmake/embed.cmake"
    COMMENT "Embedding ${file}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()
