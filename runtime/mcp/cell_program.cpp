#include "runtime/mcp/cell_program.hpp"

#include "schema/text.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

namespace skein::mcp {
namespace {

/// Of what the server wrote to stderr.
constexpr std::uint64_t kept_log = 16U << 10;
constexpr std::size_t told_log = 500;

/// Words as a line of the shell that is nothing but these words.
std::string line_of(const std::vector<std::string>& argv) {
  std::string line = "exec";
  for (const auto& word : argv) {
    line += " '";
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  // One socket for both directions: the cell gives a command its input only.
  return line + " >&0";
}

std::string how_it_ended(const result<cell::command_result>& ended) {
  if (!ended) return "was ended: " + ended.error().message;
  std::string how;
  switch (ended->end) {
    case cell::command_end::exited:
      how = "exited with status " + std::to_string(ended->code);
      break;
    case cell::command_end::signalled:
      how = "was ended by signal " + std::to_string(ended->code);
      break;
    case cell::command_end::timed_out:
      how = "was ended with the run's time";
      break;
    case cell::command_end::output_exceeded:
    case cell::command_end::killed:
      how = "was killed";
      break;
  }
  const auto& log = ended->output;
  if (log.empty()) return how;
  const auto from = log.size() > told_log ? log.size() - told_log : 0;
  return how + "; it wrote " + schema::detail::in_quotes(log.substr(from), told_log);
}

class cell_program : public server_program, public std::enable_shared_from_this<cell_program> {
 public:
  cell_program(process::io_loop& loop, std::weak_ptr<cell::cell> cell)
      : loop_(loop), cell_(std::move(cell)) {}
  ~cell_program() override { kill(); }

  void signal(int) override { kill(); }

  void when_ended(std::function<void(std::string)> ended) override {
    waiting_ = std::move(ended);
    tell();
  }

  void ended(std::string how) {
    how_ = std::move(how);
    kill();
    tell();
  }

 private:
  void kill() {
    if (const auto cell = cell_.lock()) cell->kill([] {});
  }

  void tell() {
    if (!how_ || !waiting_) return;
    boost::asio::post(loop_.context(),
                      [told = std::exchange(waiting_, {}), how = *how_] { told(how); });
  }

  process::io_loop& loop_;
  std::weak_ptr<cell::cell> cell_;
  std::optional<std::string> how_;
  std::function<void(std::string)> waiting_;
};

struct socket_ends {
  process::descriptor ours;
  process::descriptor also_ours;
  process::descriptor theirs;
};

result<socket_ends> open_socket() {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return errno_error("open a socket pair", errno);
  socket_ends out;
  out.ours.reset(pair[0]);
  out.theirs.reset(pair[1]);
  out.also_ours.reset(::fcntl(pair[0], F_DUPFD_CLOEXEC, 3));
  if (!out.also_ours) return errno_error("copy a socket", errno);
  return out;
}

result<program_in_cell> run(process::io_loop& loop, const std::shared_ptr<cell::cell>& in,
                            const cell_program_spec& spec) {
  SKEIN_TRY(ends, open_socket());
  program_in_cell out;
  const auto program = std::make_shared<cell_program>(loop, in);
  out.server = std::make_shared<started_server>();
  out.server->input = std::move(ends.ours);
  out.server->output = std::move(ends.also_ours);
  out.server->program = program;
  out.cell = in;
  cell::command what;
  what.line = line_of(spec.argv);
  what.timeout = spec.time;
  what.output_limit = kept_log;
  what.input = std::make_shared<const process::descriptor>(std::move(ends.theirs));
  in->execute(std::move(what), [weak = std::weak_ptr(program)](const auto& ended) {
    if (const auto self = weak.lock()) self->ended(how_it_ended(ended));
  });
  return out;
}

}  // namespace

void start_in_cell(process::io_loop& loop, cell_program_spec spec,
                   std::function<void(result<program_in_cell>)> done) {
  if (spec.argv.empty()) return done(error{errc::invalid, "start a server: no program given", ""});
  auto cell_of_it = spec.cell;
  auto entered = [&loop, spec = std::move(spec),
                  done = std::move(done)](result<std::shared_ptr<cell::cell>> started) mutable {
    if (!started) return done(started.error());
    const auto in = *started;
    in->enter_phase(server_phase, [&loop, in, spec = std::move(spec),
                                   done = std::move(done)](const result<>& phase) {
      if (!phase) return done(phase.error());
      done(run(loop, in, spec));
    });
  };
  cell::cell::start(loop, std::move(cell_of_it), std::move(entered));
}

}  // namespace skein::mcp
