// A cell that cannot be set up says which layer and what to do, and runs nothing.
#include "runtime/cell/refusal.hpp"
#include "tests/runtime/cell/cell_fixture.hpp"

#include <cerrno>

namespace skein::cell::testing {
namespace {

using refusal_test = cell_test;

TEST_F(refusal_test, without_bubblewrap) {
  const std::string before = std::getenv("PATH");
  ::setenv("PATH", spec_.base.c_str(), 1);
  const auto started = take(ask_start(loop_, spec_));
  ::setenv("PATH", before.c_str(), 1);
  ASSERT_FALSE(started);
  EXPECT_EQ(errc::unsupported, started.error().code);
  EXPECT_NE(std::string::npos, started.error().message.find("bubblewrap"));
  EXPECT_NE(std::string::npos, started.error().remedy.find("install"));
}

TEST_F(refusal_test, with_a_bubblewrap_that_fails) {
  std::ofstream(folder_ / "bwrap") << "#!/bin/sh\necho 'bwrap: no namespaces here' >&2\nexit 1\n";
  std::filesystem::permissions(folder_ / "bwrap", std::filesystem::perms::owner_all);
  const std::string before = std::getenv("PATH");
  ::setenv("PATH", folder_.c_str(), 1);
  const auto started = take(ask_start(loop_, spec_));
  ::setenv("PATH", before.c_str(), 1);
  ASSERT_FALSE(started);
  EXPECT_EQ(errc::unsupported, started.error().code);
  EXPECT_NE(std::string::npos, started.error().message.find("no namespaces here"));
  EXPECT_FALSE(started.error().remedy.empty());
}

TEST_F(refusal_test, with_a_base_that_is_not_there) {
  spec_.base = folder_ / "nothing";
  const auto started = take(ask_start(loop_, spec_));
  ASSERT_FALSE(started);
  EXPECT_EQ(errc::io, started.error().code);
  EXPECT_NE(std::string::npos, started.error().message.find("nothing"));
}

TEST_F(refusal_test, with_a_relative_path) {
  spec_.base = "base";
  const auto started = take(ask_start(loop_, spec_));
  ASSERT_FALSE(started);
  EXPECT_EQ(errc::invalid, started.error().code);
}

TEST_F(refusal_test, without_a_phase_no_command_runs) {
  auto started = take(ask_start(loop_, spec_));
  ASSERT_TRUE(started);
  cell_ = *started;
  const auto ended = take(ask_execute(*cell_, line("true")));
  ASSERT_FALSE(ended);
  EXPECT_EQ(errc::conflict, ended.error().code);
}

TEST(refusal, every_step_names_a_layer_and_a_remedy) {
  for (auto step = static_cast<std::uint32_t>(wire::step::not_first_process);
       step <= static_cast<std::uint32_t>(wire::step::disk_watch); ++step) {
    wire::reply failed;
    failed.where = static_cast<wire::step>(step);
    failed.error = EPERM;
    const error why = refusal("run.1", failed);
    EXPECT_EQ(0U, why.message.find("cell run.1: ")) << why.message;
    EXPECT_EQ(std::string::npos, why.message.find("unknown layer")) << step;
    EXPECT_FALSE(why.remedy.empty()) << step;
  }
}

}  // namespace
}  // namespace skein::cell::testing
