#include "runtime/process/private_socket.hpp"

#include <openssl/rand.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace skein::process {

namespace {

constexpr int backlog = 128;

}  // namespace

result<descriptor> listen_at(const std::filesystem::path& path) {
  const std::string attempted = "listen at " + path.string();
  // The kernel's own limit is 107 bytes.
  const descriptor folder(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return errno_error(attempted, errno);
  const std::string name =
      "/proc/self/fd/" + std::to_string(folder.get()) + "/" + path.filename().string();
  sockaddr_un own = {};
  own.sun_family = AF_UNIX;
  if (name.size() >= sizeof own.sun_path) return errno_error(attempted, ENAMETOOLONG);
  name.copy(own.sun_path, name.size());
  struct stat there {};
  if (::lstat(name.c_str(), &there) == 0) {
    // Left by a process that was killed; anything else is not ours to remove.
    if (!S_ISSOCK(there.st_mode) || ::unlink(name.c_str()) != 0)
      return errno_error(attempted, EEXIST);
  }
  descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // The mode comes before listen(): until then nobody can connect.
  if (!listener ||
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0 ||
      ::chmod(name.c_str(), 0600) != 0 || ::listen(listener.get(), backlog) != 0)
    return errno_error(attempted, errno);
  return listener;
}

result<std::string> new_token(const std::string& prefix) {
  std::array<unsigned char, 24> random{};
  if (::RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    return error{errc::io, "make a token: no random bytes", ""};
  std::string out = prefix;
  constexpr std::string_view digits = "0123456789abcdef";
  for (const unsigned byte : random) {
    out.push_back(digits[byte >> 4]);
    out.push_back(digits[byte & 15]);
  }
  return out;
}

}  // namespace skein::process
