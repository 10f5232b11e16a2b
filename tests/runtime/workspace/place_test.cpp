#include "runtime/workspace/place.hpp"

#include <gtest/gtest.h>

#include <sys/vfs.h>
#include <linux/magic.h>

#include <cstdlib>
#include <filesystem>

namespace skein::workspace {
namespace {

namespace fs = std::filesystem;

class place_test : public ::testing::Test {
 protected:
  place_test() {
    auto name = (fs::temp_directory_path() / "skein-place-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~place_test() override {
    std::error_code ignored;
    if (fs::is_symlink(directory_ / "w")) fs::remove_all(fs::read_symlink(directory_ / "w"), ignored);
    fs::remove_all(directory_, ignored);
  }
  void needs_shared_memory() {
    struct statfs found {};
    if (::statfs("/dev/shm", &found) != 0 || found.f_type != TMPFS_MAGIC) {
      GTEST_SKIP() << "/dev/shm is no tmpfs here";
    }
  }
  fs::path directory_;
};

TEST_F(place_test, links_to_a_private_folder_in_memory_and_finds_it_again) {
  needs_shared_memory();
  if (IsSkipped()) return;
  ASSERT_TRUE(*settle(directory_ / "w", "/dev/shm", 1));
  const auto target = fs::read_symlink(directory_ / "w");
  EXPECT_EQ(target.parent_path(), "/dev/shm");
  EXPECT_EQ(fs::status(target).permissions(), fs::perms::owner_all);
  ASSERT_TRUE(*settle(directory_ / "w", "/dev/shm", 1));
  EXPECT_EQ(fs::read_symlink(directory_ / "w"), target);
}

TEST_F(place_test, stays_on_disk_without_room_or_without_tmpfs) {
  ASSERT_FALSE(*settle(directory_ / "w", "/dev/shm", ~0ULL));
  EXPECT_TRUE(fs::is_directory(fs::symlink_status(directory_ / "w")));
  ASSERT_FALSE(*settle(directory_ / "v", directory_, 1));
  ASSERT_FALSE(*settle(directory_ / "u", "", 1));
}

TEST_F(place_test, T3_folder_of_somebody_else_is_not_trusted) {
  needs_shared_memory();
  if (IsSkipped()) return;
  ASSERT_TRUE(*settle(directory_ / "w", "/dev/shm", 1));
  const auto target = fs::read_symlink(directory_ / "w");
  // Somebody put an open folder where ours would be.
  fs::permissions(target, fs::perms::all);
  EXPECT_FALSE(*settle(directory_ / "w", "/dev/shm", 1));
  EXPECT_FALSE(fs::is_symlink(directory_ / "w"));
  fs::remove_all(target);
}

TEST_F(place_test, unwritable_state_directory_is_an_error_that_names_it) {
  const auto settled = settle(directory_ / "missing" / "w", "", 1);
  ASSERT_FALSE(settled);
  EXPECT_NE(settled.error().message.find("missing"), std::string::npos);
}

}  // namespace
}  // namespace skein::workspace
