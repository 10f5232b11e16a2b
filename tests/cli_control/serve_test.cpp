// A daemon's life, and the switches that reach it.
#include "cli/control/client.hpp"
#include "runtime/store/writer.hpp"
#include "tests/cli_control/program.hpp"
#include "tests/cli_control/temp_dir.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>

namespace skein::cli {
namespace {

namespace fs = std::filesystem;
using test::content;
using test::daemon;
using test::skein;

TEST(Serve, SaysWhenItIsReadyAndEndsInOrder) {
  const test::temp_dir state;
  daemon served(state.path());
  EXPECT_EQ(served.ready(), "skein: serving " + state.path().string() + " (2 cells)");
  served.signal(SIGTERM);
  EXPECT_EQ(served.end(), 0);
  EXPECT_FALSE(fs::exists(state.path() / "control.sock"));
  EXPECT_NE(content(state.path() / "serve.log").find("stopped"), std::string::npos);
}

TEST(Serve, ASecondOneIsToldWhoTheFirstIs) {
  const test::temp_dir state;
  daemon first(state.path());
  ASSERT_FALSE(first.ready().empty());
  const auto second = skein({"serve", "--state-dir", state.path()});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_NE(second.err.find("pid " + std::to_string(first.pid()) + " (serve)"), std::string::npos)
      << second.err;
}

TEST(Serve, RefusesToListenOnWhatIsNoAddress) {
  const test::temp_dir state;
  for (const char* wrong : {"4711", "127.0.0.1", "127.0.0.1:x", "::1:4711", "[]:1", ":1"}) {
    const auto ended = skein({"serve", "--state-dir", state.path(), "--listen", wrong});
    EXPECT_EQ(ended.exit_code, 2) << wrong;
    EXPECT_NE(ended.err.find("is no HOST:PORT"), std::string::npos) << ended.err;
    EXPECT_TRUE(ended.out.empty());
  }
}

TEST(Serve, LogsJsonLines) {
  const test::temp_dir state;
  daemon served(state.path(), {"--log-format", "json"});
  ASSERT_FALSE(served.ready().empty());
  served.signal(SIGTERM);
  ASSERT_EQ(served.end(), 0);
  std::istringstream lines(content(state.path() / "serve.log"));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto entry = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(entry.is_object()) << line;
    EXPECT_TRUE(entry.contains("time") && entry.contains("level") && entry.contains("message"));
  }
  EXPECT_GE(count, 2);
}

TEST(Serve, AClientIsTakenOverByTheNextDaemonAfterACrash) {
  const test::temp_dir state;
  {
    daemon first(state.path());
    ASSERT_FALSE(first.ready().empty());
    first.signal(SIGKILL);
    first.end();
  }
  EXPECT_TRUE(fs::exists(state.path() / "control.sock")) << "what a crash leaves";
  daemon second(state.path());
  ASSERT_FALSE(second.ready().empty());
  EXPECT_TRUE(control::client::connect(state.path() / "control.sock"));
}

TEST(Switches, T9_11ReachTheDaemonAndLastUntilLifted) {
  const test::temp_dir state;
  daemon served(state.path());
  ASSERT_FALSE(served.ready().empty());
  const auto killed = skein({"kill", "--tenant", "payments", "--reason", "leak", "-o", "json",
                             "--state-dir", state.path()});
  ASSERT_EQ(killed.exit_code, 0) << killed.err;
  const auto report = nlohmann::json::parse(killed.out);
  EXPECT_EQ(report["verb"], "kill");
  EXPECT_EQ(report["scope"], "tenant");
  EXPECT_EQ(report["target"], "payments");
  EXPECT_EQ(report["stoppedRuns"], 0);
  EXPECT_EQ(report["stoppedQueued"], 0);
  EXPECT_TRUE(report["tookMs"].is_number_unsigned());

  auto from = store::reader::open(store::state_layout{state.path()});
  ASSERT_TRUE(from);
  ASSERT_EQ((*from)->switches()->size(), 1U);
  EXPECT_EQ((*from)->switches()->front().reason, "leak");

  const auto released = skein({"release", "--tenant", "payments", "--state-dir", state.path()});
  EXPECT_EQ(released.exit_code, 0);
  EXPECT_EQ((*from)->switches()->size(), 1U) << "release does not take back a kill";
  const auto lifted =
      skein({"lift", "--tenant", "payments", "-o", "json", "--state-dir", state.path()});
  ASSERT_EQ(lifted.exit_code, 0) << lifted.err;
  EXPECT_EQ(nlohmann::json::parse(lifted.out)["lifted"], nlohmann::json::array({"kill"}));
  EXPECT_TRUE((*from)->switches()->empty());
}

TEST(Switches, WorkWithoutADaemonAndSurviveUntilOneComes) {
  const test::temp_dir state;
  const auto held = skein({"hold", "--all", "--reason", "night", "--state-dir", state.path()});
  ASSERT_EQ(held.exit_code, 0) << held.err;
  const auto drained = skein({"drain", "--repo", "/srv/a.git", "--state-dir", state.path()});
  EXPECT_EQ(drained.exit_code, 0) << drained.err;
  auto from = store::reader::open(store::state_layout{state.path()});
  ASSERT_TRUE(from);
  EXPECT_EQ((*from)->switches()->size(), 2U);
  EXPECT_EQ(skein({"release", "--all", "--state-dir", state.path()}).exit_code, 0);
  EXPECT_EQ((*from)->switches()->size(), 1U);
  const auto verified = skein({"audit", "verify", "--state-dir", state.path()});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_NE(verified.out.find("chain intact"), std::string::npos);
}

TEST(Switches, DrainWaitsForTheDaemonsRuns) {
  const test::temp_dir state;
  daemon served(state.path());
  ASSERT_FALSE(served.ready().empty());
  const auto drained = skein({"drain", "--all", "--state-dir", state.path()});
  EXPECT_EQ(drained.exit_code, 0) << drained.err;
}

TEST(Switches, NeedExactlyOneScopeAndAKnownOne) {
  const test::temp_dir state;
  EXPECT_EQ(skein({"kill", "--state-dir", state.path()}).exit_code, 2);
  EXPECT_EQ(skein({"kill", "--all", "--tenant", "t", "--state-dir", state.path()}).exit_code, 2);
  EXPECT_EQ(skein({"kill", "--all", "--state-dir", state.path()}).exit_code, 0);
  const auto unknown = skein({"kill", "--run", "zzzz", "--state-dir", state.path()});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_EQ(skein({"hold", "--campaign", "none", "--state-dir", state.path()}).exit_code, 1);
}

}  // namespace
}  // namespace skein::cli
