#include "runtime/mcp/server_program.hpp"

#include "runtime/process/spawn.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace skein::mcp {
namespace {

namespace asio = boost::asio;

class host_program : public server_program, public std::enable_shared_from_this<host_program> {
 public:
  host_program(process::io_loop& loop, process::spawned child)
      : pid_(child.pid), watch_(loop.context(), child.watch.release()) {}
  ~host_program() override { bury(); }

  void signal(int number) override {
    // The group's number cannot be reused before its leader is reaped.
    if (pid_ > 0) ::kill(-pid_, number);
  }

  void when_ended(std::function<void(std::string)> ended) override {
    watch_.async_wait(asio::posix::stream_descriptor::wait_read,
                      [weak = weak_from_this(), ended = std::move(ended)](auto failed) {
                        const auto self = weak.lock();
                        if (!self || failed) return;
                        ended(self->bury());
                      });
  }

 private:
  std::string bury() {
    if (pid_ > 0) {
      ::kill(-pid_, SIGKILL);
      const int status = process::reap(pid_);
      pid_ = -1;
      how_ = WIFSIGNALED(status) ? "was ended by signal " + std::to_string(WTERMSIG(status))
                                 : "exited with status " + std::to_string(WEXITSTATUS(status));
    }
    return how_;
  }

  pid_t pid_;
  asio::posix::stream_descriptor watch_;
  std::string how_;
};

struct pipe_ends {
  process::descriptor read;
  process::descriptor write;
};

result<pipe_ends> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("open a pipe", errno);
  return pipe_ends{process::descriptor(ends[0]), process::descriptor(ends[1])};
}

result<started_server> start(process::io_loop& loop, const host_program_spec& spec) {
  if (spec.argv.empty()) return error{errc::invalid, "start a server: no program given", ""};
  SKEIN_TRY(program, process::find_program(spec.argv.front()));
  SKEIN_TRY(input, open_pipe());
  SKEIN_TRY(output, open_pipe());
  SKEIN_TRY(errors, open_pipe());
  SKEIN_TRY(child, process::spawn({program,
                                   spec.argv,
                                   spec.environment,
                                   spec.directory,
                                   {input.read.get(), output.write.get(), errors.write.get()}}));
  started_server out;
  out.input = std::move(input.write);
  out.output = std::move(output.read);
  out.errors = std::move(errors.read);
  out.program = std::make_shared<host_program>(loop, std::move(child));
  return out;
}

}  // namespace

server_launcher on_host(host_program_spec spec) {
  return [spec = std::move(spec)](process::io_loop& loop,
                                  std::function<void(result<started_server>)> done) {
    done(start(loop, spec));
  };
}

}  // namespace skein::mcp
