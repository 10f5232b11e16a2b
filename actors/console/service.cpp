#include "actors/console/service.hpp"

#include "actors/console/console.hpp"
#include "actors/console/keyring.hpp"
#include "actors/console/socket_middleman.hpp"
#include "actors/console/system.hpp"

#include <spdlog/spdlog.h>
#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <sys/socket.h>
#include <unistd.h>

namespace skein::console {

namespace {

/// Hands sockets to the middleman. One packet each; a full queue means that it does not keep up.
class hatch {
 public:
  static result<std::pair<hatch, process::descriptor>> make() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
      return errno_error("make a socket pair", errno);
    }
    return std::pair{hatch{process::descriptor{ends[0]}}, process::descriptor{ends[1]}};
  }
  void pass(process::descriptor socket) const {
    const int number = socket.get();
    if (::send(in_.get(), &number, sizeof number, MSG_NOSIGNAL) ==
        static_cast<ssize_t>(sizeof number)) {
      (void)socket.release();
    }
  }

 private:
  explicit hatch(process::descriptor in) : in_(std::move(in)) {}
  process::descriptor in_;
};

class running_service final : public service {
 public:
  running_service(service_options options, console::desk& desk, const keyring_files& files,
                  hatch in)
      : world_(std::make_shared<surroundings>(desk, files.operators(), options.program,
                                              to_string(options.listen), options.now_ms)),
        config_(wire::app_identifier, 2),
        system_(config_),
        in_(std::move(in)),
        checked_(files.operators()),
        blamed_(files.operators()) {}

  ~running_service() override {
    close();
    stop_console(console_);
    console_ = nullptr;
    // Their calls hold actors; without them the system can end.
    world_->close();
    caf::anon_send_exit(middleman_, caf::exit_reason::kill);
  }

  result<> start(const service_options& options, const keyring& keys, process::descriptor next) {
    console_ = spawn_console(system_, world_);
    middleman_ = socket_middleman(system_, std::move(next));
    SKEIN_CHECK(publish());
    auto tls = server_context(keys.authority, keys.server, [this](const std::string& certificate) {
      return let_in(certificate);
    });
    if (!tls) return tls.error();
    front_hooks hooks;
    hooks.joined = [this](process::descriptor socket) { in_.pass(std::move(socket)); };
    hooks.check = [this](const std::string& certificate) { return let_in(certificate); };
    hooks.misbehaved = [this](const std::string& certificate, const std::string& what) {
      const auto* row = blamed_.with_certificate(certificate);
      spdlog::warn("remote port: hung up on {}: {}", row == nullptr ? "somebody" : row->name, what);
      if (row != nullptr) world_->note({"connection_refused", row->name, row->tenant, what});
    };
    SKEIN_TRY(opened, front::open(options.listen, *tls, options.limits, std::move(hooks)));
    front_ = std::move(opened);
    return {};
  }

  [[nodiscard]] const endpoint& address() const override { return front_->address(); }

  void close() override { front_.reset(); }

 private:
  bool let_in(const std::string& certificate) {
    const auto* row = checked_.with_certificate(certificate);
    return row != nullptr && row->usable(world_->now_ms());
  }

  result<> publish() {
    caf::scoped_actor self{system_};
    result<> outcome = error{};
    self->request(middleman_, std::chrono::seconds{10}, caf::publish_atom::value, std::uint16_t{1},
                  caf::actor_cast<caf::strong_actor_ptr>(console_), std::set<std::string>{},
                  std::string{}, false)
        .receive(
            [&outcome](std::uint16_t) { outcome = {}; },
            [this, &outcome](const caf::error& failed) {
              outcome = error{errc::internal, "publish the console: " + system_.render(failed), {}};
            });
    return outcome;
  }

  surroundings_ptr world_;
  remote_config config_;
  caf::actor_system system_;
  hatch in_;
  operator_book checked_;  ///< of the front's thread
  operator_book blamed_;   ///< likewise
  wire::console_actor console_;
  caf::io::middleman_actor middleman_;
  std::unique_ptr<front> front_;
};

}  // namespace

result<std::unique_ptr<service>> service::open(service_options options, console::desk& desk) {
  const keyring_files files(options.state);
  SKEIN_TRY(keys, files.open(options.person, options.now_ms()));
  auto ends = hatch::make();
  if (!ends) return ends.error();
  auto made = std::make_unique<running_service>(options, desk, files, std::move(ends->first));
  SKEIN_CHECK(made->start(options, keys, std::move(ends->second)));
  SKEIN_CHECK(files.say_where(to_string(made->address())));
  return std::unique_ptr<service>{std::move(made)};
}

}  // namespace skein::console
