#include "runtime/cell/session.hpp"

#include "runtime/cell/environment.hpp"
#include "runtime/cell/refusal.hpp"
#include "runtime/cell/request_check.hpp"
#include "runtime/cell/root_layout.hpp"
#include "runtime/cell/seccomp_filter.hpp"
#include "runtime/process/spawn.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

namespace skein::cell {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr auto start_deadline = 20s;
constexpr auto phase_deadline = 60s;  // leaving a phase unmounts what it wrote
constexpr auto stop_deadline = 20s;
constexpr std::size_t most_complaint = 4096;
constexpr int turns_per_wake = 4;
constexpr int turns_at_end = 64;  // more than a pipe holds

/// Whether the process behind a pidfd is dead; true for a descriptor that cannot be asked.
bool process_ended(int pidfd) {
  pollfd asked{pidfd, POLLIN, 0};
  return ::poll(&asked, 1, 0) != 0;
}

/// The process id behind a pidfd, as this process sees it; 0 when it is dead.
pid_t process_id(int handle) {
  std::ifstream in("/proc/self/fdinfo/" + std::to_string(handle));
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("Pid:")) continue;
    const auto digits = line.find_first_of("0123456789");
    pid_t pid = 0;
    if (digits != std::string::npos)
      std::from_chars(line.data() + digits, line.data() + line.size(), pid);
    return pid;
  }
  return 0;
}

}  // namespace

error ended(const std::string& cell, const std::string& attempted) {
  return {errc::unavailable, "cell " + cell + ": " + attempted + ": the cell has ended",
          "start another cell"};
}

session::session(process::io_loop& loop, cell_spec spec)
    : loop_(loop),
      spec_(std::move(spec)),
      socket_(loop.context()),
      complaint_(loop.context()),
      first_watch_(loop.context()),
      bubblewrap_watch_(loop.context()),
      timer_(loop.context()) {}

session::~session() {
  processes_->kill();
  if (!reaped_) process::reap(processes_->bubblewrap);
  if (processes_->first_watch && !first_dead_) {
    // Bounded: only after it is dead can the control group be removed.
    pollfd dead{processes_->first_watch.get(), POLLIN, 0};
    ::poll(&dead, 1, 2000);
  }
}

error session::not_possible(const std::string& attempted) const {
  if (state_ == state::busy || state_ == state::starting)
    return {errc::conflict, "cell " + spec_.name + ": " + attempted + ": it is busy",
            "wait for the pending request"};
  return ended(spec_.name, attempted);
}

// ── Starting ──────────────────────────────────────────────────────────────────────────────────

void session::start(ready_fn done) {
  if (auto bad = check_spec(spec_); !bad) return done(bad.error());
  if (!spec_.ports.empty()) spec_.families = sockets::internet;
  if (const auto& filter = command_filter(spec_.families); !filter) return done(filter.error());
  // Not required: rlimits hold without it.
  auto group = control_group::make(spec_.limits);
  in_group_ = group && group->enter();
  auto child = launch(spec_);
  const auto left = in_group_ ? group->leave() : result<>{};
  if (group) group_ = std::move(*group);
  if (!child) return done(child.error());
  if (!left) {
    child->processes->kill();
    process::reap(child->processes->bubblewrap);
    return done(left.error());
  }
  on_ready_ = std::move(done);
  processes_ = std::move(child->processes);
  bubblewrap_dead_ = reaped_ = false;
  socket_.assign(child->socket.release());
  complaint_.assign(child->complaint.release());
  bubblewrap_watch_.assign(::fcntl(processes_->bubblewrap_watch.get(), F_DUPFD_CLOEXEC, 3));
  watch_process(bubblewrap_watch_, &session::bubblewrap_dead_);
  watch_socket();
  arm(start_deadline, &session::no_answer);
}

void session::on_hello(process::descriptor handle) {
  if (!handle || processes_->first_watch)
    return end({errc::internal, "cell " + spec_.name + ": the first process sent no handle", ""});
  processes_->first_watch = std::move(handle);
  first_dead_ = false;
  first_watch_.assign(::fcntl(processes_->first_watch.get(), F_DUPFD_CLOEXEC, 3));
  watch_process(first_watch_, &session::first_dead_);
  if (group_ && !in_group_) {
    const pid_t first = process_id(processes_->first_watch.get());
    if (first <= 0 || !group_->add(first)) group_.reset();
  }
  if (auto sent = send_setup(); !sent) end(sent.error());
}

result<> session::send_setup() {
  const cell_limits fallback;
  const auto or_default = [](auto value, auto standard) { return value != 0 ? value : standard; };
  const cell_limits& asked = spec_.limits;
  const auto memory = or_default(asked.memory_bytes, fallback.memory_bytes);
  wire::setup_request setup;
  // A per-process limit counts reserved memory too, which some runtimes and sanitizers do by the
  // terabyte: only where no control group counts what is really used.
  setup.memory_bytes = group_ && group_->limits_memory() ? 0 : memory;
  setup.temporary_bytes = memory / 2;
  setup.file_bytes = or_default(asked.file_bytes, fallback.file_bytes);
  setup.processes = or_default(asked.processes, fallback.processes);
  setup.open_files = or_default(asked.open_files, fallback.open_files);
  setup.cpu_seconds =
      static_cast<std::uint64_t>(or_default(asked.cpu.count(), fallback.cpu.count()));
  setup.overlay = spec_.how == workspace::strategy::overlay ? 1 : 0;
  setup.port_count = static_cast<std::uint32_t>(spec_.ports.size());
  for (std::size_t i = 0; i < spec_.ports.size(); ++i) setup.ports[i] = spec_.ports[i].number;
  setup.disk_bytes = or_default(asked.disk_bytes, fallback.disk_bytes);
  setup.disk_files = or_default(asked.disk_files, fallback.disk_files);
  setup.own_memory = spec_.where == storage::own_memory ? 1 : 0;
  const std::string& filter = *command_filter(spec_.families);
  setup.filter_bytes = static_cast<std::uint32_t>(filter.size());
  return send(&setup, sizeof setup, filter);
}

// ── Requests ──────────────────────────────────────────────────────────────────────────────────

void session::enter_phase(const std::string& phase, std::function<void(result<>)> done) {
  if (state_ != state::idle) return done(not_possible("enter phase " + phase));
  if (auto bad = check_phase(phase); !bad) return done(bad.error());
  wire::enter_request enter;
  phase.copy(enter.phase, wire::max_phase);
  if (auto sent = send(&enter, sizeof enter, {}); !sent) {
    end(sent.error());
    return done(sent.error());
  }
  state_ = state::busy;
  in_phase_ = false;
  on_entered_ = std::move(done);
  arm(phase_deadline, &session::no_answer);
}

void session::execute(command what, std::function<void(result<command_result>)> done) {
  if (state_ != state::idle) return done(not_possible("run a command"));
  if (!in_phase_)
    return done(error{errc::conflict, "cell " + spec_.name + ": run a command: no phase entered",
                      "enter a phase first"});
  auto packed = pack_command(what, spec_.environment, standard_environment());
  if (!packed) return done(packed.error());
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return done(errno_error("cell " + spec_.name + ": open a pipe", errno));
  const process::descriptor write_end(pipe[1]);
  ::fcntl(pipe[0], F_SETFL, O_NONBLOCK);
  running_ = std::make_unique<running>(std::move(what), std::move(done), loop_.context());
  running_->pipe.assign(pipe[0]);
  state_ = state::busy;
  // Not kept: whoever holds the other end is to notice when the command closes its input.
  const auto input = std::move(running_->spec.input);
  if (auto sent = send(&packed->head, sizeof packed->head, packed->rest, write_end.get(),
                       input ? input->get() : -1);
      !sent)
    return end(sent.error());
  watch_output();
  arm(running_->spec.timeout, &session::command_timed_out);
}

result<> session::send(const void* fixed, std::size_t fixed_size, const std::string& rest,
                       int attached, int second) {
  std::array<iovec, 2> parts{
      {{const_cast<void*>(fixed), fixed_size}, {const_cast<char*>(rest.data()), rest.size()}}};
  const std::array<int, 2> numbers{attached, second};
  const std::size_t used = (attached >= 0 ? 1 : 0) + (second >= 0 ? 1 : 0);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof numbers)> control{};
  msghdr header = {};
  header.msg_iov = parts.data();
  header.msg_iovlen = parts.size();
  if (used > 0) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(used * sizeof(int));
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(used * sizeof(int));
    std::memcpy(CMSG_DATA(part), numbers.data(), used * sizeof(int));
  }
  if (::sendmsg(socket_.native_handle(), &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return {};
  error why = errno_error("cell " + spec_.name + ": reach its first process", errno);
  why.code = errc::unavailable;
  return why;
}

// ── Replies ───────────────────────────────────────────────────────────────────────────────────

void session::watch_socket() {
  socket_.async_wait(stream::wait_read, [self = shared_from_this()](auto failed) {
    if (failed || self->state_ == state::dead) return;
    self->receive();
  });
}

void session::receive() {
  wire::reply reply;
  iovec data{&reply, sizeof reply};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header = {};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(socket_.native_handle(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return watch_socket();
  // The end of the stream; the process watches tell why.
  if (size <= 0) return;
  process::descriptor attached;
  if (const cmsghdr* part = CMSG_FIRSTHDR(&header);
      part != nullptr && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
    int number = -1;
    std::memcpy(&number, CMSG_DATA(part), sizeof number);
    attached.reset(number);
  }
  if (size != static_cast<ssize_t>(sizeof reply)) {
    end({errc::internal, "cell " + spec_.name + ": unreadable message from its first process", ""});
  } else if (reply.kind == wire::answer::hello) {
    on_hello(std::move(attached));
  } else if (reply.kind == wire::answer::listening) {
    on_listening(reply.status, std::move(attached));
  } else {
    on_reply(reply, std::move(attached));
  }
  if (state_ != state::dead) watch_socket();
}

void session::on_listening(int port, process::descriptor listener) {
  if (state_ != state::starting) return;
  if (!listener || ports_handed_out_ == spec_.ports.size() ||
      spec_.ports[ports_handed_out_].number != port)
    return end(
        {errc::internal, "cell " + spec_.name + ": the first process sent a wrong port", ""});
  spec_.ports[ports_handed_out_++].listening(std::move(listener));
}

void session::on_reply(const wire::reply& reply, process::descriptor attached) {
  if (state_ == state::starting) {
    if (reply.kind != wire::answer::ready) return end(refusal(spec_.name, reply));
    if (ports_handed_out_ != spec_.ports.size())
      return end({errc::internal, "cell " + spec_.name + ": the first process kept a port", ""});
    if (attached.get() < 0 && spec_.where == storage::own_memory)
      return end({errc::internal, "cell " + spec_.name + ": it has no memory of its own", ""});
    memory_ = std::move(attached);
    timer_.cancel();
    ++timer_turn_;
    state_ = state::idle;
    return std::exchange(on_ready_, nullptr)({});
  }
  if (state_ != state::busy) return;
  timer_.cancel();
  ++timer_turn_;
  state_ = state::idle;
  if (on_entered_) {
    in_phase_ = reply.kind == wire::answer::entered;
    auto done = std::exchange(on_entered_, nullptr);
    return in_phase_ ? done({}) : done(refusal(spec_.name, reply));
  }
  finish_command(reply);
}

void session::finish_command(const wire::reply& reply) {
  const auto ended = std::move(running_);
  if (reply.kind != wire::answer::done) return ended->done(refusal(spec_.name, reply));
  // Whoever could write is dead, so what the pipe holds now is all there will be.
  std::array<char, 65536> buffer;
  for (int turn = 0; turn < turns_at_end && ended->pipe.is_open(); ++turn) {
    const ssize_t got = ::read(ended->pipe.native_handle(), buffer.data(), buffer.size());
    if (got <= 0) break;
    ended->window.append({buffer.data(), static_cast<std::size_t>(got)});
  }
  command_result outcome;
  const int status = reply.status;
  outcome.end = WIFSIGNALED(status) ? command_end::signalled : command_end::exited;
  outcome.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  if (ended->stopped) outcome.end = *ended->stopped;
  outcome.output = ended->window.text();
  if (reply.error == EDQUOT && !ended->stopped) {
    outcome.end = command_end::signalled;
    outcome.code = SIGXFSZ;
    outcome.output += "\n[the workspace holds more than the cell may store, or its disk is full]\n";
  }
  outcome.output_bytes = ended->window.total();
  outcome.truncated = ended->window.truncated();
  outcome.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                            std::chrono::steady_clock::now() - ended->began)
                            .count();
  outcome.cpu_ms = static_cast<std::int64_t>(reply.cpu_us / 1000);
  ended->done(std::move(outcome));
}

// ── Output and the clock ──────────────────────────────────────────────────────────────────────

void session::watch_output() {
  running_->pipe.async_wait(stream::wait_read, [self = shared_from_this()](auto failed) {
    if (failed || !self->running_) return;
    if (self->read_output(turns_per_wake)) self->watch_output();
  });
}

bool session::read_output(int turns) {
  std::array<char, 65536> buffer;
  running& now = *running_;
  for (; turns > 0; --turns) {
    const ssize_t got = ::read(now.pipe.native_handle(), buffer.data(), buffer.size());
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    now.window.append({buffer.data(), static_cast<std::size_t>(got)});
    if (now.spec.kill_on_output_limit && now.window.truncated() && !now.stopped)
      stop_command(command_end::output_exceeded);
    if (!running_) return false;
  }
  return true;
}

void session::stop_command(command_end why) {
  running_->stopped = why;
  const wire::stop_request stop;
  if (auto sent = send(&stop, sizeof stop, {}); !sent) return end(sent.error());
  arm(stop_deadline, &session::no_answer);
}

void session::arm(std::chrono::milliseconds after, void (session::*expired)()) {
  timer_.expires_after(after);
  timer_.async_wait([self = shared_from_this(), expired, turn = ++timer_turn_](auto failed) {
    if (!failed && turn == self->timer_turn_) (self.get()->*expired)();
  });
}

void session::command_timed_out() {
  if (running_ && !running_->stopped) stop_command(command_end::timed_out);
}

void session::no_answer() {
  remember_complaint();
  end({errc::timeout,
       "cell " + spec_.name + ": its first process does not answer" +
           (said_.empty() ? "" : ": " + said_),
       "the cell was killed; look for a hanging file system"});
}

// ── The end ───────────────────────────────────────────────────────────────────────────────────

void session::kill(std::function<void()> done) {
  if (state_ == state::dead) return done();
  on_dead_.push_back(std::move(done));
  end({errc::cancelled, "cell " + spec_.name + ": killed", ""});
}

void session::end(error why) {
  if (state_ == state::ending || state_ == state::dead) return;
  const bool starting = state_ == state::starting;
  state_ = state::ending;
  timer_.cancel();
  ++timer_turn_;
  processes_->kill();
  if (starting) start_failure_ = why;
  if (auto done = std::exchange(on_entered_, nullptr)) done(why);
  if (auto ended = std::move(running_)) ended->done(why);
  finish_death();
}

void session::watch_process(stream& watch, bool session::*dead) {
  watch.async_wait(stream::wait_read, [self = shared_from_this(), &watch, dead](auto failed) {
    if (failed) return;
    // A duplicate of a descriptor that was watched before can wake its successor in the reactor.
    if (!process_ended(watch.native_handle())) return self->watch_process(watch, dead);
    self.get()->*dead = true;
    // What it still said explains its end better than we can.
    if (self->state_ == state::starting || self->state_ == state::busy) self->receive();
    self->remember_complaint();
    if (self->state_ == state::starting) {
      self->end(bubblewrap_refusal(self->spec_.name, self->said_));
    } else if (self->processes_->abandoned) {
      self->end({errc::cancelled, "cell " + self->spec_.name + ": killed", ""});
    } else {
      self->end({errc::unavailable,
                 "cell " + self->spec_.name + ": its first process died" +
                     (self->said_.empty() ? "" : ": " + self->said_),
                 "retry in another cell; the machine may be out of memory"});
    }
    self->finish_death();
  });
}

void session::remember_complaint() {
  std::array<char, most_complaint> buffer;
  while (complaint_.is_open() && said_.size() < most_complaint) {
    const ssize_t got =
        ::read(complaint_.native_handle(), buffer.data(), most_complaint - said_.size());
    if (got <= 0) break;
    said_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void session::finish_death() {
  if (state_ != state::ending || !first_dead_ || !bubblewrap_dead_) return;
  state_ = state::dead;
  process::reap(processes_->bubblewrap);
  reaped_ = true;
  group_.reset();
  boost::system::error_code ignored;
  for (stream* open : {&socket_, &complaint_, &first_watch_, &bubblewrap_watch_})
    open->close(ignored);
  if (start_failure_) std::exchange(on_ready_, nullptr)(*start_failure_);
  for (auto& done : std::exchange(on_dead_, {})) done();
}

}  // namespace skein::cell
