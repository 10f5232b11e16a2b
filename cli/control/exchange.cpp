#include "cli/control/exchange.hpp"

#include "cli/control/protocol.hpp"
#include "cli/control/socket_path.hpp"
#include "cli/signals.hpp"
#include "runtime/process/descriptor.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace skein::cli::control {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How soon an interrupt is noticed.
constexpr milliseconds slice{200};

class conversation {
 public:
  conversation(const std::filesystem::path& socket, milliseconds longest)
      : path_(socket), end_(clock::now() + longest), interrupts_(interrupts()) {}

  [[nodiscard]] result<> connect() {
    SKEIN_TRY(address, address_of(path_));
    socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) return errno_error("open a socket", errno);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address.name.data(), address.name.size());
    // EAGAIN: its queue is full; the deadline bounds how long we knock.
    while (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
      if (errno == EAGAIN) {
        SKEIN_CHECK(pause());
      } else if (errno != EINTR) {
        return error{errc::unavailable, errno_error("connect to " + path_.string(), errno).message,
                     "the process that owned the state directory has ended; what it acknowledged "
                     "goes on with the next `skein serve`"};
      }
    }
    // Whoever owns the state directory answers for it; root may ask there, too.
    struct stat directory {};
    if (::stat(path_.parent_path().c_str(), &directory) != 0) {
      return errno_error("look at " + path_.parent_path().string(), errno);
    }
    return check_peer(socket_.get(), directory.st_uid);
  }

  /// Everything, unless the other side stops listening: then it has said why.
  [[nodiscard]] result<> send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN) {
        SKEIN_CHECK(wait(POLLOUT));
      } else if (errno == EPIPE || errno == ECONNRESET) {
        return {};
      } else if (errno != EINTR) {
        return errno_error("write to " + path_.string(), errno);
      }
    }
    return {};
  }

  [[nodiscard]] result<std::string> receive_line() {
    std::string line;
    std::array<char, 16384> piece{};
    for (;;) {
      const auto got = ::recv(socket_.get(), piece.data(), piece.size(), 0);
      if (got > 0) {
        const std::string_view fresh{piece.data(), static_cast<std::size_t>(got)};
        const auto end = fresh.find('\n');
        line.append(fresh.substr(0, end));
        if (line.size() > max_line) {
          return error{errc::unavailable, path_.string() + ": the answer is too long", {}};
        }
        if (end != std::string_view::npos) return line;
      } else if (got == 0 || errno == ECONNRESET) {
        return error{errc::unavailable, path_.string() + ": the other side hung up",
                     "look whether it still runs, and at its log"};
      } else if (errno == EAGAIN) {
        SKEIN_CHECK(wait(POLLIN));
      } else if (errno != EINTR) {
        return errno_error("read from " + path_.string(), errno);
      }
    }
  }

 private:
  [[nodiscard]] result<> wait(short events) { return wait_for(socket_.get(), events); }
  [[nodiscard]] result<> pause() { return wait_for(-1, 0); }

  [[nodiscard]] result<> wait_for(int socket, short events) {
    pollfd source{socket, events, 0};
    do {
      if (interrupts() > interrupts_) {
        return error{errc::cancelled,
                     "interrupted while waiting for " + path_.string() +
                         "; what was asked for may still be done",
                     {}};
      }
      const auto left = std::chrono::duration_cast<milliseconds>(end_ - clock::now());
      if (left.count() <= 0) {
        return error{errc::timeout, path_.string() + ": no answer in time",
                     "look at the log of the process that owns the state directory"};
      }
      const int ready = ::poll(&source, 1, static_cast<int>(std::min(left, slice).count()));
      if (ready > 0 || socket < 0) return {};
    } while (true);
  }

  const std::filesystem::path& path_;
  clock::time_point end_;
  int interrupts_;
  process::descriptor socket_;
};

}  // namespace

result<std::string> exchange(const std::filesystem::path& socket, std::string_view line,
                             milliseconds longest) {
  conversation talk(socket, longest);
  SKEIN_CHECK(talk.connect());
  SKEIN_CHECK(talk.send(line));
  SKEIN_CHECK(talk.send("\n"));
  return talk.receive_line();
}

}  // namespace skein::cli::control
