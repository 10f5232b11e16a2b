#include "actors/console/pki.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <stdexcept>
#include <vector>

namespace skein::console {

namespace {

template <auto Free>
struct freed {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed<X509_free>>;
using bio_ptr = std::unique_ptr<BIO, freed<BIO_free_all>>;

std::string hex(const unsigned char* bytes, std::size_t count) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(count * 2);
  for (std::size_t i = 0; i < count; ++i) {
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
  return out;
}

error failed(const std::string& attempted) {
  const auto code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return {errc::internal, attempted + ": " + (reason == nullptr ? "unknown" : reason), {}};
}

std::string text_of(BIO* from) {
  char* begin = nullptr;
  const long length = BIO_get_mem_data(from, &begin);
  return {begin, static_cast<std::size_t>(length)};
}

bio_ptr bio_of(const std::string& text) {
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

bool extend(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

struct contents {
  std::string subject;
  std::int64_t from_ms = 0;
  std::int64_t until_ms = 0;
};

/// A certificate for `key`, not yet extended or signed.
certificate_ptr blank(const contents& what, EVP_PKEY* key) {
  certificate_ptr out{X509_new()};
  unsigned char serial[16];
  if (!out || RAND_bytes(serial, sizeof serial) != 1) return nullptr;
  serial[0] &= 0x7F;  // positive
  std::unique_ptr<BIGNUM, freed<BN_free>> number{BN_bin2bn(serial, sizeof serial, nullptr)};
  const auto* subject = reinterpret_cast<const unsigned char*>(what.subject.c_str());
  if (X509_set_version(out.get(), 2) != 1 || !number ||
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(out.get())) == nullptr ||
      ASN1_TIME_set(X509_getm_notBefore(out.get()), what.from_ms / 1000) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(out.get()), what.until_ms / 1000) == nullptr ||
      X509_set_pubkey(out.get(), key) != 1 ||
      X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_UTF8, subject, -1,
                                 -1, 0) != 1) {
    return nullptr;
  }
  return out;
}

result<certified_key> as_text(X509* certificate, EVP_PKEY* key) {
  bio_ptr public_part{BIO_new(BIO_s_mem())};
  bio_ptr private_part{BIO_new(BIO_s_mem())};
  if (PEM_write_bio_X509(public_part.get(), certificate) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(private_part.get(), key, nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1) {
    return failed("write a certificate");
  }
  return certified_key{text_of(public_part.get()), text_of(private_part.get())};
}

std::int64_t ms_of(const ASN1_TIME* when) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(when, &parts) != 1) return 0;
  return static_cast<std::int64_t>(::timegm(&parts)) * 1000;
}

}  // namespace

result<certified_key> make_authority(const std::string& name, std::int64_t now_ms, days valid) {
  key_ptr key{EVP_EC_gen("P-256")};
  if (!key) return failed("make a key");
  const std::int64_t until =
      now_ms + std::chrono::duration_cast<std::chrono::milliseconds>(valid).count();
  auto made = blank({name, now_ms - 60'000, until}, key.get());
  if (!made || X509_set_issuer_name(made.get(), X509_get_subject_name(made.get())) != 1 ||
      !extend(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !extend(made.get(), made.get(), NID_key_usage, "critical,keyCertSign") ||
      !extend(made.get(), made.get(), NID_subject_key_identifier, "hash") ||
      X509_sign(made.get(), key.get(), EVP_sha256()) == 0) {
    return failed("make the certificate authority " + name);
  }
  return as_text(made.get(), key.get());
}

result<certified_key> issue(const certified_key& authority, const std::string& subject,
                            purpose what_for, std::int64_t from_ms, std::int64_t until_ms) {
  const std::string attempted = "issue a certificate for " + subject;
  certificate_ptr issuer{
      PEM_read_bio_X509(bio_of(authority.certificate).get(), nullptr, nullptr, nullptr)};
  key_ptr issuer_key{
      PEM_read_bio_PrivateKey(bio_of(authority.key).get(), nullptr, nullptr, nullptr)};
  key_ptr key{EVP_EC_gen("P-256")};
  if (!issuer || !issuer_key || !key) return failed(attempted);
  auto made = blank({subject, from_ms, until_ms}, key.get());
  const bool server = what_for == purpose::server;
  if (!made || X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.get())) != 1 ||
      !extend(made.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !extend(made.get(), issuer.get(), NID_key_usage, "critical,digitalSignature") ||
      !extend(made.get(), issuer.get(), NID_ext_key_usage, server ? "serverAuth" : "clientAuth") ||
      !extend(made.get(), issuer.get(), NID_authority_key_identifier, "keyid") ||
      (server && !extend(made.get(), issuer.get(), NID_subject_alt_name,
                         "DNS:localhost,IP:127.0.0.1,IP:::1")) ||
      X509_sign(made.get(), issuer_key.get(), EVP_sha256()) == 0) {
    return failed(attempted);
  }
  return as_text(made.get(), key.get());
}

result<certificate_facts> read_certificate(const std::string& pem) {
  certificate_ptr found{PEM_read_bio_X509(bio_of(pem).get(), nullptr, nullptr, nullptr)};
  if (!found) {
    ERR_clear_error();
    return error{errc::invalid, "the text holds no certificate", {}};
  }
  certificate_facts out;
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(found.get()), NID_commonName, name, sizeof name);
  out.subject = name;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (X509_digest(found.get(), EVP_sha256(), digest, &length) != 1) {
    return failed("read a certificate");
  }
  out.sha256 = hex(digest, length);
  out.from_ms = ms_of(X509_get0_notBefore(found.get()));
  out.until_ms = ms_of(X509_get0_notAfter(found.get()));
  return out;
}

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> out(bytes);
  if (RAND_bytes(out.data(), static_cast<int>(bytes)) != 1) {
    throw std::runtime_error("no random bytes");
  }
  return hex(out.data(), out.size());
}

std::string sha256_hex(const std::string& text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return hex(digest, sizeof digest);
}

}  // namespace skein::console
