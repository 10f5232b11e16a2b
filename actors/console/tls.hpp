// TLS 1.3 both ways, with certificates of one private authority on either side. What went wrong is
// said in words of this program.
#pragma once

#include "actors/console/pki.hpp"
#include "schema/error.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include <functional>
#include <memory>
#include <string>

namespace skein::console {

/// Is the holder of this certificate (SHA-256) still let in?
using certificate_check = std::function<bool(const std::string& sha256)>;

/// Refuses to be made without all three of authority, certificate and key.
[[nodiscard]] result<std::shared_ptr<boost::asio::ssl::context>> server_context(
    const std::string& authority, const certified_key& own, certificate_check check);
[[nodiscard]] result<std::shared_ptr<boost::asio::ssl::context>> client_context(
    const std::string& authority, const certified_key& own, const std::string& protocol);

/// For a person at the client: why the fleet did not let them in, or is not the fleet.
[[nodiscard]] error explain_to_client(const boost::system::error_code& failed,
                                      const std::string& server);
/// For the fleet's log.
[[nodiscard]] std::string explain_to_server(const boost::system::error_code& failed);

/// The SHA-256 of the peer's certificate, or empty.
[[nodiscard]] std::string peer_certificate(SSL* of);

}  // namespace skein::console
