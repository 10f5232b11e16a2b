#include "runtime/cell/orphans.hpp"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace skein::cell {
namespace {

/// A process that looks like a half-made cell: named bwrap, with a path below `workspaces`,
/// sleeping.
pid_t look_alike(const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execl("/bin/sh", "bwrap", "-c", "exec -a bwrap sleep 60 2>/dev/null || sleep 60",
            path.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  return child;
}

TEST(OrphansTest, C4_leaves_alone_what_has_a_living_parent_or_another_workspace) {
  const auto child = look_alike("/state/workspaces/run.1");
  EXPECT_EQ(kill_orphans("/state/workspaces"), 0U);  // its parent is this test, not init
  EXPECT_EQ(::kill(child, 0), 0);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(OrphansTest, C4_finds_nothing_below_a_folder_that_was_never_used) {
  EXPECT_EQ(kill_orphans("/nowhere/at/all"), 0U);
}

// A process that ends between the opening and the reading of its files fails the read (ESRCH), as a
// directory in the file's place does (EISDIR).
TEST(OrphansTest, C4_passes_over_a_process_that_cannot_be_read) {
  std::string processes = ::testing::TempDir() + "skein-processes-XXXXXX";
  ASSERT_NE(::mkdtemp(processes.data()), nullptr);
  std::filesystem::create_directories(std::filesystem::path(processes) / "12345" / "stat");
  EXPECT_EQ(kill_orphans("/state/workspaces", processes), 0U);
  std::filesystem::remove_all(processes);
}

}  // namespace
}  // namespace skein::cell
