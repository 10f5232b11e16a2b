#include "runtime/cell/launch.hpp"

#include "runtime/cell/init/protocol.hpp"
#include "runtime/cell/root_layout.hpp"
#include "runtime/process/spawn.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace skein::cell {

void cell_processes::kill() const noexcept {
  process::signal_process(first_watch, SIGKILL);
  process::signal_process(bubblewrap_watch, SIGKILL);
}

result<launched> launch(const cell_spec& spec) {
  SKEIN_TRY(program, find_cell_program());
  auto bubblewrap = process::find_program("bwrap");
  if (!bubblewrap)
    return error{errc::unsupported, "cell " + spec.name + ": bubblewrap (bwrap) is not in PATH",
                 "install the package bubblewrap"};
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return errno_error("cell " + spec.name + ": open a socket pair", errno);
  process::descriptor ours(pair[0]);
  const process::descriptor theirs(pair[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return errno_error("cell " + spec.name + ": open a pipe", errno);
  process::descriptor complaint(pipe[0]);
  const process::descriptor complain(pipe[1]);
  ::fcntl(complaint.get(), F_SETFL, O_NONBLOCK);
  const process::descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return errno_error("open /dev/null", errno);

  static_assert(wire::socket_descriptor == 3);
  SKEIN_TRY(child, process::spawn({*bubblewrap,
                                   bubblewrap_arguments(spec, program),
                                   {},
                                   "/",
                                   {null.get(), null.get(), complain.get(), theirs.get()}}));
  auto processes = std::make_shared<cell_processes>();
  processes->bubblewrap = child.pid;
  processes->bubblewrap_watch = std::move(child.watch);
  return launched{std::move(processes), std::move(ours), std::move(complaint)};
}

}  // namespace skein::cell
