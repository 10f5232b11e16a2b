// Which fleet a command gets, and where configuration comes from.
#include "cli/fleet_access.hpp"

#include "cli/control/server.hpp"
#include "cli/scope_options.hpp"
#include "cli/settings.hpp"
#include "runtime/store/writer.hpp"
#include "tests/cli_control/fake_fleet.hpp"
#include "tests/cli_control/temp_dir.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace skein::cli {
namespace {

namespace fs = std::filesystem;

/// Puts an environment variable back afterwards.
class variable {
 public:
  variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~variable() {
    if (before_) {
      ::setenv(name_, before_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

class FleetAccess : public ::testing::Test {
 protected:
  /// The state directory belongs to this command, which offers `fleet_`.
  void own(const std::string& command) {
    auto lock = store::state_lock::acquire({directory_.path()}, command);
    ASSERT_TRUE(lock) << lock.error().message;
    lock_.emplace(std::move(*lock));
    auto opened = control::server::open(
        fleet_, {directory_.path() / "control.sock", command, command == "serve"});
    ASSERT_TRUE(opened) << opened.error().message;
    server_ = std::move(*opened);
  }
  [[nodiscard]] global_options global() const {
    global_options out;
    out.state_dir = directory_.path();
    return out;
  }

  test::temp_dir directory_;
  test::fake_fleet fleet_;
  std::optional<store::state_lock> lock_;
  std::unique_ptr<control::server> server_;
};

TEST_F(FleetAccess, S5ARemoteFleetNeedsCredentials) {
  auto elsewhere = global();
  elsewhere.server = "host:4711";
  elsewhere.credentials = directory_.path() / "none.yaml";
  const auto out = open_fleet(elsewhere, {});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, errc::not_found);
  EXPECT_NE(out.error().message.find("none.yaml"), std::string::npos);
}

TEST_F(FleetAccess, ADaemonTakesWorkAndSwitches) {
  own("serve");
  for (const char* command : {"run", "campaign run", "kill"}) {
    const auto out = open_fleet(global(), {command, {}, false, 0});
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_FALSE(out->embedded);
    EXPECT_EQ(out->daemon_pid, ::getpid());
    EXPECT_TRUE(out->fleet->active());
  }
}

TEST_F(FleetAccess, ARunningCommandTakesSwitchesButNoWork) {
  own("campaign run");
  for (const char* command : {"run", "campaign run", "campaign retry"}) {
    const auto out = open_fleet(global(), {command, {}, false, 0});
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().code, errc::in_use);
    EXPECT_NE(out.error().message.find("pid " + std::to_string(::getpid()) + " (campaign run)"),
              std::string::npos)
        << out.error().message;
  }
  const auto kill = open_fleet(global(), {"kill", {}, false, 0});
  ASSERT_TRUE(kill) << kill.error().message;
  EXPECT_EQ(kill->fleet->operate({})->stopped_runs, 2U);
}

TEST_F(FleetAccess, ASecondDaemonIsToldWhoTheFirstIs) {
  own("serve");
  access_wish wish;
  wish.command = "serve";
  wish.everything = true;
  const auto out = open_fleet(global(), wish);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, errc::in_use);
  EXPECT_NE(out.error().message.find(std::to_string(::getpid()) + " (serve)"), std::string::npos);
}

TEST_F(FleetAccess, AMissingParentThatCannotBeMadeIsTold) {
  write(directory_.path() / "file", "x");
  auto wrong = global();
  wrong.state_dir = directory_.path() / "file/below";
  const auto out = open_fleet(wrong, {"kill", {}, false, 0});
  ASSERT_FALSE(out);
  EXPECT_NE(out.error().message.find(wrong.state_dir.string()), std::string::npos);
  EXPECT_FALSE(out.error().remedy.empty());
}

TEST(ShippedConfiguration, IsFoundBesideTheBuiltProgram) {
  ::unsetenv("SKEIN_SHARE");
  const auto out = shipped_configuration();
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_TRUE(fs::is_directory(*out / "verifiers"));
}

TEST(ShippedConfiguration, TheEnvironmentWinsAndMustBeRight) {
  const test::temp_dir directory;
  const variable share("SKEIN_SHARE", directory.path().string());
  ASSERT_FALSE(shipped_configuration());
  EXPECT_NE(shipped_configuration().error().message.find(directory.path().string()),
            std::string::npos);
  fs::create_directory(directory.path() / "verifiers");
  EXPECT_EQ(*shipped_configuration(), directory.path());
}

TEST(Settings, FlagWinsOverTheUsersFile) {
  const test::temp_dir directory;
  const variable home("XDG_CONFIG_HOME", directory.path().string());
  global_options global;
  const std::string head = "apiVersion: skein/v1\nkind: Config\n";
  write(directory.path() / "skein/skein.yaml", head + "cells: 3\n");
  write(directory.path() / "other.yaml", head + "cells: 5\n");
  EXPECT_EQ(load_settings(global)->cells, 3U);
  global.config_file = directory.path() / "other.yaml";
  EXPECT_EQ(load_settings(global)->cells, 5U);
  EXPECT_EQ(cells_of(*load_settings(global), 0), 5U);
  EXPECT_EQ(cells_of(*load_settings(global), 9), 9U);
  EXPECT_GE(cells_of({}, 0), 1U);
}

TEST(Settings, WithoutAFileTheDefaultsHold) {
  const test::temp_dir directory;
  const variable home("XDG_CONFIG_HOME", directory.path().string());
  if (fs::exists("/etc/skein/skein.yaml")) GTEST_SKIP() << "this machine is configured";
  EXPECT_EQ(*load_settings({}), schema::config{});
}

TEST(Settings, AWrongFileSaysWhere) {
  const test::temp_dir directory;
  global_options global;
  global.config_file = directory.path() / "wrong.yaml";
  write(global.config_file, "apiVersion: skein/v1\nkind: Config\ncells: many\nsudo: true\n");
  const auto out = load_settings(global);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, errc::invalid);
  EXPECT_NE(out.error().message.find(":3:"), std::string::npos) << out.error().message;
  EXPECT_NE(out.error().message.find(":4:"), std::string::npos) << out.error().message;
  write(global.config_file,
        "apiVersion: skein/v1\nkind: Task\nmetadata: {name: x}\nspec: {intent: y}\n");
  EXPECT_EQ(load_settings(global).error().code, errc::invalid);
  global.config_file = directory.path() / "missing.yaml";
  EXPECT_FALSE(load_settings(global)) << "a file that was asked for must exist";
}

TEST(Scope, UnknownRunsAndCampaignsAreToldTenantsMayCome) {
  const test::temp_dir directory;
  global_options global;
  global.state_dir = directory.path();
  const auto no_run = resolve_scope(
      global, {.all = false, .tenant = {}, .campaign = {}, .repo = {}, .run = "0123"});
  ASSERT_FALSE(no_run);
  EXPECT_EQ(no_run.error().code, errc::not_found);
  const auto no_campaign =
      resolve_scope(global, {.all = false, .tenant = {}, .campaign = "c", .repo = {}, .run = {}});
  ASSERT_FALSE(no_campaign);
  EXPECT_EQ(no_campaign.error().code, errc::not_found);
  const auto tenant = resolve_scope(
      global, {.all = false, .tenant = "future", .campaign = {}, .repo = {}, .run = {}});
  ASSERT_TRUE(tenant);
  EXPECT_EQ(tenant->name, "future");
  EXPECT_FALSE(resolve_scope(
      global, {.all = false, .tenant = "No Name", .campaign = {}, .repo = {}, .run = {}}));
  EXPECT_FALSE(resolve_scope(
      global, {.all = false, .tenant = {}, .campaign = {}, .repo = "ext::sh -c id", .run = {}}));
}

}  // namespace
}  // namespace skein::cli
