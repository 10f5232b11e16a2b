// Which host:port pairs a run may reach: what a network grant comes down to. A pure value.
#pragma once

#include "runtime/egress/host_name.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::egress {

struct host_rule {
  std::string host;         ///< a name, or an address as it must be written
  bool subdomains = false;  ///< `*.host`: names below it, at any depth, and not `host` itself
  std::uint16_t port = 443;
  bool allow_private = false;  ///< it may resolve to a private address; only platform files say so
  bool tls = true;             ///< a tunnel to it must begin with TLS for this very host
  friend bool operator==(const host_rule&, const host_rule&) = default;
};

/// `host[:port]` or `*.suffix[:port]`; 443 when there is no port. A suffix has at least two labels:
/// `*.com` is nobody's host.
[[nodiscard]] result<host_rule> parse_rule(std::string_view text);
[[nodiscard]] std::string to_string(const host_rule& rule);

class allowlist {
 public:
  /// A rule for the same host and port replaces the earlier one.
  void add(host_rule rule);
  /// The exact rule, else the one with the longest suffix, else null.
  [[nodiscard]] const host_rule* find(const host_name& host, std::uint16_t port) const;
  [[nodiscard]] const std::vector<host_rule>& rules() const { return rules_; }

 private:
  std::vector<host_rule> rules_;
};

}  // namespace skein::egress
