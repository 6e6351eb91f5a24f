// Standard input, output and error of a program, as its caller left them.
#pragma once

namespace vordb::server {

// Of the three, puts those that are closed on /dev/null, turned round so that using them is an
// error. Otherwise the next file or connection that is opened would get the number, and what is
// meant for people would be written into it. Before anything is opened.
void hold_standard_files();

}  // namespace vordb::server
