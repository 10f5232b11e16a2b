// Reads the server name from the first bytes of a TLS connection. Reads, and believes nothing: one
// complete ClientHello, in as many records and segments as the client likes, or a refusal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace skein::egress {

/// A longer hello is refused. Real ones, with post-quantum keys and tickets, are below 4 KiB.
constexpr std::size_t most_hello = 32 * 1024;

struct hello_verdict {
  enum class kind { incomplete, complete, refused };
  kind what = kind::incomplete;
  std::string server_name;   ///< complete: as sent; empty when there is none
  bool hidden_name = false;  ///< complete: the true name may be encrypted (ECH, ESNI)
  const char* problem = "";  ///< refused
};

/// Work is proportional to the bytes, also when they come one by one.
class hello_reader {
 public:
  /// `bytes`: all that came so far, from the first byte of the connection. Not to be called again
  /// after a verdict.
  [[nodiscard]] hello_verdict read(std::string_view bytes);

 private:
  std::size_t at_ = 0;     ///< where the first record starts that was not whole
  std::string handshake_;  ///< of the whole records
};

}  // namespace skein::egress
