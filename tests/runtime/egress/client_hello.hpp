// Bytes of TLS ClientHellos, right and wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace skein::egress::testing {

inline std::string number(std::size_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift & 0xff));
  return out;
}

inline std::string vector_of(const std::string& content, int length_bytes) {
  return number(content.size(), length_bytes) + content;
}

inline std::string extension(std::uint16_t type, const std::string& content) {
  return number(type, 2) + vector_of(content, 2);
}

inline std::string server_name(const std::string& host) {
  return extension(0, vector_of(std::string(1, '\0') + vector_of(host, 2), 2));
}

/// A handshake message of `extensions`.
inline std::string hello_message(const std::string& extensions) {
  std::string body = "\x03\x03" + std::string(32, 'r') + vector_of(std::string(32, 's'), 1) +
                     vector_of("\x13\x01\x13\x02", 2) + vector_of(std::string(1, '\0'), 1) +
                     vector_of(extensions, 2);
  return std::string(1, '\x01') + vector_of(body, 3);
}

inline std::string record(const std::string& fragment) {
  return "\x16\x03\x01" + vector_of(fragment, 2);
}

inline std::string hello_for(const std::string& host) {
  return record(hello_message(extension(43, "\x02\x03\x04") + server_name(host) +
                              extension(16, vector_of(vector_of("http/1.1", 1), 2))));
}

/// The same in records of `size` bytes.
inline std::string hello_in_records(const std::string& host, std::size_t size) {
  const std::string message = hello_message(server_name(host));
  std::string out;
  for (std::size_t at = 0; at < message.size(); at += size) out += record(message.substr(at, size));
  return out;
}

}  // namespace skein::egress::testing
