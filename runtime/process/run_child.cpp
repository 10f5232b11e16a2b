#include "runtime/process/run_child.hpp"

#include "runtime/process/spawn.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace skein::process {
namespace {

using clock = std::chrono::steady_clock;

struct pipe_ends {
  descriptor read;
  descriptor write;
};

result<pipe_ends> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("open a pipe", errno);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return pipe_ends{descriptor(ends[0]), descriptor(ends[1])};
}

/// The input as a file in memory: nobody has to feed the child, and a child that does not read
/// cannot raise SIGPIPE here.
result<descriptor> input_file(const std::string& input) {
  if (input.empty()) {
    descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!null) return errno_error("open /dev/null", errno);
    return null;
  }
  descriptor file(::memfd_create("input", MFD_CLOEXEC));
  if (!file) return errno_error("make an input file in memory", errno);
  std::size_t done = 0;
  while (done < input.size()) {
    const ssize_t wrote = ::write(file.get(), input.data() + done, input.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return errno_error("write an input file in memory", errno);
    done += static_cast<std::size_t>(wrote);
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

/// One stream of the child, kept up to its limit, read to its end.
struct stream {
  descriptor from;
  std::string kept;
  std::size_t limit;

  /// Bounded: a child that never stops writing must not keep us from the clock.
  void read_available() {
    std::array<char, 65536> buffer;
    for (int turn = 0; from && turn < 32; ++turn) {
      const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) return from.reset();
      const auto room = limit - std::min(limit, kept.size());
      kept.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
    }
  }
};

}  // namespace

result<child_result> run_child(const child_spec& spec, std::stop_token stop) {
  if (spec.argv.empty()) return error{errc::invalid, "start a program: no name given", ""};
  const std::string& name = spec.argv.front();
  if (stop.stop_requested()) return error{errc::cancelled, "run " + name + ": cancelled", ""};
  SKEIN_TRY(program, find_program(name));
  SKEIN_TRY(input, input_file(spec.input));
  SKEIN_TRY(out_pipe, open_pipe());
  SKEIN_TRY(err_pipe, open_pipe());
  descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return errno_error("make an event descriptor", errno);

  SKEIN_TRY(started, spawn({program,
                            spec.argv,
                            spec.environment,
                            spec.directory,
                            {input.get(), out_pipe.write.get(), err_pipe.write.get()}}));
  out_pipe.write.reset();
  err_pipe.write.reset();
  const std::stop_callback on_stop(stop, [&wake] { ::eventfd_write(wake.get(), 1); });

  stream out{std::move(out_pipe.read), {}, spec.output_limit};
  stream err{std::move(err_pipe.read), {}, spec.output_limit};
  const auto deadline = clock::now() + spec.timeout;
  bool timed_out = false;
  bool cancelled = false;
  for (;;) {
    std::array<pollfd, 4> waits{{{out.from.get(), POLLIN, 0},
                                 {err.from.get(), POLLIN, 0},
                                 {started.watch.get(), POLLIN, 0},
                                 {wake.get(), POLLIN, 0}}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
    const auto wait_ms = std::clamp<std::int64_t>(left.count(), 0, 3'600'000);
    if (::poll(waits.data(), waits.size(), static_cast<int>(wait_ms)) < 0 && errno != EINTR) break;
    if (waits[0].revents != 0) out.read_available();
    if (waits[1].revents != 0) err.read_available();
    if (waits[2].revents != 0) break;
    cancelled = waits[3].revents != 0;
    timed_out = clock::now() >= deadline;
    if (cancelled || timed_out) break;
  }
  // The group's number cannot be reused before its leader is reaped.
  ::kill(-started.pid, SIGKILL);
  const int status = reap(started.pid);
  out.read_available();
  err.read_available();
  if (cancelled) return error{errc::cancelled, "run " + name + ": cancelled", ""};
  if (timed_out)
    return error{
        errc::timeout,
        "run " + name + ": not finished after " + std::to_string(spec.timeout.count()) + " ms",
        "raise the timeout, or find out what it waits for"};
  child_result ended;
  if (WIFEXITED(status)) ended.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.exit_code = 128 + WTERMSIG(status);
  ended.out = std::move(out.kept);
  ended.err = std::move(err.kept);
  return ended;
}

}  // namespace skein::process
