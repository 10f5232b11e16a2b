#include "actors/console/tls.hpp"

#include "schema/wire/protocol.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <cstring>

namespace skein::console {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

/// A list of one protocol, as ALPN has it.
std::string alpn(const std::string& protocol) {
  return static_cast<char>(protocol.size()) + protocol;
}

/// Only our protocol; a client that names none is left to the middleman's own check.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned offered_length, void*) {
  static const std::string ours = alpn(wire::app_identifier);
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, length, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered,
                            offered_length) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

std::string fingerprint(X509* certificate) {
  static constexpr char digits[] = "0123456789abcdef";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (certificate == nullptr || X509_digest(certificate, EVP_sha256(), digest, &length) != 1) {
    return {};
  }
  std::string out;
  for (unsigned i = 0; i < length; ++i) {
    out += digits[digest[i] >> 4];
    out += digits[digest[i] & 15];
  }
  return out;
}

result<std::shared_ptr<ssl::context>> context_of(ssl::context::method method,
                                                 const std::string& authority,
                                                 const certified_key& own) {
  if (authority.empty() || own.certificate.empty() || own.key.empty()) {
    return error{
        errc::refused, "TLS needs an authority, a certificate and its key; one is missing", {}};
  }
  auto out = std::make_shared<ssl::context>(method);
  SSL_CTX* raw = out->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 0);
  error_code failed;
  const auto bytes = [](const std::string& text) { return boost::asio::buffer(text); };
  const auto check = [&failed](const char* what) -> result<> {
    if (!failed) return {};
    return error{errc::invalid, std::string{"TLS: "} + what + ": " + failed.message(), {}};
  };
  out->add_certificate_authority(bytes(authority), failed);
  SKEIN_CHECK(check("the authority's certificate"));
  out->use_certificate(bytes(own.certificate), ssl::context::pem, failed);
  SKEIN_CHECK(check("the certificate"));
  out->use_private_key(bytes(own.key), ssl::context::pem, failed);
  SKEIN_CHECK(check("the key of the certificate"));
  return out;
}

}  // namespace

result<std::shared_ptr<ssl::context>> server_context(const std::string& authority,
                                                     const certified_key& own,
                                                     certificate_check check) {
  SKEIN_TRY(out, context_of(ssl::context::tls_server, authority, own));
  out->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  out->set_verify_callback([check = std::move(check)](bool good, ssl::verify_context& at) {
    auto* chain = at.native_handle();
    if (!good || X509_STORE_CTX_get_error_depth(chain) != 0) return good;
    if (check(fingerprint(X509_STORE_CTX_get_current_cert(chain)))) return true;
    X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REVOKED);
    return false;
  });
  SSL_CTX_set_alpn_select_cb(out->native_handle(), choose_protocol, nullptr);
  return out;
}

result<std::shared_ptr<ssl::context>> client_context(const std::string& authority,
                                                     const certified_key& own,
                                                     const std::string& protocol) {
  SKEIN_TRY(out, context_of(ssl::context::tls_client, authority, own));
  out->set_verify_mode(ssl::verify_peer);
  const auto list = alpn(protocol);
  SSL_CTX_set_alpn_protos(out->native_handle(), reinterpret_cast<const unsigned char*>(list.data()),
                          static_cast<unsigned>(list.size()));
  return out;
}

error explain_to_client(const error_code& failed, const std::string& server) {
  const std::string reach = "reach " + server + ": ";
  const std::string again =
      "ask for new credentials: `skein operator rotate NAME` on the fleet's "
      "machine";
  if (failed.category() == boost::asio::error::get_ssl_category()) {
    switch (ERR_GET_REASON(static_cast<unsigned long>(failed.value()))) {
      case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return {errc::unauthorised,
                reach +
                    "its certificate is not of the fleet that the "
                    "credentials are for, or has expired",
                "check the address, and that the credentials are of this fleet"};
      case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
        return {errc::unauthorised, reach + "it does not know the authority of this certificate",
                again};
      case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return {errc::unauthorised, reach + "this certificate has expired", again};
      case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        return {errc::unauthorised, reach + "these credentials are revoked, expired or replaced",
                again};
      case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
      case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
      case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        return {errc::unauthorised, reach + "it does not accept this certificate", again};
      case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
        return {
            errc::unsupported,
            reach + "it speaks another version of the remote protocol than " + wire::app_identifier,
            "use the same version of skein on both sides"};
      case SSL_R_WRONG_VERSION_NUMBER:
      case SSL_R_PACKET_LENGTH_TOO_LONG:
      case SSL_R_UNEXPECTED_MESSAGE:
      case SSL_R_HTTP_REQUEST:
        return {errc::unavailable, reach + "it does not speak TLS",
                "the address has to be the one that `skein serve --listen` printed"};
      default:
        break;
    }
  }
  if (failed == boost::asio::error::connection_refused) {
    return {errc::unavailable, reach + "nobody listens there",
            "start `skein serve --listen " + server + "`"};
  }
  if (failed == boost::asio::error::timed_out) {
    return {errc::timeout, reach + "no answer in time", "check the address and the network"};
  }
  if (failed == boost::asio::error::eof || failed == ssl::error::stream_truncated ||
      failed == boost::asio::error::connection_reset) {
    return {errc::unavailable, reach + "it hung up",
            "it may have all the connections that it takes; try again"};
  }
  return {errc::unavailable, reach + failed.message(), {}};
}

std::string explain_to_server(const error_code& failed) {
  if (failed.category() != boost::asio::error::get_ssl_category()) return failed.message();
  switch (ERR_GET_REASON(static_cast<unsigned long>(failed.value()))) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "it has no certificate";
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return "its certificate is of another authority, expired, revoked or replaced";
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return "it speaks another version of the remote protocol";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return "it does not speak TLS";
    default:
      return failed.message();
  }
}

std::string peer_certificate(SSL* of) {
  X509* found = SSL_get1_peer_certificate(of);
  auto out = fingerprint(found);
  X509_free(found);
  return out;
}

}  // namespace skein::console
