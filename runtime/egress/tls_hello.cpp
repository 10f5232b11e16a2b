// RFC 8446 §4.1.2 and §5.1, RFC 6066 §3.
#include "runtime/egress/tls_hello.hpp"

#include <cstdint>
#include <optional>
#include <set>

namespace skein::egress {
namespace {

constexpr std::size_t most_record = 16384;
constexpr std::uint16_t extension_server_name = 0;
constexpr std::uint16_t extension_encrypted_hello = 0xfe0d;
constexpr std::uint16_t extension_encrypted_name = 0xffce;

/// Takes big-endian fields off the front; once something is missing, everything is.
class cursor {
 public:
  explicit cursor(std::string_view bytes) : rest_(bytes) {}

  std::uint32_t number(std::size_t bytes) {
    std::uint32_t value = 0;
    for (const char c : take(bytes)) value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
  }
  std::string_view take(std::size_t bytes) {
    if (bytes > rest_.size()) {
      broken_ = true;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }
  /// A vector with a length of `bytes` bytes before it.
  std::string_view vector(std::size_t bytes) { return take(number(bytes)); }
  [[nodiscard]] bool broken() const { return broken_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool broken_ = false;
};

hello_verdict refused(const char* problem) {
  hello_verdict out;
  out.what = hello_verdict::kind::refused;
  out.problem = problem;
  return out;
}

/// The host name of a server_name extension; nullopt when it is not exactly one.
std::optional<std::string> read_server_name(std::string_view body) {
  cursor extension(body);
  cursor names(extension.vector(2));
  const std::uint32_t type = names.number(1);
  const std::string_view name = names.vector(2);
  if (extension.broken() || !extension.at_end() || names.broken() || !names.at_end() || type != 0 ||
      name.empty())
    return std::nullopt;
  return std::string(name);
}

hello_verdict read_hello(std::string_view body) {
  cursor hello(body);
  hello.take(2 + 32);  // version and random
  hello.vector(1);     // session
  hello.vector(2);     // cipher suites
  hello.vector(1);     // compression
  if (hello.broken()) return refused("the ClientHello is cut");
  hello_verdict out;
  out.what = hello_verdict::kind::complete;
  if (hello.at_end()) return out;
  cursor extensions(hello.vector(2));
  if (hello.broken() || !hello.at_end())
    return refused("the extensions do not end the ClientHello");
  std::set<std::uint16_t> seen;
  while (!extensions.at_end()) {
    const auto type = static_cast<std::uint16_t>(extensions.number(2));
    const std::string_view content = extensions.vector(2);
    if (extensions.broken()) return refused("an extension is cut");
    if (!seen.insert(type).second) return refused("an extension stands there twice");
    if (type == extension_encrypted_hello || type == extension_encrypted_name)
      out.hidden_name = true;
    if (type != extension_server_name) continue;
    const auto name = read_server_name(content);
    if (!name) return refused("the server name is not exactly one host name");
    out.server_name = *name;
  }
  return out;
}

}  // namespace

hello_verdict hello_reader::read(std::string_view bytes) {
  // Nobody needs a record for every byte.
  if (bytes.size() > 2 * most_hello) return refused("the ClientHello is too long");
  for (;;) {
    const std::string_view rest = bytes.substr(at_);
    // Refused by the first byte: what is no TLS at all must not wait for five.
    if (!rest.empty() && rest[0] != 0x16) return refused("the first bytes are not a TLS handshake");
    if (rest.size() > 1 && rest[1] != 0x03) return refused("not a version of TLS");
    if (rest.size() < 5) return {};
    const std::size_t length = cursor(rest.substr(3)).number(2);
    if (length == 0 || length > most_record) return refused("a TLS record of impossible length");
    if (handshake_.empty() && rest.size() > 5 && rest[5] != 0x01)
      return refused("no ClientHello comes first");
    if (rest.size() - 5 < length) return {};
    handshake_ += rest.substr(5, length);
    at_ += 5 + length;
    if (handshake_.size() < 4) continue;
    const std::size_t size = cursor(std::string_view(handshake_).substr(1)).number(3);
    if (size > most_hello) return refused("the ClientHello is too long");
    if (handshake_.size() > size + 4)
      return refused("something follows the ClientHello in its record");
    if (handshake_.size() == size + 4) return read_hello(std::string_view(handshake_).substr(4));
  }
}

}  // namespace skein::egress
