// Addresses and names of nodes as text: host:port, with an IPv6 address in brackets, [::1]:7001.
// What a node prints or tells its peers is read back by the same code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/fields.h"

namespace vordb {

// The port of other nodes where a seed names none.
inline constexpr uint16_t kDefaultClusterPort = 7001;

struct HostPort {
  std::string host;  // a name, an IPv4 or an IPv6 address; without brackets
  uint16_t port = 0;
  bool operator==(const HostPort&) const = default;
  VORDB_FIELDS(HostPort, host, port)
};

// A member to join through: host:port, or name@host with or without :port.
struct Seed {
  std::string name;     // empty: whoever is there
  std::string address;  // as format_address() writes it
  VORDB_FIELDS(Seed, name, address)
};

std::string format_address(std::string_view host, uint16_t port);
// Nothing: not host:port with a port of 1 to 65535. An IPv6 address must stand in brackets.
std::optional<HostPort> parse_address(std::string_view text);
std::optional<Seed> parse_seed(std::string_view text);
// A member that is to be, node_id=host:port.
std::optional<Seed> parse_initial_member(std::string_view text);

// Of a host that may stand in brackets as in an address.
std::string_view without_brackets(std::string_view host);
// 1 to 64 letters, digits, '.', '_' or '-'.
bool is_node_id(std::string_view text);
// A name or an address, without a port.
bool is_host(std::string_view host);
// Stands for every address of a machine, so that nobody can connect to it from elsewhere.
bool is_every_address(std::string_view host);

}  // namespace vordb
