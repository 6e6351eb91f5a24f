// Addresses as text: what is written is read back, IPv6 addresses in brackets included.
#include "core/host_port.h"

#include <doctest/doctest.h>

namespace vordb {
namespace {

TEST_CASE("address: written and read back") {
  CHECK(format_address("10.0.0.1", 7001) == "10.0.0.1:7001");
  CHECK(format_address("node-1.example", 1) == "node-1.example:1");
  CHECK(format_address("::1", 65535) == "[::1]:65535");
  for (const char* host : {"10.0.0.1", "host", "my_host.a-b", "::1", "::", "fe80::1%eth0",
                           "::ffff:10.0.0.1", "2001:db8::7"}) {
    CAPTURE(host);
    CHECK(is_host(host));
    CHECK(parse_address(format_address(host, 7001)) == HostPort{host, 7001});
  }
}

TEST_CASE("address: what is none is not taken") {
  for (const char* text :
       {"",           "host",        "host:",        ":7001",       "host:0",     "host:65536",
        "host:7001x", "host:-1",     "host:+1",      "a b:7001",    "host:70:01", "::1",
        "::1:7001",   "[::1]",       "[::1]:",       "[::1]:0",     "[::1:7001",  "::1]:7001",
        "[]:7001",    "[host]:7001", "[[::1]]:7001", "[::1]x:7001", "[1:2]:3",    "a/b:1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_address(text));
  }
}

TEST_CASE("seed: host and port, or name, host and perhaps a port") {
  CHECK(parse_seed("10.77.0.1:7002")->address == "10.77.0.1:7002");
  CHECK(parse_seed("my-host.a_b:1")->name.empty());
  CHECK(parse_seed("node1@localhost")->address == "localhost:7001");
  CHECK(parse_seed("node1@localhost")->name == "node1");
  CHECK(parse_seed("n@h:65535")->address == "h:65535");
  CHECK(parse_seed("[::1]:7001")->address == "[::1]:7001");
  CHECK(parse_seed("n@[fe80::2]:5")->address == "[fe80::2]:5");
  CHECK(parse_seed("n@[fe80::2]")->address == "[fe80::2]:7001");
  for (const char* text :
       {"",        "host",  "host:",    ":7001",      "host:0", "host:65536", "host:7001x",
        "host:-1", "@host", "name@",    "name@:7001", "a@b@c",  "a b:7001",   "host:70:01",
        "n 1@b",   "[::1]", "::1:7001", "n@::1",      "n@[]",   "n@h:",       "n@[::1]x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_seed(text));
  }
}

TEST_CASE("address: those that stand for every address of a machine") {
  for (const char* host : {"0.0.0.0", "0", "::", "::0", "0:0:0:0:0:0:0:0", "[::]"})
    CHECK(is_every_address(host));
  for (const char* host : {"127.0.0.1", "::1", "host", "10.0.0.0", "node0", ""})
    CHECK_FALSE(is_every_address(host));
}

}  // namespace
}  // namespace vordb
