// `vordb-sim shrink`: the record of a run that fails, made smaller.
#pragma once

#include <cstdint>
#include <string>

namespace vordb::server {

struct ShrinkCommand {
  std::string record;
  std::string out;  // the file that gets the smaller record
  uint64_t seconds = 60;
  bool json = false;
};

// The exit code.
int shrink(const ShrinkCommand& command);

}  // namespace vordb::server
