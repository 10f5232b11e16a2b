// prepare(), remove_tree(), the copy strategy, and the descriptors under all of them.
#include "runtime/workspace/beneath.hpp"
#include "runtime/workspace/git_name.hpp"
#include "trees.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cerrno>

namespace skein::workspace::test {
namespace fs = std::filesystem;
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(prepare_workspace, names_a_base_that_is_not_there) {
  const temporary_directory place;
  const auto done = prepare({place.path() / "run", "agent"}, place.path() / "none");
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("none"));
}

TEST(prepare_workspace, a_copy_keeps_symlinks_modes_times_and_holes) {
  const temporary_directory place;
  const fs::path base = place.path() / "base";
  put(base, "deep/er/file", "content");
  put(base, "run", "#!", true);
  put(base, "sparse", "start");
  ASSERT_EQ(::truncate((base / "sparse").c_str(), 64 << 20), 0);
  put_symlink(base, "deep/up", "../../outside");
  put_symlink(base, "loop", ".");
  fs::create_directory(base / "empty");
  const timespec times[2] = {{1000, 0}, {2000, 5}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (base / "run").c_str(), times, 0), 0);
  ASSERT_EQ(::chmod((base / "deep").c_str(), 0555), 0);

  const phase_layout layout{place.path() / "run", "agent", strategy::copy};
  const auto done = prepare(layout, base);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read_view(layout.copy()), read_view(base));
  EXPECT_TRUE(fs::is_directory(layout.copy() / "empty"));
  struct stat status {};
  ASSERT_EQ(::stat((layout.copy() / "sparse").c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 1 << 20);
  ASSERT_EQ(::stat((layout.copy() / "run").c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_sec, 2000);
  ASSERT_EQ(::stat((layout.copy() / "deep").c_str(), &status), 0);
  EXPECT_NE(status.st_mode & S_IWUSR, 0U);
  EXPECT_TRUE(collect(layout, base, {}, {})->change.empty());
}

TEST(collect_copy, reads_the_same_changes_as_from_an_overlay) {
  const temporary_directory place;
  const fs::path base = place.path() / "base";
  put(base, "keep", "keep");
  put(base, "dir/a", "a");
  put(base, "dir/b", "b");
  put(base, "gone/x", "x");
  const phase_layout layout{place.path() / "run", "agent", strategy::copy};
  ASSERT_TRUE(prepare(layout, base));
  put(layout.copy(), "dir/a", "A");
  put(layout.copy(), "new/n", "n");
  put(layout.copy(), "target/out.o", "o");
  put(layout.copy(), ".git/config", "c");
  fs::remove(layout.copy() / "dir/b");
  fs::create_directory(layout.copy() / "dir/b");
  fs::remove_all(layout.copy() / "gone");
  const auto got = collect(layout, base, {}, [](const std::string& path, bool directory) {
    return directory && path == "target";
  });
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_THAT(got->change.files, ElementsAre(regular("dir/a", "A"), removed("dir/b"),
                                             removed("gone/x"), regular("new/n", "n")));
  EXPECT_EQ(got->oddities.size(), 1U);
}

TEST(collect_workspace, names_an_upper_layer_that_is_not_there) {
  const temporary_directory place;
  const auto got = collect({place.path() / "run", "agent"}, place.path(), {}, {});
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("agent/upper"));
}

TEST(remove_tree, an_absent_tree_is_removed_already) {
  const temporary_directory place;
  EXPECT_TRUE(remove_tree(place.path() / "none"));
  EXPECT_TRUE(remove_tree(place.path() / "none/deeper"));
}

TEST(remove_tree, T3_6_does_not_follow_symlinks) {
  const temporary_directory place;
  put(place.path(), "outside/file", "kept");
  put(place.path(), "tree/sub/file", "x");
  put_symlink(place.path(), "tree/link", "../outside");
  put_symlink(place.path(), "tree/sub/up", place.path() / "outside");
  put_symlink(place.path(), "alias", "outside");
  EXPECT_TRUE(remove_tree(place.path() / "tree/"));
  EXPECT_TRUE(remove_tree(place.path() / "alias"));
  EXPECT_THAT(read_view(place.path()),
              ElementsAre(std::pair{std::string{"outside/file"}, regular("outside/file", "kept")}));
}

TEST(remove_tree, wide_directories_are_removed_in_several_goes) {
  const temporary_directory place;
  for (int i = 0; i < 1100; ++i) put(place.path(), "tree/" + std::to_string(i) + "/f", "");
  const auto gone = remove_tree(place.path() / "tree");
  EXPECT_TRUE(gone) << gone.error().message;
  EXPECT_FALSE(fs::exists(place.path() / "tree"));
}

TEST(remove_tree, refuses_what_is_no_directory_of_its_own) {
  for (const char* path : {"/", "", ".", ".."}) {
    const auto gone = remove_tree(path);
    ASSERT_FALSE(gone) << path;
    EXPECT_EQ(gone.error().code, errc::invalid);
  }
}

/// Both implementations must refuse the same things.
class beneath : public ::testing::TestWithParam<bool> {
 protected:
  static descriptor open(int root, const std::string& path) {
    constexpr int flags = O_RDONLY | O_CLOEXEC;
    return GetParam() ? open_beneath(root, path, flags) : open_beneath_stepwise(root, path, flags);
  }
};

INSTANTIATE_TEST_SUITE_P(ways, beneath, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "openat2" : "stepwise"; });

TEST_P(beneath, C2_opens_only_what_is_really_below) {
  const temporary_directory place;
  put(place.path(), "root/a/b/file", "x");
  put(place.path(), "outside", "y");
  put_symlink(place.path(), "root/link", "../outside");
  put_symlink(place.path(), "root/a/back", "b");
  const auto root = open_trusted_directory(place.path() / "root");
  ASSERT_TRUE(root);
  EXPECT_TRUE(open(root->get(), "a/b/file"));
  EXPECT_TRUE(open(root->get(), "."));
  EXPECT_FALSE(open(root->get(), "link"));
  EXPECT_EQ(errno, ELOOP);
  for (const std::string path : {"a/back/file", "../outside", "a/../../outside", "/etc/passwd"}) {
    EXPECT_FALSE(open(root->get(), path)) << path;
  }
}

TEST(change_path, knows_which_names_a_change_may_have) {
  for (const char* path : {"a", "a/b", ".gitignore", "a/.github/x", "git", "...", "a b", "git~10",
                           ".gitx", ".g\xe2\x80\x8bit"}) {
    EXPECT_TRUE(is_change_path(path)) << path;
  }
  for (const char* path : {"",
                           "/",
                           "/a",
                           "a/",
                           "a//b",
                           ".",
                           "a/./b",
                           "..",
                           "a/..",
                           ".git",
                           "a/.Git",
                           ".git /x",
                           "x/.git...",
                           "git~1",
                           ".git:x",
                           ".g\xe2\x80\x8dit",
                           "\xe2\x81\xaa.git",
                           ".gi\xef\xbb\xbft",
                           "a\\.git",
                           ".git\\a"}) {
    EXPECT_FALSE(is_change_path(path)) << path;
  }
}

TEST(printable, escapes_what_could_fool_a_terminal_or_a_log) {
  EXPECT_EQ(printable("plain/na\xc3\xafve"), "plain/na\xc3\xafve");
  EXPECT_EQ(printable("a\n\x1b\x7f"), "a\\x0a\\x1b\\x7f");
  EXPECT_EQ(printable("\xe2\x80\xae\xc0\xaf\xed\xa0\x80"),
            "\\xe2\\x80\\xae\\xc0\\xaf\\xed\\xa0\\x80");
  EXPECT_LE(printable(std::string(5000, 'x')).size(), 210U);
}

}  // namespace
}  // namespace skein::workspace::test
