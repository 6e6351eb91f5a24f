// The dot log (DATA.md rule 15): it holds what some owner may still ask for, and nothing else.
#include <doctest/doctest.h>

#include <string>

#include "sim/vnode_lab.h"

using vordb::sim::VnodeLab;

namespace {

constexpr int kMany = 1000;  // several pages of the walk that forgets

void add_many(VnodeLab& lab, uint32_t node) {
  for (int i = 0; i < kMany; ++i) lab.add(node, "s" + std::to_string(i % 7), {std::to_string(i)});
  lab.settle(node);
}

}  // namespace

TEST_CASE("dot log: what every owner has is forgotten, however much it is") {
  VnodeLab lab(3);
  lab.quiesce();
  add_many(lab, 1);
  CHECK(lab.logged_dots(1) == kMany);
  lab.deliver_all();
  lab.quiesce();
  for (const uint32_t node : {1, 2, 3}) CHECK(lab.logged_dots(node) == 0);
}

TEST_CASE("dot log: nothing is forgotten that one owner lacks, and all of it once it has come") {
  VnodeLab lab(3);
  lab.quiesce();
  const auto lose_those_of_3 = [&] {
    std::erase_if(lab.packets, [](const VnodeLab::Packet& p) { return p.from == 3 || p.to == 3; });
  };
  add_many(lab, 1);
  for (int round = 0; round < 4; ++round) {
    lose_those_of_3();
    lab.deliver_all();
    for (const uint32_t node : {1, 2}) {
      lab.tick(node);
      lab.settle(node);
    }
  }
  lab.lose_all();
  for (const uint32_t node : {1, 2}) CHECK(lab.logged_dots(node) == kMany);
  lab.quiesce(12);
  for (const uint32_t node : {1, 2, 3}) CHECK(lab.logged_dots(node) == 0);
  CHECK(lab.difference() == "");
}
