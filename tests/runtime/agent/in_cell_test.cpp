// The file tools on a real folder, friendly and hostile. T3.6: nothing is reached through a link.
#include "runtime/agent/in_cell/tools.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace skein::agent::in_cell {
namespace {

namespace fs = std::filesystem;

class InCell : public testing::Test {
 protected:
  InCell() {
    std::string name = (fs::temp_directory_path() / "in-cell-XXXXXX").string();
    outside = ::mkdtemp(name.data());
    root = outside / "workspace";
    fs::create_directories(root / "src");
    put("src/a.c", "int a;\nint b;\nint c;\n");
    std::ofstream(outside / "secret") << "top secret\n";
  }
  ~InCell() override { fs::remove_all(outside); }

  void put(const std::string& path, const std::string& text) const {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path, std::ios::binary) << text;
  }
  [[nodiscard]] std::string get(const std::string& path) const {
    std::ifstream file(root / path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  template <class F>
  [[nodiscard]] nlohmann::json call(F tool, const nlohmann::json& args) const {
    const opened_file opened(::open(root.c_str(), O_PATH | O_DIRECTORY));
    return tool(tree(opened.get()), args);
  }
  static std::string kind(const nlohmann::json& answer) {
    return answer.contains("error") ? answer["error"]["kind"].get<std::string>() : "ok";
  }

  fs::path outside;
  fs::path root;
};

TEST_F(InCell, ReadsAFileAndSomeOfItsLines) {
  EXPECT_EQ(call(read_file, {{"path", "src/a.c"}})["text"], "int a;\nint b;\nint c;\n");
  const auto part = call(read_file, {{"path", "/workspace/src/a.c"}, {"firstLine", 2}, {"lastLine", 2}});
  EXPECT_EQ(part["text"], "int b;\n");
}

TEST_F(InCell, T36_FollowsNoLinkWhateverItPointsTo) {
  fs::create_symlink(outside / "secret", root / "file");
  fs::create_symlink(outside, root / "folder");
  fs::create_symlink("src", root / "inner");
  for (const char* path : {"file", "folder/secret", "inner/a.c"}) {
    EXPECT_EQ(kind(call(read_file, {{"path", path}})), "link") << path;
    EXPECT_NE(kind(call(write_file, {{"path", path}, {"content", "x"}})), "ok") << path;
    EXPECT_EQ(kind(call(apply_patch, {{"path", path},
                                      {"edits", {{{"search", "t"}, {"replace", "x"}}}}})),
              "link")
        << path;
  }
  EXPECT_EQ(call(search, {{"pattern", "secret"}})["matches"].size(), 0U);
  EXPECT_EQ(kind(call(list_files, {{"path", "folder"}})), "link");
  for (const char* path : {"../secret", "/etc/passwd", "src/../../secret", "/workspace/../secret"})
    EXPECT_EQ(kind(call(read_file, {{"path", path}})), "outside") << path;
  std::ifstream secret(outside / "secret");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(secret), {}), "top secret\n");
}

TEST_F(InCell, R7_RefusesAHugeFileWithItsSizeAndReadsPartsOfIt) {
  put("big", std::string(300'000, 'x') + "\nlast\n");
  const auto whole = call(read_file, {{"path", "big"}, {"mostBytes", 1000}});
  EXPECT_EQ(kind(whole), "too_large");
  EXPECT_NE(whole["error"]["message"].get<std::string>().find("300006 bytes"), std::string::npos);
  EXPECT_EQ(call(read_file, {{"path", "big"}, {"firstLine", 2}, {"mostBytes", 1000}})["text"], "last\n");
  const auto cut = call(read_file, {{"path", "big"}, {"firstLine", 1}, {"mostBytes", 1000}});
  EXPECT_EQ(cut["text"].get<std::string>().size(), 1000U);
  EXPECT_TRUE(cut["cut"].get<bool>());
}

TEST_F(InCell, RefusesWhatIsNoText) {
  put("binary", std::string("\x7f" "ELF\0\1\2", 7));
  ASSERT_EQ(::mkfifo((root / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(kind(call(read_file, {{"path", "binary"}})), "binary");
  EXPECT_EQ(kind(call(read_file, {{"path", "pipe"}})), "special");
  EXPECT_EQ(kind(call(read_file, {{"path", "src"}})), "is_folder");
  EXPECT_EQ(kind(call(read_file, {{"path", "none"}})), "not_found");
  EXPECT_EQ(kind(call(read_file, {{"path", "src/a.c/x"}})), "not_a_folder");
}

TEST_F(InCell, WritesWholeFilesAndKeepsTheMode) {
  ::chmod((root / "src/a.c").c_str(), 0755);
  EXPECT_FALSE(call(write_file, {{"path", "src/a.c"}, {"content", "new"}})["created"].get<bool>());
  EXPECT_EQ(get("src/a.c"), "new");
  struct stat status = {};
  ::stat((root / "src/a.c").c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0755U);
  EXPECT_TRUE(call(write_file, {{"path", "deep/er/b"}, {"content", ""}})["created"].get<bool>());
  EXPECT_EQ(kind(call(write_file, {{"path", "src"}, {"content", ""}})), "is_folder");
  EXPECT_NE(kind(call(write_file, {{"path", "src/a.c/x"}, {"content", ""}})), "ok");
}

TEST_F(InCell, AppliesAPatchAsAWholeOrNotAtAll) {
  const std::string good = "--- a/src/a.c\n+++ b/src/a.c\n@@ -1,1 +1,1 @@\n-int a;\n+long a;\n";
  const std::string bad = "--- a/src/none.c\n+++ b/src/none.c\n@@ -1,1 +1,1 @@\n-x\n+y\n";
  EXPECT_EQ(kind(call(apply_patch, {{"patch", good + bad}})), "not_found");
  EXPECT_EQ(get("src/a.c"), "int a;\nint b;\nint c;\n");
  EXPECT_EQ(kind(call(apply_patch, {{"patch", good + good}})), "invalid");
  EXPECT_EQ(kind(call(apply_patch, {{"patch", good}})), "ok");
  EXPECT_EQ(get("src/a.c"), "long a;\nint b;\nint c;\n");
}

TEST_F(InCell, CreatesAndRemovesByPatch) {
  EXPECT_EQ(kind(call(apply_patch, {{"patch",
                                     "--- /dev/null\n+++ b/new/x\n@@ -0,0 +1,1 @@\n+x\n"
                                     "--- a/src/a.c\n+++ /dev/null\n@@ -1,3 +0,0 @@\n-int a;\n-int "
                                     "b;\n-int c;\n"}})),
            "ok");
  EXPECT_EQ(get("new/x"), "x\n");
  EXPECT_FALSE(fs::exists(root / "src/a.c"));
}

TEST_F(InCell, ReplacesTextInOneFile) {
  EXPECT_EQ(kind(call(apply_patch, {{"path", "src/a.c"},
                                    {"edits",
                                     {{{"search", "int a"}, {"replace", "long a"}},
                                      {{"search", "int c"}, {"replace", "char c"}}}}})),
            "ok");
  EXPECT_EQ(get("src/a.c"), "long a;\nint b;\nchar c;\n");
  const auto missing =
      call(apply_patch, {{"path", "src/a.c"}, {"edits", {{{"search", "zzz"}, {"replace", ""}}}}});
  EXPECT_EQ(kind(missing), "does_not_apply");
  EXPECT_EQ(kind(call(apply_patch, {{"path", "src/a.c"}})), "invalid");
}

TEST_F(InCell, SearchesWithinLimits) {
  put("b.txt", "int z;\n");
  EXPECT_EQ(call(search, {{"pattern", "^int"}})["matches"].size(), 4U);
  EXPECT_EQ(call(search, {{"pattern", "int"}, {"glob", "*.txt"}})["matches"].size(), 1U);
  EXPECT_EQ(call(search, {{"pattern", "int"}, {"path", "src"}})["matches"].size(), 3U);
  const auto few = call(search, {{"pattern", "int"}, {"maxMatches", 2}});
  EXPECT_EQ(few["matches"].size(), 2U);
  EXPECT_TRUE(few["cut"].get<bool>());
  EXPECT_EQ(kind(call(search, {{"pattern", "("}})), "invalid");
  EXPECT_EQ(call(search, {{"pattern", "("}, {"literal", true}})["matches"].size(), 0U);
  put("big.bin", std::string(100, '\0'));
  EXPECT_EQ(call(search, {{"pattern", "q"}})["filesLeftOut"], 1);
}

TEST_F(InCell, ListsLevelsAndNames) {
  put("src/deep/er/x.h", "");
  const auto top = call(list_files, {{"depth", 1}});
  EXPECT_EQ(top["entries"].size(), 1U);
  EXPECT_EQ(call(list_files, {{"glob", "*.h"}})["entries"][0]["path"], "src/deep/er/x.h");
  EXPECT_TRUE(call(list_files, {{"depth", 9}, {"maxEntries", 2}})["cut"].get<bool>());
}

}  // namespace
}  // namespace skein::agent::in_cell
