// What collect() reads after real edits in a really mounted overlay.
#include "trees.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skein::workspace::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class collect_overlay : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = overlay_refused()) GTEST_SKIP() << *why;
    put(base_, "README.md", "read me\n");
    put(base_, "run.sh", "#!/bin/sh\n", true);
    put(base_, "src/a.c", "a\n");
    put(base_, "src/b.c", "b\n");
    put(base_, "src/deep/c.c", "c\n");
    put(base_, "docs/index.md", "index\n");
    put_symlink(base_, "link", "README.md");
    put_symlink(base_, "dirlink", "src");
    ASSERT_TRUE(prepare(layout_, base_));
  }

  collected after(const std::string& script, const ignored_fn& ignored = {}) {
    EXPECT_TRUE(edit(layout_, base_, script)) << script;
    auto read = collect(layout_, base_, {}, ignored);
    EXPECT_TRUE(read) << read.error().message;
    if (!read) return {};
    // Whatever was done, the view is the base with the change.
    if (!ignored && read->oddities.empty()) {
      EXPECT_EQ(mounted_view(layout_, base_), with_change(read_view(base_), read->change));
    }
    return *read;
  }

  temporary_directory place_;
  std::filesystem::path base_ = place_.path() / "base";
  phase_layout layout_{place_.path() / "run", "agent", strategy::overlay};
};

TEST_F(collect_overlay, an_untouched_workspace_has_no_change) {
  EXPECT_TRUE(after("true").change.empty());
}

TEST_F(collect_overlay, reads_added_modified_and_removed_files_sorted) {
  EXPECT_THAT(
      after("echo more >> src/a.c; mkdir -p new/dir; echo n > new/dir/n; rm README.md;"
            "ln -s ../src/a.c new/l; printf '#!/bin/sh\\n' > t.sh; chmod +x t.sh")
          .change.files,
      ElementsAre(removed("README.md"), regular("new/dir/n", "n\n"), symlink("new/l", "../src/a.c"),
                  regular("src/a.c", "a\nmore\n"), executable("t.sh", "#!/bin/sh\n")));
}

TEST_F(collect_overlay, touched_and_rewritten_files_are_no_change) {
  EXPECT_TRUE(after("touch README.md; cp src/a.c x; cat x > src/a.c; rm x; chmod 600 src/b.c;"
                    "mv run.sh r; mv r run.sh; rm link; ln -s README.md link; chmod 700 src/deep")
                  .change.empty());
}

TEST_F(collect_overlay, a_changed_executable_bit_is_a_change_with_content) {
  EXPECT_THAT(after("chmod +x README.md; chmod -x run.sh").change.files,
              ElementsAre(executable("README.md", "read me\n"), regular("run.sh", "#!/bin/sh\n")));
}

TEST_F(collect_overlay, a_removed_directory_is_one_entry_for_each_of_its_files) {
  EXPECT_THAT(after("rm -r src").change.files,
              ElementsAre(removed("src/a.c"), removed("src/b.c"), removed("src/deep/c.c")));
}

TEST_F(collect_overlay, a_directory_made_again_hides_what_the_base_had) {
  EXPECT_THAT(
      after("rm -r src; mkdir -p src/deep; echo a > src/a.c; echo d > src/deep/d.c").change.files,
      ElementsAre(removed("src/b.c"), removed("src/deep/c.c"), regular("src/deep/d.c", "d\n")));
}

TEST_F(collect_overlay, files_directories_and_symlinks_take_each_others_place) {
  EXPECT_THAT(after("rm README.md; mkdir README.md; echo x > README.md/x;"
                    "rm -r docs; echo docs > docs;"
                    "rm -r src/deep; ln -s /etc src/deep;"
                    "rm dirlink; mkdir dirlink; echo y > dirlink/a.c; rm link; echo z > link")
                  .change.files,
              ElementsAre(removed("README.md"), regular("README.md/x", "x\n"), removed("dirlink"),
                          regular("dirlink/a.c", "y\n"), regular("docs", "docs\n"),
                          removed("docs/index.md"), regular("link", "z\n"),
                          symlink("src/deep", "/etc"), removed("src/deep/c.c")));
}

TEST_F(collect_overlay, empty_directories_are_no_change) {
  EXPECT_TRUE(after("mkdir -p empty/deeper; rm -r empty/deeper").change.empty());
}

TEST_F(collect_overlay, git_init_by_an_agent_is_left_out_and_shown) {
  const auto read = after(
      "mkdir -p .git/objects src/.GIT; echo x > .git/config; echo y > src/.GIT/y;"
      "echo n > n");
  EXPECT_THAT(read.change.files, ElementsAre(regular("n", "n\n")));
  ASSERT_EQ(read.oddities.size(), 2U);
  EXPECT_THAT(read.oddities[0].reason, ::testing::HasSubstr("git directory"));
}

TEST_F(collect_overlay, new_ignored_paths_are_left_out_but_paths_of_the_base_never_are) {
  const auto ignored = [](const std::string& path, bool directory) {
    return (directory && path == "target") || (directory && path == "docs") ||
           (!directory && path.ends_with(".o")) || path == "README.md";
  };
  const auto read = after(
      "mkdir -p target/x; echo x > target/x/x; echo o > src/a.o;"
      "echo changed > README.md; echo changed > docs/index.md;"
      "echo new > docs/new.md; echo k > src/k.c",
      ignored);
  EXPECT_THAT(read.change.files,
              ElementsAre(regular("README.md", "changed\n"), regular("docs/index.md", "changed\n"),
                          regular("src/k.c", "k\n")));
}

TEST_F(collect_overlay, a_renamed_directory_is_its_files_removed_and_added) {
  EXPECT_THAT(after("mv src/deep moved").change.files,
              ElementsAre(regular("moved/c.c", "c\n"), removed("src/deep/c.c")));
}

TEST_F(collect_overlay, hard_links_are_two_files) {
  EXPECT_THAT(after("ln src/a.c src/z.c; echo h > h; ln h i").change.files,
              ElementsAre(regular("h", "h\n"), regular("i", "h\n"), regular("src/z.c", "a\n")));
}

TEST_F(collect_overlay, unreadable_files_and_directories_are_read) {
  EXPECT_THAT(after("mkdir locked; echo l > locked/l; chmod 000 locked/l locked src;"
                    "chmod 000 README.md")
                  .change.files,
              ElementsAre(regular("locked/l", "l\n")));
}

TEST_F(collect_overlay, removing_everything_removes_every_file) {
  EXPECT_EQ(after("rm -rf ./* ").change.files.size(), 8U);
}

}  // namespace
}  // namespace skein::workspace::test
