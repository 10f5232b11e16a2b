// See credentials.hpp.
#include "runtime/forge/credentials.hpp"

#include "schema/identity.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>

namespace skein::forge {
namespace {

constexpr off_t longest_secret = 65536;

std::string without_end(std::string text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  text.resize(last == std::string::npos ? 0 : last + 1);
  return text;
}

result<std::string> read_secret_file(const std::string& path) {
  const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (opened < 0) return errno_error("open secret file " + path, errno);
  const std::unique_ptr<const int, void (*)(const int*)> closing(
      &opened, [](const int* number) { ::close(*number); });
  struct stat facts {};
  if (::fstat(opened, &facts) != 0) return errno_error("read secret file " + path, errno);
  if (!S_ISREG(facts.st_mode) || facts.st_size > longest_secret) {
    return error{errc::invalid, "secret file " + path + " is no regular file of at most 64 KiB",
                 ""};
  }
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return error{errc::refused, "secret file " + path + " may be read by others",
                 "chmod 600 " + path};
  }
  std::string out(static_cast<std::size_t>(longest_secret), '\0');
  std::size_t have = 0;
  while (have < out.size()) {
    const ssize_t more = ::read(opened, out.data() + have, out.size() - have);
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return errno_error("read secret file " + path, errno);
    if (more == 0) break;
    have += static_cast<std::size_t>(more);
  }
  out.resize(have);
  return out;
}

std::string base64url(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    held = (held << 8U | static_cast<unsigned char>(c)) & 0xffffU;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      out += digits[held >> bits & 63U];
    }
  }
  if (bits > 0) out += digits[held << (6 - bits) & 63U];
  return out;
}

result<std::string> sign(const std::string& private_key, const std::string& text) {
  const error bad{errc::invalid, "the app's private key cannot be used",
                  "give the PEM file that the forge made for the app"};
  const std::unique_ptr<BIO, decltype(&BIO_free)> source(
      BIO_new_mem_buf(private_key.data(), static_cast<int>(private_key.size())), &BIO_free);
  // An empty pass phrase: a key that needs one must not ask on the terminal.
  const auto no_phrase = [](char*, int, int, void*) { return 0; };
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      source ? PEM_read_bio_PrivateKey(source.get(), nullptr, no_phrase, nullptr) : nullptr,
      &EVP_PKEY_free);
  if (!key || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) return bad;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  std::size_t length = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &length, bytes, text.size()) != 1) {
    return bad;
  }
  std::string out(length, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length, bytes,
                     text.size()) != 1) {
    return bad;
  }
  out.resize(length);
  return out;
}

}  // namespace

result<std::string> read_secret(const std::string& source) {
  result<std::string> found = error{
      errc::invalid, "a secret's source is neither env: nor file:", "write env:NAME or file:/path"};
  if (source.starts_with("env:")) {
    const char* value = std::getenv(source.c_str() + 4);
    if (value == nullptr) {
      return error{errc::not_found, "environment variable " + source.substr(4) + " is not set", ""};
    }
    found = std::string(value);
  } else if (source.starts_with("file:/")) {
    found = read_secret_file(source.substr(5));
  }
  if (!found) return found;
  std::string secret = without_end(*found);
  if (secret.empty()) return error{errc::invalid, "the secret of " + source + " is empty", ""};
  return secret;
}

result<std::string> app_token(const app_identity& app, std::int64_t now_s) {
  constexpr std::string_view head = R"({"alg":"RS256","typ":"JWT"})";
  const nlohmann::json claims = {{"iat", now_s - 60}, {"exp", now_s + 8 * 60}, {"iss", app.app_id}};
  const std::string text = base64url(head) + "." + base64url(schema::dump(claims));
  SKEIN_TRY(signature, sign(app.private_key, text));
  return text + "." + base64url(signature);
}

}  // namespace skein::forge
