#include "tests/support/peer_socket.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace skein::test {

peer_certificate::peer_certificate(const std::string& host) {
  context_.reset(::SSL_CTX_new(::TLS_server_method()));
  const std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> key(::EVP_EC_gen("P-256"),
                                                                  &::EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&::X509_free)> made(::X509_new(), &::X509_free);
  ::X509_set_version(made.get(), 2);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(made.get()), 1);
  ::X509_gmtime_adj(::X509_getm_notBefore(made.get()), -3600);
  ::X509_gmtime_adj(::X509_getm_notAfter(made.get()), 86400);
  ::X509_set_pubkey(made.get(), key.get());
  X509_NAME* name = ::X509_get_subject_name(made.get());
  ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(host.c_str()), -1, -1, 0);
  ::X509_set_issuer_name(made.get(), name);
  const std::string names = "DNS:" + host;
  for (const auto& [id, value] : {std::pair<int, std::string>{NID_subject_alt_name, names},
                                  {NID_basic_constraints, "CA:TRUE"}}) {
    X509_EXTENSION* extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
    ::X509_add_ext(made.get(), extension, -1);
    ::X509_EXTENSION_free(extension);
  }
  if (::X509_sign(made.get(), key.get(), ::EVP_sha256()) == 0 ||
      ::SSL_CTX_use_certificate(context_.get(), made.get()) != 1 ||
      ::SSL_CTX_use_PrivateKey(context_.get(), key.get()) != 1)
    throw std::runtime_error("make the peer's certificate");
  file_ = (std::filesystem::temp_directory_path() / "skein-peer-XXXXXX").string();
  const int opened = ::mkstemp(file_.data());
  std::FILE* out = opened < 0 ? nullptr : ::fdopen(opened, "w");
  if (out == nullptr) throw std::runtime_error("write the peer's certificate");
  ::PEM_write_X509(out, made.get());
  std::fclose(out);
}

peer_certificate::~peer_certificate() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

bool peer_socket::begin_tls(const peer_certificate& certificate) {
  tls_.reset(::SSL_new(certificate.context()));
  return ::SSL_set_fd(tls_.get(), socket_.get()) == 1 && ::SSL_accept(tls_.get()) == 1;
}

bool peer_socket::read_more(std::string& to) {
  std::array<char, 16384> bytes{};
  const auto got = tls_ ? ::SSL_read(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                        : ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  to.append(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

bool peer_socket::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = tls_ ? ::SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void peer_socket::shut() {
  ::shutdown(socket_.get(), SHUT_RDWR);
}

}  // namespace skein::test
