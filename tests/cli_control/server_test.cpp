// The control socket with a fake fleet behind it and hostile programs in front.
#include "cli/control/server.hpp"

#include "cli/control/client.hpp"
#include "cli/control/offered_fleet.hpp"
#include "cli/control/socket_path.hpp"
#include "tests/cli_control/fake_fleet.hpp"
#include "tests/cli_control/temp_dir.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <future>

namespace skein::cli::control {
namespace {

using namespace std::chrono_literals;

/// A program that says what it likes.
class raw_peer {
 public:
  explicit raw_peer(const std::filesystem::path& socket) {
    auto address = address_of(socket);
    socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address->name.data(), address->name.size());
    connected_ =
        ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
    const timeval longest{20, 0};  // a bound for a broken server, not a measurement
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  }
  [[nodiscard]] bool connected() const { return connected_; }

  /// False when the other side does not listen any more.
  bool say(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void end_of_speech() { ::shutdown(socket_.get(), SHUT_WR); }

  /// Empty at the end.
  std::string line() {
    std::string out;
    char byte = 0;
    while (::recv(socket_.get(), &byte, 1, 0) == 1) {
      if (byte == '\n') return out;
      out += byte;
    }
    return out;
  }
  bool hung_up() {
    char byte = 0;
    const auto got = ::recv(socket_.get(), &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
  }

 private:
  process::descriptor socket_;
  bool connected_ = false;
};

std::string code_in(const std::string& line) {
  const auto answer = nlohmann::json::parse(line, nullptr, false);
  if (!answer.is_object() || !answer.contains("error")) return "no error: " + line;
  return answer["error"]["code"];
}

class ControlServer : public ::testing::Test {
 protected:
  void open(bool takes_work = true, std::chrono::milliseconds line_timeout = 30s,
            std::size_t connections = 32) {
    server_options options;
    options.socket = socket();
    options.command = takes_work ? "serve" : "campaign run";
    options.takes_work = takes_work;
    options.line_timeout = line_timeout;
    options.max_connections = connections;
    auto opened = server::open(fleet_, options);
    ASSERT_TRUE(opened) << opened.error().message;
    server_ = std::move(*opened);
  }
  [[nodiscard]] std::filesystem::path socket() const { return directory_.path() / "control.sock"; }

  void expect_healthy() {
    auto other = client::connect(socket());
    ASSERT_TRUE(other) << other.error().message;
    const auto health = (*other)->active();
    ASSERT_TRUE(health) << health.error().message;
    EXPECT_EQ(health->runs, 4U);
  }

  test::temp_dir directory_;
  test::fake_fleet fleet_;
  std::unique_ptr<server> server_;
};

TEST_F(ControlServer, CarriesEveryOrderAndAnswer) {
  open();
  auto opened = client::connect(socket());
  ASSERT_TRUE(opened) << opened.error().message;
  auto& fleet = **opened;
  EXPECT_EQ(fleet.owner(), (owner_answer{static_cast<int>(::getpid()), "serve"}));

  schema::task task;
  task.name = "t";
  task.spec.intent = "do it";
  EXPECT_EQ(fleet.submit(actors::submit_run{task, "ada", true})->run_id, "run1");
  EXPECT_EQ(fleet_.run->task.name, "t");
  EXPECT_EQ(fleet_.run->by, "ada");
  EXPECT_TRUE(fleet_.run->dry_run);

  schema::campaign campaign;
  campaign.name = "c";
  campaign.task = task.spec;
  campaign.repos.emplace_back().url = "/srv/a.git";
  const auto submitted = fleet.submit(actors::submit_campaign{campaign, "/home", "ada", false});
  ASSERT_TRUE(submitted) << submitted.error().message;
  EXPECT_EQ(submitted->runs, 7U);
  EXPECT_TRUE(submitted->resumed);
  EXPECT_EQ(fleet_.campaign->campaign, campaign);
  EXPECT_EQ(fleet_.campaign->directory, "/home");

  EXPECT_EQ(fleet.attach("abc")->state, schema::run_state::verify);
  EXPECT_EQ(fleet_.attached, "abc");
  EXPECT_EQ(fleet.retry({"c", "ada"})->runs, 3U);
  EXPECT_EQ(fleet_.retried->name, "c");
  EXPECT_EQ(fleet.control({"c", actors::campaign_act::pause, "ada", "why"})->state,
            schema::campaign_state::paused);
  EXPECT_EQ(fleet_.controlled->reason, "why");

  const store::switch_row kill{
      store::switch_kind::kill, store::switch_scope::tenant, "payments", "ada", "smoke", 5};
  const auto killed = fleet.operate(kill);
  ASSERT_TRUE(killed);
  EXPECT_EQ(killed->stopped_runs, 2U);
  EXPECT_EQ(killed->stopped_queued, 5U);
  EXPECT_EQ(killed->took_ms, 11);
  EXPECT_EQ(*fleet_.operated, kill);
  ASSERT_TRUE(fleet.lift({store::switch_scope::tenant, "payments", std::nullopt, "ada"}));
  EXPECT_EQ(fleet_.lifted->target, "payments");
  EXPECT_EQ(fleet.active()->runs, 4U);
  EXPECT_TRUE(fleet.stop(1s));
  EXPECT_EQ(fleet_.stops, 0) << "a client must not stop the fleet of another process";
}

TEST_F(ControlServer, PassesErrorsOn) {
  open();
  fleet_.fails = error{errc::not_found, "no campaign c", "look at `skein get campaigns`"};
  auto fleet = client::connect(socket());
  ASSERT_TRUE(fleet);
  const auto answer = (*fleet)->retry({"c", "ada"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), *fleet_.fails);
}

TEST_F(ControlServer, ACommandThatWillExitTakesSwitchesButNoWork) {
  open(false);
  auto opened = client::connect(socket());
  ASSERT_TRUE(opened);
  auto& fleet = **opened;
  schema::task task;
  task.name = "t";
  const auto refused = fleet.submit(actors::submit_run{task, "ada", false});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::in_use);
  EXPECT_NE(refused.error().message.find("pid " + std::to_string(::getpid())), std::string::npos);
  EXPECT_NE(refused.error().message.find("campaign run"), std::string::npos);
  EXPECT_FALSE(fleet.attach("x"));
  EXPECT_FALSE(fleet.retry({"c", "ada"}));
  EXPECT_EQ(fleet_.submissions, 0);
  EXPECT_TRUE(fleet.operate({}));
  EXPECT_TRUE(fleet.lift({}));
  EXPECT_TRUE(fleet.control({"c", actors::campaign_act::abort, "", ""}));
  EXPECT_TRUE(fleet.active());
}

TEST_F(ControlServer, OnlyTheOwnerMayUseTheFile) {
  open();
  struct stat found {};
  ASSERT_EQ(::stat(socket().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_TRUE(S_ISSOCK(found.st_mode));
  server_.reset();
  EXPECT_NE(::stat(socket().c_str(), &found), 0) << "the file must go with its owner";
}

TEST_F(ControlServer, ReplacesWhatADeadOwnerLeft) {
  open();
  const auto kept = directory_.path() / "kept.sock";
  std::filesystem::create_hard_link(socket(), kept);
  server_.reset();
  std::filesystem::rename(kept, socket());  // as after a crash: a file, and nobody behind it
  const auto nobody = client::connect(socket());
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, errc::unavailable);
  open();
  expect_healthy();
}

TEST_F(ControlServer, WorksInADirectoryWithALongName) {
  std::filesystem::path deep = directory_.path();
  for (int level = 0; level < 4; ++level) deep /= std::string(60, 'd');
  std::filesystem::create_directories(deep);
  server_options options;
  options.socket = deep / "control.sock";
  options.command = "serve";
  auto opened = server::open(fleet_, options);
  ASSERT_TRUE(opened) << opened.error().message;
  auto fleet = client::connect(options.socket);
  ASSERT_TRUE(fleet) << fleet.error().message;
  EXPECT_TRUE((*fleet)->active());
}

TEST_F(ControlServer, AnswersGarbageWithAnErrorAndHangsUp) {
  open();
  for (const std::string line :
       {"\x01\x02\xff\n", "\n", "GET / HTTP/1.1\r\n", "{}\n", "{\"v\":1}\n"}) {
    raw_peer peer(socket());
    ASSERT_TRUE(peer.say(line));
    const auto code = code_in(peer.line());
    EXPECT_TRUE(code == "invalid" || code == "unsupported") << code;
    EXPECT_TRUE(peer.hung_up());
  }
  raw_peer newer(socket());
  ASSERT_TRUE(newer.say("{\"v\":2,\"verb\":\"get_active\",\"args\":{}}\n"));
  EXPECT_EQ(code_in(newer.line()), "unsupported");
  EXPECT_TRUE(newer.hung_up());
  expect_healthy();
}

TEST_F(ControlServer, AnswersAHugeLineWithAnErrorAndHangsUp) {
  open();
  raw_peer peer(socket());
  (void)peer.say(std::string(max_line + 4096, 'x'));
  EXPECT_EQ(code_in(peer.line()), "invalid");
  EXPECT_TRUE(peer.hung_up());
  expect_healthy();
}

TEST_F(ControlServer, AnswersHalfALineAtTheEndOfTheConnection) {
  open();
  raw_peer peer(socket());
  ASSERT_TRUE(peer.say("{\"v\":1,\"verb\":"));
  peer.end_of_speech();
  EXPECT_EQ(code_in(peer.line()), "invalid");
  EXPECT_TRUE(peer.hung_up());
  expect_healthy();
}

TEST_F(ControlServer, DoesNotWaitForEverForASlowWriter) {
  open(true, 100ms);
  raw_peer half(socket());
  ASSERT_TRUE(half.say("{\"v\":1,\"verb\":"));
  EXPECT_EQ(code_in(half.line()), "timeout");
  EXPECT_TRUE(half.hung_up());
  raw_peer silent(socket());
  EXPECT_EQ(code_in(silent.line()), "timeout");
  EXPECT_TRUE(silent.hung_up());
  expect_healthy();
}

TEST_F(ControlServer, AnswersOneRequestAfterTheOther) {
  open();
  raw_peer peer(socket());
  const std::string question = "{\"v\":1,\"verb\":\"get_active\",\"args\":{}}\n";
  ASSERT_TRUE(peer.say(question + question + question));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(decode_answer<actors::active_answer>(peer.line())->runs, 4U);
  }
}

TEST_F(ControlServer, RefusesMoreConnectionsThanItsLimit) {
  open(true, 30s, 2);
  const std::string question = "{\"v\":1,\"verb\":\"get_active\",\"args\":{}}\n";
  raw_peer first(socket());
  raw_peer second(socket());
  for (auto* each : {&first, &second}) {
    ASSERT_TRUE(each->say(question));
    EXPECT_TRUE(decode_answer<actors::active_answer>(each->line()));
  }
  raw_peer third(socket());
  EXPECT_EQ(code_in(third.line()), "refused");
  EXPECT_TRUE(third.hung_up());
  ASSERT_TRUE(first.say(question)) << "those who were there first are still served";
  EXPECT_TRUE(decode_answer<actors::active_answer>(first.line()));
}

TEST_F(ControlServer, T9_11KillDoesNotWaitBehindSubmissions) {
  std::promise<void> let_go;
  fleet_.hold_submissions = let_go.get_future().share();
  open();
  const auto submit = [this] {
    auto fleet = client::connect(socket());
    schema::task task;
    task.name = "t";
    return fleet && (*fleet)->submit(actors::submit_run{task, "ada", false});
  };
  std::vector<std::future<bool>> waiting;
  for (int i = 0; i < 6; ++i) waiting.push_back(std::async(std::launch::async, submit));
  fleet_.entered.acquire();
  fleet_.entered.acquire();  // both lanes for work are taken, the rest queues
  auto fleet = client::connect(socket());
  ASSERT_TRUE(fleet);
  EXPECT_TRUE(
      (*fleet)->operate({store::switch_kind::kill, store::switch_scope::all, {}, {}, {}, 0}));
  EXPECT_EQ(fleet_.submissions, 2);
  let_go.set_value();
  for (auto& each : waiting) EXPECT_TRUE(each.get());
}

TEST_F(ControlServer, CloseAnswersWhatIsUnderWay) {
  std::promise<void> let_go;
  fleet_.hold_switches = let_go.get_future().share();
  open();
  auto killed = std::async(std::launch::async, [this] {
    auto fleet = client::connect(socket());
    return (*fleet)->operate({});
  });
  fleet_.entered.acquire();
  raw_peer idle(socket());
  auto closed = std::async(std::launch::async, [this] { server_->close(20s); });
  EXPECT_TRUE(idle.hung_up()) << "nobody waits for an answer there";
  let_go.set_value();
  closed.get();
  const auto report = killed.get();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->stopped_runs, 2U);
  EXPECT_FALSE(client::connect(socket()));
}

TEST_F(ControlServer, OfferedFleetIsReachedAndStoppedOnce) {
  auto inner = std::make_unique<test::fake_fleet>();
  auto* seen = inner.get();
  server_options options;
  options.socket = socket();
  options.command = "campaign run";
  auto offered = offered_fleet::open(std::move(inner), options);
  ASSERT_TRUE(offered) << offered.error().message;
  auto other = client::connect(socket());
  ASSERT_TRUE(other);
  EXPECT_TRUE((*other)->operate({}));
  EXPECT_TRUE(seen->operated);
  EXPECT_TRUE((*offered)->stop(1s));
  EXPECT_EQ(seen->stops, 1);
  EXPECT_FALSE((*other)->active());
}

/// A peer of the client that answers every connection with the same bytes and hangs up.
class false_server {
 public:
  false_server(const std::filesystem::path& socket, std::string answer)
      : listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, socket.c_str(), sizeof name.sun_path - 1);
    ::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
    ::listen(listening_.get(), 8);
    serving_ = std::async(std::launch::async, [this, answer = std::move(answer)] {
      const process::descriptor peer{::accept(listening_.get(), nullptr, nullptr)};
      (void)::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    });
  }
  ~false_server() { serving_.wait(); }

 private:
  process::descriptor listening_;
  std::future<void> serving_;
};

TEST(ControlClient, NonsenseFromTheOtherSideIsUnavailable) {
  for (const std::string answer :
       {"", "half", "garbage\n", "{\"v\":1,\"ok\":{}}\n", "{\"v\":1}\n",
        "{\"v\":1,\"ok\":{\"pid\":-1,\"command\":\"x\"}}\n", "{\"v\":1,\"error\":{}}\n"}) {
    const test::temp_dir directory;
    const auto socket = directory.path() / "control.sock";
    const false_server other(socket, answer);
    const auto out = client::connect(socket);
    ASSERT_FALSE(out) << answer;
    EXPECT_EQ(out.error().code, errc::unavailable) << answer;
  }
}

}  // namespace
}  // namespace skein::cli::control
