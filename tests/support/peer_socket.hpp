// The socket of one connection to http_peer, plain or TLS, and the certificate it shows. Blocking;
// shut() from another thread ends every wait.
#pragma once

#include "runtime/process/descriptor.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

namespace skein::test {

/// Signed by itself, for one host name, with a new key.
class peer_certificate {
 public:
  explicit peer_certificate(const std::string& host);
  ~peer_certificate();
  peer_certificate(const peer_certificate&) = delete;
  peer_certificate& operator=(const peer_certificate&) = delete;

  [[nodiscard]] std::string file() const { return file_; }
  [[nodiscard]] SSL_CTX* context() const { return context_.get(); }

 private:
  std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context_{nullptr, &::SSL_CTX_free};
  std::string file_;
};

class peer_socket {
 public:
  explicit peer_socket(process::descriptor owned) : socket_(std::move(owned)) {}

  [[nodiscard]] bool begin_tls(const peer_certificate& certificate);
  /// Appends what comes next; false: the other end has left.
  [[nodiscard]] bool read_more(std::string& to);
  [[nodiscard]] bool write(std::string_view bytes);
  void shut();

 private:
  process::descriptor socket_;
  std::unique_ptr<SSL, decltype(&::SSL_free)> tls_{nullptr, &::SSL_free};
};

}  // namespace skein::test
