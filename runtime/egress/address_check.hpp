// Which addresses nothing in a cell may reach, whatever name led to them.
#pragma once

#include <boost/asio/ip/address.hpp>

namespace skein::egress {

/// Why `address` may not be reached ("loopback", "private", …); null when it may. IPv6 outside
/// 2000::/3 and every form that carries an IPv4 address in it (mapped, NAT64, 6to4, Teredo, ISATAP)
/// is refused. `allow_private`, of a host the platform's own configuration names, opens loopback,
/// private, unique-local and shared (CGNAT) addresses, and nothing else: not link-local, where
/// clouds keep the machine's credentials.
///
/// Source: IANA's special-purpose address registries. Ranges for documentation are not in the list:
/// nothing private is assigned to them.
[[nodiscard]] const char* refused_address(const boost::asio::ip::address& address,
                                          bool allow_private);

}  // namespace skein::egress
