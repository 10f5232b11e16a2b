// Digests of pinned programs. See toolchain.hpp.
#include "runtime/supply/toolchain.hpp"

#include "schema/identity.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace skein::supply {
namespace {

constexpr off_t longest_program = off_t{1} << 30;

std::string identity_of(const struct stat& file) {
  std::string out;
  for (const auto each :
       {static_cast<long long>(file.st_dev), static_cast<long long>(file.st_ino),
        static_cast<long long>(file.st_size), static_cast<long long>(file.st_mtim.tv_sec),
        static_cast<long long>(file.st_mtim.tv_nsec), static_cast<long long>(file.st_ctim.tv_sec),
        static_cast<long long>(file.st_ctim.tv_nsec)}) {
    out += std::to_string(each) + ".";
  }
  return out;
}

error refused(const std::string& path, const std::string& what) {
  return {errc::refused, "toolchain: " + path + " " + what,
          "restore the pinned program, or pin the new one in `toolchain` of skein.yaml"};
}

result<std::string> whole_file(int file, const std::string& path, off_t size) {
  std::string out(static_cast<std::size_t>(size), '\0');
  std::size_t have = 0;
  while (have < out.size()) {
    const auto got = ::read(file, out.data() + have, out.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return refused(path, "changes while it is read");
    have += static_cast<std::size_t>(got);
  }
  return out;
}

}  // namespace

result<> toolchain::check() {
  const std::lock_guard guard(lock_);
  for (const auto& [path, pinned] : pins_) {
    // A FIFO in its place must not hold us up.
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) return refused(path, "is pinned and cannot be opened");
    struct stat now = {};
    const bool regular = ::fstat(file, &now) == 0 && S_ISREG(now.st_mode);
    if (!regular || now.st_size > longest_program) {
      ::close(file);
      return refused(path, "is pinned and is no program");
    }
    auto& known = seen_[path];
    const auto identity = identity_of(now);
    if (known.identity != identity) {
      auto content = whole_file(file, path, now.st_size);
      if (!content) {
        ::close(file);
        return content.error();
      }
      known = {identity, schema::sha256_hex(*content)};
    }
    ::close(file);
    if (known.sha256 != pinned) {
      return refused(path, "is not the one that is pinned: its SHA-256 is " + known.sha256);
    }
  }
  return {};
}

std::string toolchain::digest() const {
  if (pins_.empty()) return {};
  std::string all;
  for (const auto& [path, pinned] : pins_) all += path + '\0' + pinned + '\n';
  return schema::sha256_hex(all);
}

}  // namespace skein::supply
