// apply() against the view that the kernel then shows, and against the copy.
#include "trees.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skein::workspace::test {
namespace {

using ::testing::HasSubstr;

/// Each case runs with both strategies.
class applied : public ::testing::TestWithParam<strategy> {
 protected:
  void SetUp() override {
    if (GetParam() == strategy::overlay) {
      if (const auto why = overlay_refused()) GTEST_SKIP() << *why;
    }
    put(base_, "README.md", "read me\n");
    put(base_, "run.sh", "#!/bin/sh\n", true);
    put(base_, "src/a.c", "a\n");
    put(base_, "src/deep/c.c", "c\n");
    put(base_, "src/deep/d.c", "d\n");
    put(base_, "docs/index.md", "index\n");
    put_symlink(base_, "dirlink", "src");
    std::filesystem::create_directory(base_ / "submodule");
    const auto prepared = prepare(layout_, base_);
    ASSERT_TRUE(prepared) << prepared.error().message;
  }

  /// Applies; the view must be base plus change, and reading it back must give the change again.
  void expect_round_trip(const std::vector<file_change>& files) {
    const change_set change{files};
    const auto done = apply(layout_, base_, change);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(shown(), with_change(read_view(base_), change));
    const auto again = collect(layout_, base_, {}, {});
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->change, change);
    EXPECT_TRUE(again->oddities.empty());
  }

  view shown() const {
    return GetParam() == strategy::overlay ? mounted_view(layout_, base_)
                                           : read_view(layout_.copy());
  }

  void expect_invalid(const std::vector<file_change>& files, const std::string& text) {
    const auto done = apply(layout_, base_, {files});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::invalid);
    EXPECT_THAT(done.error().message, HasSubstr(text));
  }

  temporary_directory place_;
  std::filesystem::path base_ = place_.path() / "base";
  phase_layout layout_{place_.path() / "run", "verify", GetParam()};
};

INSTANTIATE_TEST_SUITE_P(strategies, applied, ::testing::Values(strategy::overlay, strategy::copy),
                         [](const auto& info) {
                           return info.param == strategy::overlay ? "overlay" : "copy";
                         });

TEST_P(applied, nothing) {
  expect_round_trip({});
}

TEST_P(applied, new_changed_and_removed_files) {
  expect_round_trip({removed("README.md"), regular("a/b/c", "new\n"), symlink("a/l", "../src"),
                     executable("src/a.c", "now a script\n"), removed("src/deep/c.c")});
}

TEST_P(applied, a_file_becomes_a_directory) {
  expect_round_trip({removed("README.md"), regular("README.md/x/y", "y\n")});
}

TEST_P(applied, a_symlink_to_a_directory_becomes_a_directory) {
  expect_round_trip({removed("dirlink"), regular("dirlink/a.c", "mine\n")});
}

TEST_P(applied, a_directory_becomes_a_file_or_a_symlink) {
  expect_round_trip({symlink("docs", "/nowhere"), removed("docs/index.md"),
                     regular("src/deep", "a file\n"), removed("src/deep/c.c"),
                     removed("src/deep/d.c")});
}

TEST_P(applied, a_file_and_a_symlink_swap) {
  expect_round_trip({symlink("README.md", "run.sh"), regular("dirlink", "was a link\n")});
}

TEST_P(applied, T3_6_content_is_not_written_through_a_symlink_of_the_base) {
  expect_invalid({regular("dirlink/a.c", "x")}, "dirlink is a file in the base");
  EXPECT_EQ(shown(), read_view(base_));
}

TEST_P(applied, a_directory_that_loses_its_last_file_is_gone) {
  expect_round_trip({removed("src/a.c"), removed("src/deep/c.c"), removed("src/deep/d.c")});
  if (GetParam() == strategy::copy) {
    EXPECT_FALSE(std::filesystem::exists(layout_.copy() / "src"));
    return;
  }
  EXPECT_TRUE(edit(layout_, base_, "test ! -e src; test -d docs; test -d submodule"));
}

TEST_P(applied, a_directory_that_loses_all_but_gets_new_files_stays) {
  expect_round_trip({removed("src/a.c"), removed("src/deep/c.c"), removed("src/deep/d.c"),
                     regular("src/new/n.c", "n\n")});
  if (GetParam() == strategy::overlay) {
    EXPECT_TRUE(edit(layout_, base_, "test -d src; test ! -e src/deep"));
  }
}

TEST_P(applied, a_submodules_empty_directory_may_become_a_file) {
  expect_round_trip({regular("submodule", "a file now\n")});
}

TEST_P(applied, names_of_any_bytes) {
  expect_round_trip({regular("new\nline", "1"), regular("\xff/\xfe", "2")});
}

TEST_P(applied, modes_do_not_depend_on_the_umask) {
  const mode_t before = ::umask(0077);
  const auto done = apply(layout_, base_, {{regular("n/f", "f"), executable("n/x", "x")}});
  ::umask(before);
  ASSERT_TRUE(done) << done.error().message;
  const auto root = GetParam() == strategy::overlay ? layout_.upper() : layout_.copy();
  struct stat status {};
  ASSERT_EQ(::stat((root / "n").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0755U);
  ASSERT_EQ(::stat((root / "n/f").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0644U);
  ASSERT_EQ(::stat((root / "n/x").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0755U);
}

TEST_P(applied, C2_paths_that_leave_the_workspace_are_invalid) {
  for (const std::string path : {"../x", "/etc/passwd", "a/../../x", "a//b", "./a", "", "a/",
                                 ".git/config", "a/.GIT", "src/git~1/hooks/x"}) {
    SCOPED_TRACE(path);
    expect_invalid({regular(path, "x")}, "is not a path that a change may have");
    expect_invalid({removed(path)}, "is not a path that a change may have");
  }
  expect_invalid({regular(std::string("a\0b", 3), "x")}, "a\\x00b is not a path");
  expect_invalid({regular(std::string(5000, 'a'), "x")}, "is not a path");
}

TEST_P(applied, changes_that_contradict_themselves_or_the_base_are_invalid) {
  expect_invalid({regular("a", "x"), regular("a/b", "y")}, "a/b is below a path that is a file");
  expect_invalid({regular("a", "x"), removed("a")}, "comes twice");
  expect_invalid({symlink("a", "")}, "no valid target");
  expect_invalid({removed("src")}, "src is a directory in the base");
  expect_invalid({regular("src", "x"), removed("src/a.c")}, "with files left");
  expect_invalid({regular("README.md/x", "x")}, "README.md is a file in the base");
}

TEST_P(applied, a_removed_file_that_the_base_does_not_have_is_gone_anyway) {
  ASSERT_TRUE(apply(layout_, base_, {{removed("nowhere/x"), removed("README.md/y")}}));
  EXPECT_EQ(shown(), read_view(base_));
}

TEST(apply_overlay, T3_9_a_used_upper_layer_is_not_written_over) {
  const temporary_directory place;
  std::filesystem::create_directory(place.path() / "base");
  const phase_layout layout{place.path() / "run", "verify", strategy::overlay};
  ASSERT_TRUE(prepare(layout, place.path() / "base"));
  const change_set change{{regular("f", "1")}};
  ASSERT_TRUE(apply(layout, place.path() / "base", change));
  EXPECT_FALSE(apply(layout, place.path() / "base", change));
  const auto again = prepare(layout, place.path() / "base");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::conflict);
}

}  // namespace
}  // namespace skein::workspace::test
