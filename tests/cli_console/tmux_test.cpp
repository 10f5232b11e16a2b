// `skein console` on a real terminal: the one that tmux makes. Every wait has an end.
#include "tests/cli_control/program.hpp"
#include "tests/runtime/store/store_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>

namespace skein::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct said {
  int status = 0;
  std::string text;
};

said shell(const std::string& command) {
  said out;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {127, "popen"};
  std::array<char, 4096> some{};
  while (const auto read = std::fread(some.data(), 1, some.size(), pipe)) {
    out.text.append(some.data(), read);
  }
  const int ended = ::pclose(pipe);
  out.status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128;
  return out;
}

const std::string program = std::string(SKEIN_TEST_BIN_DIR) + "/skein";

class ConsoleInTmux : public store::testing::StoreTest {
 protected:
  void SetUp() override {
    if (shell("command -v tmux").status != 0) GTEST_SKIP() << "tmux is not here";
    must(store::add_run{store::testing::queued_run_of("aaaa1111")});
    must(store::add_run{store::testing::queued_run_of("bbbb2222")});
    tmux_ = "tmux -f /dev/null -S '" + (layout_.root / "tmux.sock").string() + "' ";
    // What is there after the console shows whether the terminal came back whole.
    const auto started =
        shell(tmux_ + "new-session -d -x 80 -y 24 \"" + environment() + "'" + program +
              "' --state-dir '" + layout_.root.string() + "' console; echo ended \\$?; cat\"");
    ASSERT_EQ(started.status, 0) << started.text;
  }
  void TearDown() override {
    if (!tmux_.empty()) (void)shell(tmux_ + "kill-server");
  }
  [[nodiscard]] virtual std::string environment() const { return "TERM=screen LC_ALL=C.UTF-8 "; }

  void keys(const std::string& names) {
    const auto sent = shell(tmux_ + "send-keys " + names);
    EXPECT_EQ(sent.status, 0) << sent.text;
  }
  std::string screen(const std::string& how = "") {
    return shell(tmux_ + "capture-pane -p " + how).text;
  }
  /// The screen, as soon as it has `text`, or as it is when the time is over. It may be half drawn:
  /// every other text on it is to be waited for as well.
  std::string until(const std::string& text, const std::string& how = "") {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    std::string now;
    do {
      now = screen(how);
      if (now.find(text) != std::string::npos) return now;
    } while (std::chrono::steady_clock::now() < deadline);
    ADD_FAILURE() << "never saw `" << text << "` in\n" << now;
    return now;
  }

  std::string tmux_;
};

TEST_F(ConsoleInTmux, WalksThroughTheViews) {
  (void)until("1 fleet");
  (void)until("cells in use");
  keys("2");
  (void)until("REPOSITORY");
  (void)until("aaaa1111");
  keys("Down Enter");
  (void)until("run bbbb2222");
  (void)until("[summary]");
  keys("Escape");
  (void)until("bbbb2222  ");
  keys("'?'");
  (void)until("half a page");
  keys("q q");
  (void)until("ended 0");
}

TEST_F(ConsoleInTmux, FollowsTheSizeOfTheTerminal) {
  (void)until("cells in use");
  keys("2");
  (void)until("aaaa1111");
  EXPECT_EQ(shell(tmux_ + "resize-window -x 40 -y 10").status, 0);
  keys("r");
  (void)until("aaaa1111");
  EXPECT_EQ(shell(tmux_ + "resize-window -x 120 -y 40").status, 0);
  (void)until("BRANCH OR REASON");  // there is room for it now
}

TEST_F(ConsoleInTmux, GivesTheTerminalBackAtAnInterrupt) {
  (void)until("cells in use");
  keys("K");
  (void)until("reason (may be empty)");
  keys("C-c");
  EXPECT_THAT(until("ended 130"), Not(HasSubstr("cells in use")));
  // It echoes again: the line discipline is what it was.
  keys("back Enter");
  (void)until("back\nback");
}

TEST_F(ConsoleInTmux, SetsASwitchAfterItsOwnWords) {
  writer_.reset();  // nobody owns the directory now, so the console embeds a fleet for the order
  (void)until("cells in use");
  keys("H");
  (void)until("reason (may be empty)");
  keys("night Enter");
  (void)until("type `hold all`");
  keys("-l 'hold all'");
  keys("Enter");
  (void)until("hold set on everything");
  keys("7");
  (void)until("switches in force");
  (void)until("night");
}

/// The console of a fleet elsewhere: the port, the keys and the pages, as an operator has them.
class ConsoleOfAServer : public ConsoleInTmux {
 protected:
  void SetUp() override {
    if (shell("command -v tmux").status != 0) GTEST_SKIP() << "tmux is not here";
    must(store::add_run{store::testing::queued_run_of("aaaa1111")});
    must(store::set_switch{
        {store::switch_kind::hold, store::switch_scope::all, "", "ada", "not tonight", 1}});
    writer_.reset();
    const auto state = layout_.root.string();
    const auto config = state + "/skein.yaml";
    std::ofstream(config) << "apiVersion: skein/v1\nkind: Config\ntenants:\n  default: {usd: 7}\n";
    daemon_.emplace(layout_.root,
                    std::vector<std::string>{"--config", config, "--listen", "127.0.0.1:0"});
    const auto said = daemon_->ready();
    const std::string mark = ", listening on ";
    const auto at = said.find(mark);
    ASSERT_NE(at, std::string::npos) << said;
    const auto server = said.substr(at + mark.size());
    tmux_ = "tmux -f /dev/null -S '" + state + "/tmux.sock' ";
    ASSERT_EQ(shell(tmux_ + "new-session -d -x 80 -y 24 -s console \"" + environment() + "'" +
                    program + "' --state-dir '" + state + "' --server " + server +
                    " console; echo ended \\$?; cat\"")
                  .status,
              0);
  }
  void press(const std::string& names) { keys("-t console " + names); }
  std::string shows(const std::string& text) { return until(text, "-t console"); }

  std::optional<test::daemon> daemon_;
};

TEST_F(ConsoleOfAServer, ShowsItsRunsAndQuotasAndTakesAnOrder) {
  (void)shows("cells in use");
  press("2");
  (void)shows("aaaa1111");
  press("5");
  (void)shows("used+reserved/limit");
  (void)shows("0.00/7.00");  // the limits are those of the fleet's configuration
  press("'?'");
  (void)shows("Moving");
  press("G");
  (void)shows("PRS/D     pull requests");
  press("q 1");
  (void)shows("cells in use");
  press("L");
  (void)shows("type `lift all`");
  press("-l 'lift all'");
  press("Enter");
  (void)shows("lifted");
  EXPECT_EQ(shell(tmux_ + "resize-window -t console -x 40 -y 10").status, 0);
  press("7");
  (void)shows("no switch is set");
  press("q");
  (void)shows("ended 0");
  daemon_->signal(SIGTERM);
  EXPECT_EQ(daemon_->end(), 0) << test::content(layout_.root / "serve.log");
}

class ConsoleWithoutColour : public ConsoleInTmux {
 protected:
  std::string environment() const override { return "NO_COLOR=1 " + ConsoleInTmux::environment(); }
};

TEST_F(ConsoleWithoutColour, UsesNone) {
  (void)until("cells in use");
  keys("2");
  const auto text = until("aaaa1111", "-e");
  for (int color = 30; color <= 37; ++color) {
    EXPECT_THAT(text, Not(HasSubstr("\x1b[" + std::to_string(color) + "m")));
  }
}

TEST(ConsoleProgram, SaysThatItNeedsATerminal) {
  const store::testing::scratch_dir dir;
  {
    const auto made = store::writer::open(store::state_layout{dir.path()}, [] { return 1; });
    ASSERT_TRUE(made) << made.error().message;
  }
  const auto run = [&](const std::string& how) {
    return shell(how + " '" + program + "' --state-dir '" + dir.path().string() + "' console");
  };
  const auto piped = run("</dev/null");
  EXPECT_NE(piped.status, 0);
  EXPECT_THAT(piped.text, HasSubstr("no terminal"));
  if (shell("command -v script").status != 0) GTEST_SKIP() << "script is not here";
  const auto strange = shell("TERM=no-such-thing script -qec \"'" + program + "' --state-dir '" +
                             dir.path().string() + "' console\" /dev/null </dev/null");
  EXPECT_NE(strange.status, 0);
  EXPECT_THAT(strange.text, HasSubstr("no-such-thing"));
}

}  // namespace
}  // namespace skein::cli
