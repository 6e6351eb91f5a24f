#include "core/host_port.h"

#include <algorithm>
#include <charconv>

namespace vordb {
namespace {

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_name_char);
}

// As far as it can be told without the resolver; %eth0 names the interface of a link's address.
bool is_ipv6(std::string_view text) {
  const auto allowed = [](char c) { return is_name_char(c) || c == ':' || c == '%'; };
  return std::count(text.begin(), text.end(), ':') >= 2 &&
         std::all_of(text.begin(), text.end(), allowed);
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

bool in_brackets(std::string_view text) {
  return text.size() > 2 && text.starts_with('[') && text.ends_with(']');
}

}  // namespace

std::string format_address(std::string_view host, uint16_t port) {
  const bool brackets = host.find(':') != std::string_view::npos;
  std::string text = brackets ? "[" : "";
  text += host;
  text += brackets ? "]:" : ":";
  return text + std::to_string(port);
}

std::optional<HostPort> parse_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  const std::optional<uint16_t> port = parse_port(text.substr(colon + 1));
  const bool good = in_brackets(host) ? is_ipv6(without_brackets(host)) : is_name(host);
  if (!good || !port) return std::nullopt;
  return HostPort{std::string(without_brackets(host)), *port};
}

std::optional<Seed> parse_seed(std::string_view text) {
  Seed seed;
  const size_t at = text.find('@');
  if (at != std::string_view::npos) {
    seed.name = std::string(text.substr(0, at));
    if (!is_node_id(seed.name)) return std::nullopt;
    text.remove_prefix(at + 1);
  }
  std::optional<HostPort> address = parse_address(text);
  const bool portless = at != std::string_view::npos && (is_name(text) || in_brackets(text));
  if (!address && portless && is_host(text))
    address = HostPort{std::string(without_brackets(text)), kDefaultClusterPort};
  if (!address) return std::nullopt;
  seed.address = format_address(address->host, address->port);
  return seed;
}

std::optional<Seed> parse_initial_member(std::string_view text) {
  const size_t equals = std::min(text.find('='), text.size());
  const std::string_view name = text.substr(0, equals);
  if (equals == text.size() || !is_node_id(name)) return std::nullopt;
  const std::optional<HostPort> address = parse_address(text.substr(equals + 1));
  if (!address || is_every_address(address->host)) return std::nullopt;
  return Seed{std::string(name), format_address(address->host, address->port)};
}

std::string_view without_brackets(std::string_view host) {
  return in_brackets(host) ? host.substr(1, host.size() - 2) : host;
}

bool is_node_id(std::string_view text) { return is_name(text) && text.size() <= 64; }

bool is_host(std::string_view host) { return is_name(host) || is_ipv6(without_brackets(host)); }

bool is_every_address(std::string_view host) {
  // 0 and 0.0 are short for 0.0.0.0; :: has longer forms, and ::0.0.0.0.
  const auto nothing = [](char c) { return c == '0' || c == '.' || c == ':'; };
  host = without_brackets(host);
  return !host.empty() && std::all_of(host.begin(), host.end(), nothing);
}

}  // namespace vordb
