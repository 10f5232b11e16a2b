#include "actors/console/link.hpp"

#include "actors/console/dial.hpp"
#include "actors/console/socket_middleman.hpp"
#include "actors/console/system.hpp"
#include "schema/wire/console.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace skein::console {

namespace {

using std::chrono::milliseconds;

/// Time for a refusal that is under way to arrive.
constexpr milliseconds last_words{200};

constexpr std::array all_codes{
    errc::invalid, errc::not_found, errc::conflict,    errc::refused, errc::unauthorised,
    errc::stale,   errc::in_use,    errc::unsupported, errc::timeout, errc::cancelled,
    errc::io,      errc::corrupt,   errc::unavailable, errc::internal};

template <class Reply>
error told(const Reply& from) {
  error out{errc::internal, from.message, from.remedy};
  for (const auto each : all_codes) {
    if (from.failed == to_string(each)) out.code = each;
  }
  return out;
}

class open_link final : public link {
 public:
  open_link(std::unique_ptr<dialled> line, std::string server, const std::string& application)
      : server_(std::move(server)),
        line_(std::move(line)),
        config_(application, 1),
        system_(config_),
        home_(system_) {}

  ~open_link() override {
    session_ = nullptr;
    caf::anon_send_exit(middleman_, caf::exit_reason::kill);
    middleman_ = nullptr;
    line_.reset();  // hangs up
  }

  result<> greet(const credentials& with, const link_options& options) {
    SKEIN_CHECK(open_middleman());
    wire::console_actor console;
    result<> outcome = error{};
    const auto failed = [&](const caf::error& why) { outcome = explain(why, "greet it"); };
    home_
        ->request(middleman_, options.connect, caf::connect_atom::value, std::string{"fleet"},
                  std::uint16_t{1})
        .receive(
            [&](const caf::node_id&, const caf::strong_actor_ptr& found, std::set<std::string>&) {
              console = caf::actor_cast<wire::console_actor>(found);
              outcome = {};
            },
            failed);
    SKEIN_CHECK(outcome);
    if (!console) return error{errc::unavailable, "reach " + server_ + ": there is no console", {}};
    wire::hello hello;
    if (options.version != 0) hello.version = options.version;
    hello.program = options.program;
    hello.token = with.token;
    home_->request(console, options.connect, std::move(hello))
        .receive(
            [&](wire::welcome& said, wire::session_actor& session) {
              outcome = said.failed.empty() ? result<>{} : result<>{told(said)};
              if (!outcome) return;
              seal_ = said.seal;
              session_ = session;
              welcome_ = {
                  said.program,
                  said.server,
                  {said.operator_name, parse_role(said.role).value_or(role::viewer), said.tenant}};
            },
            failed);
    return outcome;
  }

  [[nodiscard]] const greeting& welcome() const override { return welcome_; }

  result<page> order(const std::string& verb, const std::string& args,
                     milliseconds longest) override {
    return ask(wire::order{seal_, verb, args}, longest, verb);
  }
  result<page> question(const std::string& method, const std::string& args,
                        const std::string& cursor, milliseconds longest) override {
    return ask(wire::question{seal_, method, args, cursor}, longest, method);
  }
  result<page> fetch(const std::string& run, const std::string& ref, std::uint64_t offset,
                     std::uint32_t length, milliseconds longest) override {
    return ask(wire::fetch{seal_, run, ref, offset, length}, longest, "fetch " + ref);
  }

 private:
  result<> open_middleman() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
      return errno_error("make a socket pair", errno);
    }
    const process::descriptor in{ends[0]};
    process::descriptor out{ends[1]};
    const int number = line_->take().release();
    if (::send(in.get(), &number, sizeof number, MSG_NOSIGNAL) < 0) {
      return errno_error("hand a socket over", errno);
    }
    middleman_ = socket_middleman(system_, std::move(out));
    return {};
  }

  template <class Request>
  result<page> ask(Request request, milliseconds longest, const std::string& what) {
    caf::scoped_actor self{system_};
    result<page> outcome = error{};
    self->request(session_, longest, std::move(request))
        .receive(
            [&](wire::answer& said) {
              if (!said.failed.empty()) {
                outcome = told(said);
              } else {
                outcome = page{std::move(said.body), std::move(said.next), said.total};
              }
            },
            [&](const caf::error& why) { outcome = explain(why, what); });
    return outcome;
  }

  /// The line knows better than the middleman why it is gone.
  error explain(const caf::error& why, const std::string& attempted) const {
    if (auto ended = line_->wait_ended(last_words)) {
      const bool greeting = !session_;
      if (greeting && ended->code == errc::unavailable && ended->message.ends_with("it hung up")) {
        return {errc::unavailable, ended->message + " before it greeted",
                "both sides have to be of the same version of skein; if they are, it has all the "
                "connections that it takes"};
      }
      return *ended;
    }
    if (why == caf::sec::request_timeout) {
      return {errc::timeout, "ask " + server_ + " (" + attempted + "): no answer in time",
              "it may still be carried out; look with `skein get`"};
    }
    return {errc::unavailable, "ask " + server_ + " (" + attempted + "): " + system_.render(why),
            "see whether `skein serve` still runs there"};
  }

  const std::string server_;
  std::unique_ptr<dialled> line_;
  remote_config config_;
  caf::actor_system system_;
  caf::scoped_actor home_;  ///< the session lives as long as this one
  caf::io::middleman_actor middleman_;
  wire::session_actor session_;
  std::string seal_;
  greeting welcome_;
};

}  // namespace

result<std::unique_ptr<link>> link::open(const endpoint& where, const credentials& with,
                                         link_options options) {
  const std::string application =
      options.application.empty() ? wire::app_identifier : options.application;
  SKEIN_TRY(line, dial(where, with, {application, options.connect}));
  auto made = std::make_unique<open_link>(std::move(line), to_string(where), application);
  SKEIN_CHECK(made->greet(with, options));
  return std::unique_ptr<link>{std::move(made)};
}

}  // namespace skein::console
