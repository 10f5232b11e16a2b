// `skein-cell`: the loop of PID 1. One request at a time; while a command runs only `stop` is read.
// When the host's end of the socket closes it leaves, and the kernel ends the whole namespace.
#include "runtime/cell/init/init.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace skein::cell::init {
namespace {

using wire::answer;
using wire::request;
using wire::step;

alignas(8) char setup_message[sizeof(wire::setup_request) + wire::max_filter];
alignas(8) char message[wire::max_message];
char* variables[wire::max_variables + 1];
char shell[] = "/bin/sh";
// Before the words of a command there is room for the program that reads a script without `#!`.
char* room[wire::max_words + 6] = {shell};
char** const words = room + 1;

[[noreturn]] void leave(int code) {
  ::_exit(code);
}

/// Sends one reply, with a descriptor when `attached` is not negative.
void send_reply(const wire::reply& what, int attached = -1) {
  iovec data{const_cast<wire::reply*>(&what), sizeof what};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header = {};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  if (attached >= 0) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(part), &attached, sizeof attached);
  }
  if (::sendmsg(wire::socket_descriptor, &header, MSG_NOSIGNAL) < 0) leave(2);
}

void send_failure(const outcome& bad) {
  send_reply({answer::failed, bad.where, bad.error, 0, 0});
}

struct received {
  std::size_t size = 0;
  int descriptor = -1;
  int second = -1;
  void close_all() const {
    if (descriptor >= 0) ::close(descriptor);
    if (second >= 0) ::close(second);
  }
};

/// Blocks; leaves when the host is gone or the message is not one of ours.
received receive(char* into, std::size_t capacity) {
  iovec data{into, capacity};
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
  msghdr header = {};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t size = 0;
  do {
    size = ::recvmsg(wire::socket_descriptor, &header, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < static_cast<ssize_t>(sizeof(request))) leave(0);
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) leave(3);
  received got{static_cast<std::size_t>(size)};
  if (const cmsghdr* part = CMSG_FIRSTHDR(&header);
      part != nullptr && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
    std::memcpy(&got.descriptor, CMSG_DATA(part), sizeof got.descriptor);
    if (part->cmsg_len >= CMSG_LEN(2 * sizeof(int)))
      std::memcpy(&got.second, CMSG_DATA(part) + sizeof(int), sizeof got.second);
  }
  return got;
}

request kind_of(const char* from) {
  request kind{};
  std::memcpy(&kind, from, sizeof kind);
  return kind;
}

/// How often the disk is looked at while a command runs.
constexpr int disk_tick_ms = 50;

/// So many are reaped before anything else is seen to: orphans come as fast as code can make them.
constexpr int reaped_at_once = 256;

std::int64_t monotonic_ms() {
  timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

/// Waits for `child` or a `stop`; then nothing but PID 1 is left.
wire::reply wait_for(const first_process& self, pid_t child) {
  wire::reply ended{answer::done, step::none, 0, 0, 0};
  const auto add = [&ended](const rusage& used) {
    ended.cpu_us +=
        static_cast<std::uint64_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1'000'000 +
        static_cast<std::uint64_t>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
  };
  std::int64_t next_look = monotonic_ms() + disk_tick_ms;
  for (;;) {
    int reaped_now = 0;
    for (; reaped_now < reaped_at_once; ++reaped_now) {
      rusage used = {};
      int status = 0;
      const pid_t reaped = ::wait4(-1, &status, __WALL | WNOHANG, &used);
      if (reaped <= 0) break;
      add(used);
      if (reaped != child) continue;
      ended.status = status;
      kill_rest(ended.cpu_us);
      if (ended.error == 0 && disk_exceeded(self, look::at_the_end)) ended.error = EDQUOT;
      return ended;
    }
    pollfd waits[] = {{wire::socket_descriptor, POLLIN, 0}, {self.signals, POLLIN, 0}};
    // By the clock: no stream of ended children puts a look off.
    const std::int64_t left = next_look - monotonic_ms();
    int patience = self.disk < 0 ? -1 : static_cast<int>(left);
    if (reaped_now == reaped_at_once || (self.disk >= 0 && left < 0)) patience = 0;
    const int woken = ::poll(waits, 2, patience);
    if (self.disk >= 0 && monotonic_ms() >= next_look) {
      next_look = monotonic_ms() + disk_tick_ms;
      if (disk_exceeded(self, look::while_it_runs)) {
        ended.error = EDQUOT;
        ::kill(-1, SIGKILL);
      }
    }
    if (woken < 0) continue;
    if (waits[1].revents != 0) {
      signalfd_siginfo drained;
      while (::read(self.signals, &drained, sizeof drained) > 0) continue;
    }
    if (waits[0].revents == 0) continue;
    alignas(8) char stop[sizeof(wire::stop_request)];
    const received got = receive(stop, sizeof stop);
    if (got.descriptor >= 0 || kind_of(stop) != request::stop) leave(3);
    // The child is reaped above; whatever escapes this pass is killed after it.
    ::kill(-1, SIGKILL);
  }
}

/// The sockets go to the host, and no copy stays: a port ends when the host closes it.
outcome hand_out_ports(const first_process& self) {
  for (std::uint32_t i = 0; i < self.set.limits.port_count; ++i) {
    const std::uint16_t port = self.set.limits.ports[i];
    const int listener = listen_on(port);
    if (listener < 0) return failed_at(step::listen);
    send_reply({answer::listening, step::none, 0, port, 0}, listener);
    ::close(listener);
  }
  return {};
}

void answer_enter(first_process& self, std::size_t size) {
  wire::enter_request wanted;
  if (size != sizeof wanted) leave(3);
  std::memcpy(&wanted, message, sizeof wanted);
  wanted.phase[wire::max_phase] = '\0';
  if (wanted.phase[0] == '\0' || wanted.phase[0] == '.' ||
      std::strpbrk(wanted.phase, "/,:\\") != nullptr)
    return send_failure({step::message, EINVAL});
  const outcome bad = enter_phase(self, wanted.phase);
  if (bad.failed()) return send_failure(bad);
  send_reply({answer::entered, step::none, 0, 0, 0});
}

/// Points `into` at the texts in the message; false when the layout is not what it says.
bool find_texts(char* from, std::size_t bytes, std::size_t count, char** into) {
  const char* const end = from + bytes;
  for (std::size_t i = 0; i < count; ++i) {
    char* const zero =
        static_cast<char*>(std::memchr(from, 0, static_cast<std::size_t>(end - from)));
    if (zero == nullptr) return false;
    into[i] = from;
    from = zero + 1;
  }
  into[count] = nullptr;
  return from == end;
}

/// The words of the command: those that came, or the shell with the line.
bool find_words(char* line, const wire::execute_request& wanted) {
  static char option[] = "-c";
  static char end_of_options[] = "--";
  if (wanted.words > wire::max_words) return false;
  if (wanted.words > 0) return find_texts(line, wanted.line_bytes, wanted.words, words);
  words[0] = shell;
  words[1] = option;
  words[2] = end_of_options;
  words[3] = line;
  words[4] = nullptr;
  return true;
}

void answer_execute(first_process& self, const received& got) {
  wire::execute_request wanted;
  if (got.size < sizeof wanted || got.descriptor < 0) leave(3);
  std::memcpy(&wanted, message, sizeof wanted);
  char* const line = message + sizeof wanted;
  const std::size_t line_bytes = wanted.line_bytes;
  if (line_bytes == 0 || line_bytes > wire::max_line + 1 ||
      wanted.environment_bytes > wire::max_environment ||
      got.size != sizeof wanted + line_bytes + wanted.environment_bytes ||
      line[line_bytes - 1] != '\0' ||
      wanted.variables > wire::max_variables ||
      !find_texts(line + line_bytes, wanted.environment_bytes, wanted.variables, variables) ||
      !find_words(line, wanted))
    leave(3);
  if (!self.in_phase) {
    got.close_all();
    return send_failure({step::workspace, ENOENT});
  }
  const started child = start_command(self, words, variables, got.second, got.descriptor);
  got.close_all();
  if (child.failure.failed()) {
    std::uint64_t unused = 0;
    kill_rest(unused);
    return send_failure(child.failure);
  }
  send_reply(wait_for(self, child.pid));
}

[[noreturn]] void serve(first_process& self) {
  for (;;) {
    const received got = receive(message, sizeof message);
    switch (kind_of(message)) {
      case request::enter:
        if (got.descriptor >= 0) leave(3);
        answer_enter(self, got.size);
        break;
      case request::execute:
        answer_execute(self, got);
        break;
      case request::stop:  // it came too late: its command had ended
        break;
      default:
        leave(3);
    }
  }
}

}  // namespace
}  // namespace skein::cell::init

int main(int count, char** words) {
  using namespace skein::cell;
  if (count > 1 && std::strcmp(words[1], "attempt") == 0) return init::attempt_all(count > 2);
  ::syscall(SYS_close_range, static_cast<unsigned>(wire::socket_descriptor + 1), ~0U, 0);
  ::fcntl(wire::socket_descriptor, F_SETFD, FD_CLOEXEC);
  init::first_process self;
  // First of all a handle, so that the host can put us under its limits and see us die.
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0));
  if (handle < 0) {
    init::send_failure(init::failed_at(wire::step::process_handle));
    return 1;
  }
  init::send_reply({wire::answer::hello, wire::step::none, 0, 0, 0}, handle);
  ::close(handle);
  const init::received got = init::receive(init::setup_message, sizeof init::setup_message);
  init::outcome bad = init::read_setup(self, init::setup_message, got.size);
  if (!bad.failed()) bad = init::set_up(self);
  int workspaces = -1;
  if (!bad.failed() && self.set.limits.own_memory != 0)
    bad = init::mount_own_memory(self.set.limits, workspaces);
  if (!bad.failed()) bad = init::confine(self);
  if (!bad.failed()) bad = init::hand_out_ports(self);
  if (bad.failed()) {
    init::send_failure(bad);
    return 1;
  }
  init::send_reply({wire::answer::ready, wire::step::none, 0, 0, 0}, workspaces);
  if (workspaces >= 0) ::close(workspaces);
  init::serve(self);
}
