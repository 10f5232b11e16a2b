#include "runtime/cell/cell.hpp"

#include "runtime/cell/session.hpp"
#include "runtime/process/spawn.hpp"

#include <boost/asio/post.hpp>

#include <unistd.h>

namespace skein::cell {
namespace {

/// What callers hold. Not the session: that belongs to the loop, which may be gone before us.
class live_cell final : public cell {
 public:
  live_cell(process::io_loop& loop, const std::shared_ptr<session>& held, const cell_spec& spec)
      : loop_(loop),
        session_(held),
        processes_(held->processes()),
        name_(spec.name),
        memory_(held->take_memory()),
        workspaces_(memory_ ? "/proc/self/fd/" + std::to_string(memory_.get())
                            : spec.root.string()) {}
  /// Touches no loop: the processes die and the session, if it is still there, notices.
  ~live_cell() override {
    processes_->abandoned = true;
    processes_->kill();
  }

  [[nodiscard]] const std::filesystem::path& workspaces() const override { return workspaces_; }
  void enter_phase(const std::string& phase, std::function<void(result<>)> done) override {
    on_loop([weak = session_, name = name_, phase, done = std::move(done)]() mutable {
      if (const auto held = weak.lock()) return held->enter_phase(phase, std::move(done));
      done(ended(name, "enter phase " + phase));
    });
  }
  void execute(command what, std::function<void(result<command_result>)> done) override {
    on_loop(
        [weak = session_, name = name_, what = std::move(what), done = std::move(done)]() mutable {
          if (const auto held = weak.lock()) return held->execute(std::move(what), std::move(done));
          done(ended(name, "run a command"));
        });
  }
  void kill(std::function<void()> done) override {
    on_loop([weak = session_, done = std::move(done)]() mutable {
      if (const auto held = weak.lock()) return held->kill(std::move(done));
      done();
    });
  }

 private:
  template <class Work>
  void on_loop(Work&& work) {
    boost::asio::post(loop_.context(), std::forward<Work>(work));
  }

  process::io_loop& loop_;
  std::weak_ptr<session> session_;
  std::shared_ptr<cell_processes> processes_;
  std::string name_;
  process::descriptor memory_;  ///< of storage::own_memory
  std::filesystem::path workspaces_;
};

}  // namespace

void cell::start(process::io_loop& loop, cell_spec spec, started_fn done) {
  // On the loop's thread: bubblewrap dies with the thread that started it.
  boost::asio::post(
      loop.context(), [&loop, spec = std::move(spec), done = std::move(done)]() mutable {
        auto begun = std::make_shared<session>(loop, std::move(spec));
        begun->start([&loop, weak = std::weak_ptr(begun), done = std::move(done)](result<> ready) {
          if (!ready) return done(ready.error());
          const auto held = weak.lock();
          done(std::shared_ptr<cell>(std::make_shared<live_cell>(loop, held, held->spec())));
        });
      });
}

result<std::filesystem::path> find_cell_program() {
  return process::find_own_program("skein-cell");
}

}  // namespace skein::cell
