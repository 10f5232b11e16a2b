#include "cli/control/socket_path.hpp"

#include "cli/person.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

namespace skein::cli::control {

result<socket_path> address_of(const std::filesystem::path& socket) {
  if (socket.string().size() < sizeof(sockaddr_un::sun_path))
    return socket_path{{}, socket.string()};
  process::descriptor directory{
      ::open(socket.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!directory) return errno_error("open " + socket.parent_path().string(), errno);
  auto name = "/proc/self/fd/" + std::to_string(directory.get()) + "/" + socket.filename().string();
  return socket_path{std::move(directory), std::move(name)};
}

namespace {

result<ucred> credentials_of(int socket) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
    return errno_error("ask who is on the other side of the control socket", errno);
  }
  return peer;
}

}  // namespace

result<> check_peer(int socket, uid_t wanted) {
  SKEIN_TRY(peer, credentials_of(socket));
  if (peer.uid == wanted || peer.uid == 0) return {};
  return error{errc::refused,
               "the other side of the control socket is user " + std::to_string(peer.uid) +
                   "; only user " + std::to_string(wanted) + " and root may be there",
               "run the command as the user that owns the state directory"};
}

result<std::string> peer_name(int socket) {
  SKEIN_TRY(peer, credentials_of(socket));
  return person_named(peer.uid);
}

}  // namespace skein::cli::control
