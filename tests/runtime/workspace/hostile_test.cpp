// Upper layers that somebody made to hurt us. No mount is needed: the files are laid out by hand.
#include "trees.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstring>

namespace skein::workspace::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class hostile : public ::testing::Test {
 protected:
  void SetUp() override {
    put(base_, "a", "a\n");
    put(base_, "dir/b", "b\n");
    ASSERT_TRUE(prepare(layout_, base_));
  }

  result<collected> read(const change_limits& limits = {}) const {
    return collect(layout_, base_, limits, {});
  }

  bool mark(const std::string& path, const char* name, const char* value) const {
    return ::setxattr((upper_ / path).c_str(), name, value, std::strlen(value), 0) == 0;
  }

  void make_deep(const std::filesystem::path& root, int levels) const {
    const std::string name(200, 'd');
    int here = ::open(root.c_str(), O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < levels; ++i) {
      ASSERT_EQ(::mkdirat(here, name.c_str(), 0755), 0);
      const int next = ::openat(here, name.c_str(), O_RDONLY | O_DIRECTORY);
      ::close(here);
      here = next;
    }
    ::close(::openat(here, "f", O_CREAT | O_WRONLY, 0644));
    ::close(here);
  }

  temporary_directory place_;
  std::filesystem::path base_ = place_.path() / "base";
  phase_layout layout_{place_.path() / "run", "agent", strategy::overlay};
  std::filesystem::path upper_ = layout_.upper();
};

TEST_F(hostile, T3_6_symlinks_are_read_as_symlinks_and_never_followed) {
  const temporary_directory outside;
  put(outside.path(), "secret", "secret");
  put_symlink(upper_, "dir", outside.path().string());
  put_symlink(upper_, "new", "/");
  const auto got = read();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_THAT(got->change.files, ElementsAre(symlink("dir", outside.path().string()),
                                             removed("dir/b"), symlink("new", "/")));
}

TEST_F(hostile, fifos_sockets_and_devices_are_left_out_without_being_opened) {
  ASSERT_EQ(::mkfifo((upper_ / "fifo").c_str(), 0644), 0);
  ASSERT_EQ(::mkfifo((upper_ / "a").c_str(), 0644), 0);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (upper_ / "sock").c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  const bool device = ::mknod((upper_ / "null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0;
  const auto got = read();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_THAT(got->change.files, ElementsAre(removed("a")));
  EXPECT_EQ(got->oddities.size(), device ? 4U : 3U);
}

TEST_F(hostile, R7_a_sparse_file_counts_with_its_apparent_size) {
  put(upper_, "huge", "");
  ASSERT_EQ(::truncate((upper_ / "huge").c_str(), 5LL << 30), 0);
  const auto got = read();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::refused);
  EXPECT_THAT(got.error().message, HasSubstr("huge is 5368709120 bytes"));
}

TEST_F(hostile, the_total_and_the_number_of_files_are_limited) {
  put(upper_, "x", std::string(600, 'x'));
  put(upper_, "y", std::string(600, 'y'));
  EXPECT_TRUE(read({1000, 1200, 2}));
  const auto too_many_bytes = read({1000, 1199, 2});
  ASSERT_FALSE(too_many_bytes);
  EXPECT_EQ(too_many_bytes.error().code, errc::refused);
  EXPECT_THAT(too_many_bytes.error().message, HasSubstr("1199"));
  const auto too_many_files = read({1000, 1200, 1});
  ASSERT_FALSE(too_many_files);
  EXPECT_EQ(too_many_files.error().code, errc::refused);
}

TEST_F(hostile, a_flood_of_empty_directories_is_refused) {
  for (int i = 0; i < 200; ++i) std::filesystem::create_directory(upper_ / std::to_string(i));
  EXPECT_TRUE(read({1000, 1000, 20}));
  const auto got = read({1000, 1000, 4});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::refused);
}

TEST_F(hostile, a_flood_of_oddities_is_counted_not_stored) {
  for (int i = 0; i < 300; ++i) ::mkfifo((upper_ / std::to_string(i)).c_str(), 0644);
  const auto got = read();
  ASSERT_TRUE(got);
  ASSERT_EQ(got->oddities.size(), 201U);
  EXPECT_THAT(got->oddities.back().reason, HasSubstr("100 more"));
}

TEST_F(hostile, names_are_raw_bytes_in_the_change_and_escaped_in_messages) {
  put(upper_, "new\nline", "1");
  put(upper_, "\xff\xfe", "2");
  put(upper_, std::string(255, 'n'), "3");
  ASSERT_EQ(::mkfifo((upper_ / "\x1b[2J\xff").c_str(), 0644), 0);
  const auto got = read();
  ASSERT_TRUE(got);
  EXPECT_THAT(got->change.files,
              ElementsAre(regular("new\nline", "1"), regular(std::string(255, 'n'), "3"),
                          regular("\xff\xfe", "2")));
  ASSERT_EQ(got->oddities.size(), 1U);
  EXPECT_EQ(got->oddities[0].path, "\\x1b[2J\\xff");
}

TEST_F(hostile, nesting_beyond_any_path_is_left_out_and_removed) {
  make_deep(upper_, 60);
  put(upper_, "ok", "ok");
  const auto got = read();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_THAT(got->change.files, ElementsAre(regular("ok", "ok")));
  ASSERT_EQ(got->oddities.size(), 1U);
  EXPECT_THAT(got->oddities[0].reason, HasSubstr("longer than"));
  const auto gone = remove_tree(layout_.root);
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_FALSE(std::filesystem::exists(layout_.root));
}

TEST_F(hostile, every_name_that_can_pass_for_git_is_left_out) {
  for (const std::string name :
       {".git", ".GIT", ".Git ", ".git.", ".git. .", "git~1", "GIT~1", ".g\xe2\x80\x8cit",
        "\xef\xbb\xbf.git", ".git::$INDEX_ALLOCATION", ".git\\x", "x\\.git", ".git\xff"}) {
    put(upper_, name, "x");
    put(upper_, "sub/" + name + "/config", "x");
  }
  for (const std::string name :
       {".gitignore", ".github", "git", "x.git", ".gi", "git~2", ".git-x"}) {
    put(upper_, name, "x");
  }
  const auto got = read();
  ASSERT_TRUE(got);
  EXPECT_THAT(got->change.files,
              ElementsAre(regular(".gi", "x"), regular(".git-x", "x"), regular(".github", "x"),
                          regular(".gitignore", "x"), regular("git", "x"), regular("git~2", "x"),
                          regular("x.git", "x")));
  EXPECT_EQ(got->oddities.size(), 26U);
}

TEST_F(hostile, opaque_directories_of_either_spelling_hide_the_base) {
  std::filesystem::create_directory(upper_ / "dir");
  if (!mark("dir", "user.overlay.opaque", "y")) GTEST_SKIP() << "no extended attributes here";
  EXPECT_THAT(read()->change.files, ElementsAre(removed("dir/b")));
  ::removexattr((upper_ / "dir").c_str(), "user.overlay.opaque");
  EXPECT_TRUE(read()->change.empty());
  if (mark("dir", "trusted.overlay.opaque", "y")) {
    EXPECT_THAT(read()->change.files, ElementsAre(removed("dir/b")));
  }
}

TEST_F(hostile, whiteouts_by_attribute_count_only_where_the_directory_says_so) {
  put(upper_, "dir/b", "");
  if (!mark("dir/b", "user.overlay.whiteout", "y")) GTEST_SKIP() << "no extended attributes here";
  EXPECT_THAT(read()->change.files, ElementsAre(regular("dir/b", "")));
  ASSERT_TRUE(mark("dir", "user.overlay.opaque", "x"));
  EXPECT_THAT(read()->change.files, ElementsAre(removed("dir/b")));
}

TEST_F(hostile, redirect_and_metacopy_are_errors_that_name_the_path) {
  put(upper_, "dir/b", "x");
  if (!mark("dir/b", "user.overlay.metacopy", "")) GTEST_SKIP() << "no extended attributes here";
  auto got = read();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::unsupported);
  EXPECT_THAT(got.error().message, HasSubstr("dir/b"));
  ::removexattr((upper_ / "dir/b").c_str(), "user.overlay.metacopy");
  ASSERT_TRUE(mark("dir", "user.overlay.redirect", "/a"));
  got = read();
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("dir carries"));
}

TEST_F(hostile, an_ordinary_user_reads_and_removes_what_has_no_permission_bits) {
  put(upper_, "locked/inner/file", "x", true);
  put(upper_, "none", "y");
  const bool done = as_ordinary_user(place_.path(), [&] {
    ::chmod((upper_ / "locked/inner/file").c_str(), 0100);
    ::chmod((upper_ / "locked/inner").c_str(), 0400);
    ::chmod((upper_ / "locked").c_str(), 0);
    ::chmod((upper_ / "none").c_str(), 0);
    std::filesystem::create_directory(layout_.work() / "work");
    ::chmod((layout_.work() / "work").c_str(), 0);
    const auto got = read();
    if (!got || !got->oddities.empty()) return false;
    if (got->change.files !=
        std::vector<file_change>{executable("locked/inner/file", "x"), regular("none", "y")}) {
      return false;
    }
    ::chmod((upper_ / "locked/inner").c_str(), 0);
    ::chmod((upper_ / "locked").c_str(), 0);
    ::chmod(upper_.c_str(), 0);
    return static_cast<bool>(remove_tree(layout_.root));
  });
  EXPECT_TRUE(done);
  EXPECT_FALSE(std::filesystem::exists(layout_.root));
}

TEST_F(hostile, a_file_of_another_user_is_left_out_and_shown) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make a file of another user";
  put(upper_, "ours", "x");
  put(upper_, "a", "changed");
  ASSERT_EQ(::chmod((upper_ / "a").c_str(), 0600), 0);
  const auto inside = [&] {
    const auto got = read();
    return got && got->change.files == std::vector<file_change>{regular("ours", "x")} &&
           got->oddities.size() == 1 && got->oddities[0].path == "a";
  };
  EXPECT_TRUE(as_ordinary_user(place_.path(), inside, upper_ / "a"));
}

}  // namespace
}  // namespace skein::workspace::test
