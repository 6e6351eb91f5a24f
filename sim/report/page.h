// The page of a run: one HTML file that needs nothing else, no network either. Its parts are the
// files page.html, page.css and *.js beside this one, which the build puts into the program
// (cmake/embed.cmake).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace vordb::sim {

struct PageFile {
  std::string_view name;
  std::string_view text;
};

// In a source that the build writes.
std::span<const PageFile> page_files();

// `data`: see page_data(). The same data gives the same bytes.
std::string page_of(std::string_view data);

}  // namespace vordb::sim
