// Hosts and ports as a client writes them, in one form that everything else compares. Not
// resolution: see dial.
#pragma once

#include "schema/error.hpp"

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein::egress {

struct host_name {
  std::string text;  ///< lower case, no trailing dot, no brackets; of a literal as it was written
  /// Set when the text stands for an address in any form a resolver takes: dotted, short, octal,
  /// hexadecimal, one number, IPv6.
  std::optional<boost::asio::ip::address> literal;
};

/// A name of letters, digits and hyphens, or an address. `invalid` for anything else: other
/// alphabets, zone ids, names that end in a number without being an address.
[[nodiscard]] result<host_name> parse_host(std::string_view text);

struct authority {
  host_name host;
  std::uint16_t port = 0;
};

/// `host[:port]` or `[ipv6][:port]`; without a port `default_port`, or `invalid` when that is 0.
[[nodiscard]] result<authority> parse_authority(std::string_view text, std::uint16_t default_port);

[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace skein::egress
