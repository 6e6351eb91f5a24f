// A copy of the source below build/known-bugs, in which one known bug at a time is put, built and
// taken out again. The source itself is not touched, nor what was built from it.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace vordb::server {

class MutantBuild {
 public:
  // `source`: the folder of a checkout; `jobs`: compilers at a time.
  MutantBuild(std::string source, uint32_t jobs);
  ~MutantBuild();
  MutantBuild(const MutantBuild&) = delete;
  MutantBuild& operator=(const MutantBuild&) = delete;

  // Copies the source as it is, builds it and keeps its program as whole(). Fails as well when
  // another one is at it in the same folder.
  absl::Status prepare();
  absl::Status apply(const std::string& patch);  // the path of a patch
  absl::Status build();
  absl::Status revert();

  const std::string& folder() const { return folder_; }  // for files that are made on the way
  std::string whole() const { return folder_ + "/vordb-sim"; }
  std::string mutant() const { return copy_ + "/build/release/bin/vordb-sim"; }
  std::string scenario(const std::string& name) const;

 private:
  absl::Status copy() const;

  std::string source_;
  std::string folder_;
  std::string copy_;
  uint32_t jobs_;
  int lock_ = -1;
};

}  // namespace vordb::server
