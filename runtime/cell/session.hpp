// The host's side of one cell: the conversation with PID 1, the output pipe, the clock, the end.
// Lives on the loop's thread; only the loop's pending waits keep it, until the last process is
// dead.
#pragma once

#include "runtime/cell/cell.hpp"
#include "runtime/cell/control_group.hpp"
#include "runtime/cell/init/protocol.hpp"
#include "runtime/cell/launch.hpp"
#include "runtime/cell/output_window.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace skein::cell {

/// The answer to a request that came after the end.
[[nodiscard]] error ended(const std::string& cell, const std::string& attempted);

/// ```
/// starting ──hello, ready──▶ idle ──enter/execute──▶ busy ──reply──▶ idle
///     └──────────── end(): any of them ──▶ ending ──both processes dead──▶ dead
/// ```
class session : public std::enable_shared_from_this<session> {
 public:
  using ready_fn = std::function<void(result<>)>;

  session(process::io_loop& loop, cell_spec spec);
  /// Kills and reaps when the loop was stopped before the cell ended.
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  // Everything below runs on the loop's thread.
  void start(ready_fn done);
  void enter_phase(const std::string& phase, std::function<void(result<>)> done);
  void execute(command what, std::function<void(result<command_result>)> done);
  void kill(std::function<void()> done);

  [[nodiscard]] const cell_spec& spec() const { return spec_; }
  /// The folder of a cell with memory of its own, once it is ready.
  [[nodiscard]] process::descriptor take_memory() { return std::move(memory_); }

  /// What ends the cell without the loop; filled in once it is started.
  [[nodiscard]] std::shared_ptr<cell_processes> processes() const { return processes_; }

 private:
  enum class state { starting, idle, busy, ending, dead };
  using stream = boost::asio::posix::stream_descriptor;

  /// The command that runs.
  struct running {
    running(command what, std::function<void(result<command_result>)> done,
            boost::asio::io_context& context)
        : spec(std::move(what)), done(std::move(done)), window(spec.output_limit), pipe(context) {}
    command spec;
    std::function<void(result<command_result>)> done;
    output_window window;
    stream pipe;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    std::optional<command_end> stopped;  ///< why we asked for its end
  };

  [[nodiscard]] result<> send(const void* fixed, std::size_t fixed_size, const std::string& rest,
                              int attached = -1, int second = -1);
  [[nodiscard]] result<> send_setup();
  [[nodiscard]] error not_possible(const std::string& attempted) const;

  void watch_socket();
  void receive();
  void on_hello(process::descriptor handle);
  void on_listening(int port, process::descriptor listener);
  void on_reply(const wire::reply& reply, process::descriptor attached);
  void finish_command(const wire::reply& reply);

  void watch_output();
  /// Reads at most `turns` buffers; true while there may be more.
  bool read_output(int turns);
  void stop_command(command_end why);
  void arm(std::chrono::milliseconds after, void (session::*expired)());
  void command_timed_out();
  void no_answer();

  void watch_process(stream& watch, bool session::*dead);
  void end(error why);
  void finish_death();
  void remember_complaint();

  process::io_loop& loop_;
  cell_spec spec_;
  state state_ = state::starting;
  bool in_phase_ = false;
  bool in_group_ = false;  ///< the cell was started inside its control group
  std::size_t ports_handed_out_ = 0;
  bool first_dead_ = true;  ///< there is none yet
  bool bubblewrap_dead_ = true;
  bool reaped_ = true;

  std::shared_ptr<cell_processes> processes_ = std::make_shared<cell_processes>();
  stream socket_;
  stream complaint_;
  stream first_watch_;
  stream bubblewrap_watch_;
  boost::asio::steady_timer timer_;
  unsigned timer_turn_ = 0;
  std::optional<control_group> group_;
  process::descriptor memory_;
  std::string said_;  ///< bubblewrap's standard error, bounded

  ready_fn on_ready_;
  std::function<void(result<>)> on_entered_;
  std::unique_ptr<running> running_;
  std::optional<error> start_failure_;
  std::vector<std::function<void()>> on_dead_;
};

}  // namespace skein::cell
