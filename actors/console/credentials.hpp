// What an operator holds: one YAML file with the fleet's authority, a client certificate with its
// key, a token and where the fleet is. Not who is known to the fleet (operators.hpp).
#pragma once

#include "actors/console/pki.hpp"
#include "schema/error.hpp"

#include <filesystem>
#include <string>

namespace skein::console {

struct credentials {
  std::string server;  ///< HOST:PORT; may be empty
  std::string name;
  std::string token;
  std::string authority;  ///< PEM
  certified_key own;
};

[[nodiscard]] std::string to_yaml(const credentials& value);
/// `file` is for messages.
[[nodiscard]] result<credentials> credentials_of(const std::string& yaml, const std::string& file);
/// `refused` when others may read the file. Blocking.
[[nodiscard]] result<credentials> read_credentials(const std::filesystem::path& file);
/// `unauthorised` when the certificate is not valid now.
[[nodiscard]] result<> check_validity(const credentials& value, std::int64_t now_ms);

struct endpoint {
  std::string host;
  std::string port;
};
/// `host:port` or `[address]:port`.
[[nodiscard]] result<endpoint> parse_endpoint(const std::string& text);
[[nodiscard]] std::string to_string(const endpoint& value);

}  // namespace skein::console
