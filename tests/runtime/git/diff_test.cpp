// diff_trees(): the patch is what `git apply --index --binary` makes the new tree from.
#include "schema/identity.hpp"
#include "tests/runtime/git/git_fixture.hpp"

#include <algorithm>

namespace skein::git {
namespace {

using workspace::change_set;

class DiffTest : public GitTest {
 protected:
  /// Applies the patch with the real git to a clean checkout and compares the trees.
  void expect_applies(const fs::path& work, const diff& made, const std::string& tree) {
    git({"-C", work.string(), "reset", "-q", "--hard"});
    const auto applied =
        try_git({"-C", work.string(), "apply", "--index", "--binary", "--whitespace=nowarn", "-"},
                made.patch);
    EXPECT_EQ(applied.exit_code, 0) << applied.err;
    EXPECT_EQ(git({"-C", work.string(), "write-tree"}), tree);
  }
  diff diff_of(const base& from, const std::string& tree) {
    auto made = diff_trees(from, tree);
    EXPECT_TRUE(made) << made.error().message;
    return made ? *made : diff{};
  }
  static const diff::file& file_of(const diff& made, const std::string& path) {
    static const diff::file none;
    const auto found = std::find_if(made.files.begin(), made.files.end(),
                                    [&](const auto& file) { return file.path == path; });
    EXPECT_NE(found, made.files.end()) << path;
    return found == made.files.end() ? none : *found;
  }
};

std::string lines(int from, int to) {
  std::string out;
  for (int i = from; i < to; ++i) out += "line " + std::to_string(i) + "\n";
  return out;
}

std::string noise(std::size_t size, unsigned seed) {
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>((seed = seed * 1103515245U + 12345U) >> 16);
  return out;
}

TEST_F(DiffTest, EverythingThatAPatchCanHold) {
  const std::string latin1 = "caf\xe9";
  const fs::path work = make_repository("r", {{"text", lines(0, 50)},
                                              {"moved/from", lines(100, 160)},
                                              {"exact", lines(200, 230)},
                                              {"binary", noise(3000, 1)},
                                              {"binary-gone", noise(500, 2)},
                                              {"mode", "m\n"},
                                              {"typed", "was a file\n"},
                                              {"open-end", "no newline"},
                                              {"with space", "s\n"},
                                              {"new\nline", "n\n"},
                                              {latin1, "l\n"},
                                              {"quote\"tab\t", "q\n"},
                                              {"crlf", "a\r\nb\r\n"},
                                              {"gone", "g\n"},
                                              {"to-dir", "d\n"},
                                              {"uml\xc3\xa4ut", "u\n"}});
  fs::create_symlink("text", work / "link");
  commit_all(work);
  const base from = fetched(work);
  change_set change{{put("text", lines(0, 20) + "changed\n" + lines(21, 50)),
                     gone("moved/from"),
                     put("moved/to", lines(100, 159) + "end\n"),
                     gone("exact"),
                     put("exact renamed", lines(200, 230)),
                     put("binary", noise(3100, 3)),
                     put("binary-new", noise(700, 4)),
                     gone("binary-gone"),
                     put("mode", "m\n", entry_kind::executable),
                     put("typed", "text", entry_kind::symlink),
                     put("open-end", "still none"),
                     put("with space", "S\n"),
                     put("new\nline", "N\n"),
                     put(latin1, "L\n"),
                     put("quote\"tab\t", "Q\n"),
                     put("crlf", "a\r\nB\r\n"),
                     gone("gone"),
                     gone("to-dir"),
                     put("to-dir/file", "f\n"),
                     put("link", "crlf", entry_kind::symlink),
                     put("empty", ""),
                     put("uml\xc3\xa4ut", "U\n"),
                     put("--- a/text", "header\n"),
                     put("zz", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n")}};
  std::sort(change.files.begin(), change.files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  const auto tree = write_tree(from, change);
  ASSERT_VALUE(tree);
  const diff made = diff_of(from, *tree);
  expect_applies(work, made, *tree);
  const fs::path base_files = *checkout(bases(), at(work), from, {});
  const auto written = write_change(from, base_files, change);
  ASSERT_VALUE(written);
  EXPECT_EQ(written->tree, *tree);
  EXPECT_EQ(written->change.patch, made.patch);
  // Whatever became of the checkout, the difference is the one between the trees.
  write(base_files / "text", "tampered\n");
  fs::remove(base_files / "mode");
  const auto after_damage = write_change(from, base_files, change);
  ASSERT_VALUE(after_damage);
  EXPECT_EQ(after_damage->change.patch, made.patch);

  EXPECT_EQ(file_of(made, "moved/to").status, "renamed");
  EXPECT_EQ(file_of(made, "moved/to").old_path, "moved/from");
  EXPECT_EQ(file_of(made, "exact renamed").status, "renamed");
  EXPECT_EQ(file_of(made, "text").status, "modified");
  EXPECT_EQ(file_of(made, "text").insertions, 1U);
  EXPECT_EQ(file_of(made, "text").deletions, 1U);
  EXPECT_TRUE(file_of(made, "binary").binary);
  EXPECT_EQ(file_of(made, "binary-new").status, "added");
  EXPECT_EQ(file_of(made, "binary-gone").status, "removed");
  EXPECT_EQ(file_of(made, "mode").old_mode, 0100644U);
  EXPECT_EQ(file_of(made, "mode").new_mode, 0100755U);
  EXPECT_EQ(file_of(made, "typed").status, "type_changed");
  EXPECT_EQ(file_of(made, "typed").new_mode, 0120000U);
  EXPECT_EQ(file_of(made, latin1).status, "modified");
  EXPECT_EQ(made.summary.files, made.files.size());
  EXPECT_EQ(made.summary.sha256, schema::sha256_hex(made.patch));
  EXPECT_THAT(made.patch, ::testing::ContainsRegex("index [0-9a-f]{40}\\.\\.[0-9a-f]{40}"));
  EXPECT_EQ(diff_of(from, *tree).patch, made.patch);
}

TEST_F(DiffTest, RenamesThatCrossFilesAndDirectories) {
  const fs::path work = make_repository("r", {{"k", lines(0, 30)},
                                              {"p/q", lines(30, 60)},
                                              {"typed", lines(60, 90)},
                                              {"x", lines(90, 99)},
                                              {"a", "b"}});
  const base from = fetched(work);
  const change_set change{{gone("k"), put("k/inner", lines(0, 30)), put("moved", lines(60, 90)),
                           put("p", lines(30, 60)), gone("p/q"),
                           put("typed", "moved", entry_kind::symlink), put("ztyped", lines(60, 90)),
                           gone("x"),

                           put("z", lines(90, 98))}};
  const auto tree = write_tree(from, change);
  ASSERT_VALUE(tree);
  const diff made = diff_of(from, *tree);
  expect_applies(work, made, *tree);
  EXPECT_EQ(file_of(made, "typed").status, "type_changed");
  EXPECT_EQ(file_of(made, "typed").deletions, 30U);
  EXPECT_EQ(file_of(made, "moved").status, "added");
}

TEST_F(DiffTest, FileBecomesDirectoryByARename) {
  const fs::path work = make_repository("r", {{"k", lines(0, 30)}, {"p/q", lines(30, 60)}});
  const base from = fetched(work);
  const auto tree = write_tree(
      from, {{gone("k"), put("k/inner", lines(0, 30)), put("p", lines(30, 60)), gone("p/q")}});
  ASSERT_VALUE(tree);
  const diff made = diff_of(from, *tree);
  expect_applies(work, made, *tree);
  EXPECT_EQ(file_of(made, "k/inner").old_path, "k");
}

TEST_F(DiffTest, SameTreeIsAnEmptyDiff) {
  const fs::path work = make_repository("r");
  const base from = fetched(work);
  const diff made = diff_of(from, from.tree);
  EXPECT_EQ(made.patch, "");
  EXPECT_EQ(made.summary.files, 0U);
}

TEST_F(DiffTest, T8_AttributesOfTheRepositoryHideNothing) {
  const fs::path work = make_repository(
      "r", {{"a.txt", "old\n"}, {".gitattributes", "* -diff binary linguist-generated\n"}});
  const base from = fetched(work);
  const auto tree =
      write_tree(from, {{put(".gitattributes", "*.txt -diff\n"), put("a.txt", "new\n")}});
  const diff made = diff_of(from, *tree);
  EXPECT_THAT(made.patch, ::testing::HasSubstr("-old\n+new\n"));
  EXPECT_FALSE(file_of(made, "a.txt").binary);
}

TEST_F(DiffTest, SubmodulesShowAsSuch) {
  const fs::path work = make_repository("r");
  git({"-C", work.string(), "update-index", "--add", "--cacheinfo",
       "160000," + head(work) + ",sub"});
  git({"-C", work.string(), "commit", "-q", "-m", "submodule"});
  const base from = fetched(work);
  const auto tree = write_tree(from, {{gone("sub")}});
  ASSERT_VALUE(tree);
  const diff made = diff_of(from, *tree);
  EXPECT_EQ(file_of(made, "sub").old_mode, 0160000U);
  EXPECT_THAT(made.patch, ::testing::HasSubstr("-Subproject commit " +
                                               git({"-C", work.string(), "rev-parse", "HEAD~"})));
}

TEST_F(DiffTest, T9_PatchSizeIsLimited) {
  const fs::path work = make_repository("r", {{"big", std::string(300'000, 'x') + "\n"}});
  const base from = fetched(work);
  const auto removed = write_tree(from, {{gone("big")}});
  EXPECT_ERROR(diff_trees(from, *removed, 200'000), errc::refused, "larger than 200000 bytes");
  const auto many = write_tree(
      from, {{put("a", lines(0, 2000)), put("b", lines(0, 2000)), put("c", lines(0, 2000))}});
  EXPECT_ERROR(diff_trees(from, *many, 50'000), errc::refused, "larger than 50000 bytes");
  EXPECT_TRUE(diff_trees(from, *many, 100'000));
}

TEST_F(DiffTest, ManyRenamesStayBounded) {
  const fs::path work = make_repository("r");
  for (int i = 0; i < 500; ++i) write(work / ("f" + std::to_string(i)), lines(i, i + 20));
  commit_all(work);
  const base from = fetched(work);
  change_set change;
  for (int i = 0; i < 500; ++i) {
    change.files.push_back(gone("f" + std::to_string(i)));
    change.files.push_back(put("g/f" + std::to_string(i), lines(i, i + 20)));
  }
  std::sort(change.files.begin(), change.files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  const auto tree = write_tree(from, change);
  ASSERT_VALUE(tree);
  expect_applies(work, diff_of(from, *tree), *tree);
}

TEST_F(DiffTest, WrongTree) {
  const fs::path work = make_repository("r");
  const base from = fetched(work);
  EXPECT_ERROR(diff_trees(from, "x"), errc::invalid, "object id");
  EXPECT_ERROR(diff_trees(from, std::string(40, '1')), errc::not_found, std::string(40, '1'));
}

}  // namespace
}  // namespace skein::git
