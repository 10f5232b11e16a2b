// See object_hash.hpp.
#include "runtime/git/object_hash.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstring>
#include <memory>
#include <string>

namespace skein::git {

bool has_id(git_object_t type, std::string_view content, const git_oid& id) {
  struct closer {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  static const EVP_MD* const algorithm = EVP_sha1();
  thread_local const std::unique_ptr<EVP_MD_CTX, closer> context(EVP_MD_CTX_new());
  const std::string header =
      std::string(git_object_type2string(type)) + ' ' + std::to_string(content.size()) + '\0';
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  return context != nullptr && EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1 &&
         EVP_DigestUpdate(context.get(), header.data(), header.size()) == 1 &&
         EVP_DigestUpdate(context.get(), content.data(), content.size()) == 1 &&
         EVP_DigestFinal_ex(context.get(), hash.data(), &size) == 1 && size == GIT_OID_RAWSZ &&
         std::memcmp(hash.data(), id.id, GIT_OID_RAWSZ) == 0;
}

}  // namespace skein::git
