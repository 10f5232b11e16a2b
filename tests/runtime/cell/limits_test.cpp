// Resource limits of a cell (T3.8).
#include "runtime/cell/control_group.hpp"
#include "tests/runtime/cell/cell_fixture.hpp"

#include <unistd.h>

namespace skein::cell::testing {
namespace {

using limits_test = cell_test;

/// The kernel exempts the machine's root user from the process limit.
bool processes_are_limited() {
  if (::geteuid() != 0) return true;
  const auto group = control_group::make({});
  return group && group->limits_processes();
}

TEST_F(limits_test, T3_8_processes_are_bounded) {
  if (!processes_are_limited()) GTEST_SKIP() << "root without a pids control group";
  spec_.limits.processes = 40;
  start();
  const auto ended =
      run("i=0; while [ $i -lt 100 ]; do sleep 1000 & i=$((i+1)); done; echo all started");
  EXPECT_EQ(std::string::npos, ended.output.find("all started"));
  EXPECT_NE(0, ended.code);
  EXPECT_EQ(0, run("true").code);
}

TEST_F(limits_test, T3_8_a_fork_bomb_ends_with_its_command) {
  if (!processes_are_limited()) GTEST_SKIP() << "root without a pids control group";
  spec_.limits.processes = 60;
  start();
  auto what = line("bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 1000");
  what.timeout = std::chrono::milliseconds(500);
  what.output_limit = 2000;
  EXPECT_NE(command_end::signalled, run(what).end);
  EXPECT_EQ("alive\n", run("echo alive").output);
}

TEST_F(limits_test, T3_8_files_and_descriptors_are_bounded) {
  spec_.limits.file_bytes = 1 << 20;
  spec_.limits.open_files = 64;
  start();
  EXPECT_EQ("64 64\n", run("echo $(ulimit -n) $(ulimit -Hn)").output);
  EXPECT_NE(0, run("head -c 2000000 /dev/zero > big").code);
  EXPECT_LE(std::filesystem::file_size(spec_.root / "agent/upper/big"), 1U << 20);
}

TEST_F(limits_test, T3_8_cpu_time_is_bounded) {
  spec_.limits.cpu = std::chrono::seconds(1);
  start();
  const auto ended = run("while :; do :; done");
  EXPECT_EQ(command_end::signalled, ended.end);
}

TEST_F(limits_test, T3_8_memory_is_bounded) {
  spec_.limits.memory_bytes = 64 << 20;
  start();
  // Without a control group the limit refuses the memory, with one the kernel kills.
  const auto ended = run("x=$(head -c 300000000 /dev/zero | tr '\\0' x); echo ${#x}");
  EXPECT_EQ(std::string::npos, ended.output.find("300000000")) << ended.output;
  EXPECT_EQ("alive\n", run("echo alive").output);
}

TEST_F(limits_test, T3_8_temporary_files_are_bounded) {
  spec_.limits.memory_bytes = 64 << 20;
  start();
  EXPECT_NE(0, run("head -c 100000000 /dev/zero > /tmp/big").code);
}

TEST_F(limits_test, no_core_is_written) {
  start();
  EXPECT_EQ("0 0\n", run("echo $(ulimit -c) $(ulimit -Hc)").output);
}

TEST(control_group, is_removed_with_its_owner) {
  auto group = control_group::make({});
  if (!group) GTEST_SKIP() << group.error().message;
  const auto folders = group->folders();
  ASSERT_FALSE(folders.empty());
  for (const auto& folder : folders) EXPECT_TRUE(std::filesystem::exists(folder));
  *group = control_group();
  for (const auto& folder : folders) EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace skein::cell::testing
