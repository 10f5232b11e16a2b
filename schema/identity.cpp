// Random ids, SHA-256 and the canonical text of JSON.
#include "schema/identity.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>

namespace skein::schema {

namespace {

constexpr std::size_t id_bytes = 10;

/// Random bytes in batches, because each call into the generator costs more than what it returns.
class random_batch {
 public:
  const unsigned char* take() {
    if (next_ + id_bytes > bytes_.size()) {
      if (RAND_bytes(bytes_.data(), static_cast<int>(bytes_.size())) != 1) {
        throw std::runtime_error("the random number generator of OpenSSL failed");
      }
      next_ = 0;
    }
    const unsigned char* taken = bytes_.data() + next_;
    next_ += id_bytes;
    return taken;
  }

 private:
  std::array<unsigned char, id_bytes * 64> bytes_{};
  std::size_t next_ = bytes_.size();
};

struct free_digest_context {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::string hex(const unsigned char* bytes, std::size_t size) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(size * 2, '0');
  for (std::size_t at = 0; at < size; ++at) {
    out[2 * at] = digits[bytes[at] >> 4U];
    out[2 * at + 1] = digits[bytes[at] & 15U];
  }
  return out;
}

/// Spellings of one repository that git treats alike.
std::string normalised_url(std::string url) {
  while (url.size() > 1 && url.back() == '/') url.pop_back();
  if (url.size() > 4 && url.ends_with(".git")) url.resize(url.size() - 4);
  return url;
}

}  // namespace

std::string new_id() {
  static constexpr char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
  thread_local random_batch batch;
  const unsigned char* bytes = batch.take();
  std::string id;
  id.reserve(16);
  unsigned pending = 0;
  unsigned bits = 0;
  for (std::size_t at = 0; at < id_bytes; ++at) {
    pending = (pending << 8U) | bytes[at];
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      id += digits[(pending >> bits) & 31U];
    }
  }
  return id;
}

std::string sha256_hex(std::string_view bytes) {
  // A context per thread: making one costs more than hashing a short row.
  thread_local const std::unique_ptr<EVP_MD_CTX, free_digest_context> context(EVP_MD_CTX_new());
  if (!context) throw std::bad_alloc();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  // Fetched once: EVP_sha256() makes OpenSSL look the implementation up at every use.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (EVP_DigestInit_ex(context.get(), algorithm, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) {
    throw std::runtime_error("SHA-256 of OpenSSL failed");
  }
  return hex(digest.data(), size);
}

std::string dump(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string canonical_json(const nlohmann::json& value) {
  // nlohmann::json keeps the keys of an object sorted by byte.
  return dump(value, -1);
}

frozen_task freeze(const task& value) {
  frozen_task out;
  out.json = canonical_json(to_json(value));
  out.sha256 = sha256_hex(out.json);
  out.fingerprint = fingerprint(value);
  return out;
}

std::string fingerprint(const task& value) {
  task bare;
  bare.spec.intent = value.spec.intent;
  bare.spec.scope = value.spec.scope;
  bare.spec.agent = value.spec.agent;
  bare.spec.agent_given = value.spec.agent_given;
  bare.spec.verifiers = value.spec.verifiers;
  bare.spec.repo.url = normalised_url(value.spec.repo.url);
  bare.spec.repo.branch = value.spec.repo.branch;
  const nlohmann::json document = to_json(bare);
  const nlohmann::json& spec = document.at("spec");
  nlohmann::json what = nlohmann::json::object();
  for (const char* key : {"intent", "scope", "agent", "verifiers", "repo"}) {
    if (const auto found = spec.find(key); found != spec.end()) what[key] = *found;
  }
  return sha256_hex(canonical_json(what));
}

}  // namespace skein::schema
