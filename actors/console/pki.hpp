// The private certificate authority of one fleet: makes it, issues the server's and the operators'
// certificates, reads what a certificate says. ECDSA on P-256. Not a TLS connection (tls.hpp).
#pragma once

#include "schema/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace skein::console {

/// Both PEM.
struct certified_key {
  std::string certificate;
  std::string key;
};

enum class purpose { server, client };

struct certificate_facts {
  std::string subject;  ///< common name
  std::string sha256;   ///< of the DER, hexadecimal
  std::int64_t from_ms = 0;
  std::int64_t until_ms = 0;
};

using days = std::chrono::duration<int, std::ratio<86400>>;

[[nodiscard]] result<certified_key> make_authority(const std::string& name, std::int64_t now_ms,
                                                   days valid);
/// The names of a server are in its certificate for other clients; Skein's own trust the authority
/// alone, which issues for one fleet only.
[[nodiscard]] result<certified_key> issue(const certified_key& authority,
                                          const std::string& subject, purpose what_for,
                                          std::int64_t from_ms, std::int64_t until_ms);

/// `invalid` for text that holds no certificate.
[[nodiscard]] result<certificate_facts> read_certificate(const std::string& pem);

/// `bytes` random bytes, hexadecimal.
[[nodiscard]] std::string random_hex(std::size_t bytes);
/// SHA-256, hexadecimal.
[[nodiscard]] std::string sha256_hex(const std::string& text);

}  // namespace skein::console
