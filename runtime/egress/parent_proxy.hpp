// The proxy that the platform itself may sit behind (`egress.upstreamProxy`). Names are then
// resolved there: only the allowlist of names applies here, not the check of addresses.
#pragma once

#include "schema/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::egress {

struct parent_proxy {
  std::string host;
  std::uint16_t port = 0;
  std::string credentials;  ///< `user:password`; empty: none
};

/// `http://[user:password@]host:port`; percent-encoding in the password is undone. The message of
/// an error never quotes the text.
[[nodiscard]] result<parent_proxy> parse_parent_proxy(std::string_view url);

/// `Basic …`
[[nodiscard]] std::string basic_credentials(std::string_view user_and_password);

/// Undoes %XX; what is no escape stays.
[[nodiscard]] std::string percent_decoded(std::string_view text);

}  // namespace skein::egress
