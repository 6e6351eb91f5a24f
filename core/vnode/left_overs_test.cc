#include "core/vnode/left_overs.h"

#include <doctest/doctest.h>

using vordb::crdt::Dot;
using vordb::crdt::ReplicaId;
using vordb::crdt::VersionVector;
using vordb::vnode::LeftOvers;

namespace {

constexpr ReplicaId kA{1, 16, 1};
constexpr ReplicaId kB{2, 16, 1};

VersionVector vector(std::initializer_list<Dot> dots) {
  VersionVector made;
  for (const Dot& dot : dots) made.raise(dot);
  return made;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("left-overs: an entry is due once the base covers one of the dots that it waits for") {
  LeftOvers left;
  left.update("x", vector({{kA, 3}, {kB, 5}}));
  left.update("y", vector({{kA, 4}}));
  CHECK(left.covered(vector({{kA, 2}, {kB, 4}}), 10).empty());
  CHECK(left.covered(vector({{kA, 3}}), 10) == Names{"x"});
  CHECK(left.covered(vector({{kB, 9}}), 10) == Names{"x"});
  CHECK(left.covered(vector({{kA, 9}, {kB, 9}}), 10) == Names{"x", "y"});
}

TEST_CASE("left-overs: what is due stays due until it is updated, however often it is asked") {
  LeftOvers left;
  left.update("x", vector({{kA, 3}}));
  const VersionVector base = vector({{kA, 3}});
  CHECK(left.covered(base, 10) == Names{"x"});
  CHECK(left.covered(base, 10) == Names{"x"});
  left.update("x", {});
  CHECK(left.covered(base, 10).empty());
  CHECK(left.empty());
}

TEST_CASE("left-overs: at most so many are named at once, the others after them") {
  LeftOvers left;
  for (int i = 0; i < 300; ++i) left.update("e" + std::to_string(i), vector({{kA, 1}, {kB, 7}}));
  const VersionVector base = vector({{kA, 1}, {kB, 7}});
  size_t turns = 0;
  for (; !left.empty(); ++turns) {
    const Names names = left.covered(base, 256);
    REQUIRE(!names.empty());
    CHECK(names.size() <= 256);
    for (const std::string& name : names) left.update(name, {});
  }
  CHECK(turns == 2);
}

TEST_CASE("left-overs: the highest counter of each replica in any context") {
  LeftOvers left;
  CHECK(left.highest().empty());
  left.update("x", vector({{kA, 3}, {kB, 5}}));
  left.update("y", vector({{kA, 9}}));
  CHECK(left.highest() == vector({{kA, 9}, {kB, 5}}));
  left.update("y", vector({{kA, 1}}));
  CHECK(left.highest() == vector({{kA, 3}, {kB, 5}}));
  left.erase("x", "y");
  CHECK(left.highest() == vector({{kA, 1}}));
  CHECK(left.size() == 1);
  left.clear();
  CHECK(left == LeftOvers{});
}
